"""Laws with a denominator, from motions that SciPy integrates."""

import numpy as np
import pytest
import torch
from discovery_cases import library as monomials_of
from discovery_cases import whole
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import built, describe
from sciml_bench.data import Trajectories
from sciml_bench.mechnn import EquationDiscovery, RationalLibrary

TIMES = 0.05 * np.arange(200)


def motion(law, start, times=TIMES):
    return solve_ivp(law, (0, times[-1]), start, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-12).y.T


def michaelis_menten(t, x):
    return 0.6 - 1.5 * x / (0.3 + x)


def discovered(rows, names, times=TIMES, degree=2):
    view = whole(times, rows, component_names=names)
    method = EquationDiscovery(RationalLibrary(view.spec, degree), view)
    method.fit()
    return method


def test_michaelis_menten_is_found_with_its_constants():
    """(.6 (.3 + x) − 1.5 x)/(.3 + x)."""
    found = discovered(motion(michaelis_menten, [2.0]), ["x"])
    assert found.record_entries()["equations"] == ["dx/dt = (0.18 - 0.9 x)/(0.3 + 1 x)"]
    learned = found.learned()
    np.testing.assert_allclose(learned.library.denominators[:, 0], [0.3, 1, 0], rtol=1e-6)
    np.testing.assert_allclose(learned.coefficients[:, 0], [0.18, -0.9, 0], rtol=1e-6)


def test_noise_leaves_the_terms_and_the_errors_say_what_it_does_to_the_numbers():
    rows = motion(michaelis_menten, [2.0])
    found = discovered(rows + 1e-3 * np.random.default_rng(0).standard_normal(rows.shape), ["x"]).learned()
    coefficients = found.coefficients[:2, 0]
    np.testing.assert_allclose(coefficients, [0.18, -0.9], rtol=0.02)
    assert (np.abs(coefficients - [0.18, -0.9]) < 4 * found.standard_errors[:2, 0]).all()
    assert found.standard_errors[0, 0] < 0.01


def test_a_square_in_the_denominator():
    found = discovered(motion(lambda t, x: 1 - 2 * x * x / (0.5 + x * x), [3.0]), ["x"])
    assert found.record_entries()["equations"] == ["dx/dt = (0.5 - 1 x^2)/(0.5 + 1 x^2)"]


def test_every_component_has_its_own_denominator():
    def chain(t, u):
        first = 1.2 * u[0] / (0.4 + u[0])
        return [0.5 - first, first - 0.8 * u[1] / (1 + u[1])]

    times = 0.05 * np.arange(400)
    rows = [motion(chain, start, times) for start in ([2.0, 0.1], [0.1, 2.0])]
    first, second = discovered(rows, ["s", "p"], [times, times]).record_entries()["equations"]
    assert first == "ds/dt = (0.2 - 0.7 s)/(0.4 + 1 s)"
    assert second.startswith("dp/dt = (1.2 s - 0.32 p + 0.4 s p)/(0.4")


def test_a_law_without_a_denominator_stays_without_one():
    found = discovered(motion(lambda t, n: 0.5 * n * (1 - n / 10), [0.5], 2 * TIMES), ["n"], 2 * TIMES)
    assert found.record_entries()["equations"] == ["dn/dt = 0.5 n - 0.05 n^2"]


def test_a_rational_law_forecasts_and_is_restored():
    rows = motion(michaelis_menten, [2.0])
    learned = discovered(rows, ["x"]).learned()
    past = Trajectories((rows[:50],), time_step=0.05)
    forecast = built(describe(learned)).forecast(past, 20)
    np.testing.assert_allclose(forecast.states[0], rows[50:70], atol=1e-6)


def test_derivatives_of_the_terms_are_those_of_central_differences():
    below = np.array([[1.0, 0.3], [0.5, 0.0], [0.0, 1.0], [0.2, 0.0], [0.0, 0.1], [0.0, 0.0]])
    library = RationalLibrary(monomials_of(2, 2).spec, 2, below)
    x, step = torch.from_numpy(np.random.default_rng(0).uniform(0.5, 2, (5, 2))), 1e-6
    slopes = library.jacobian(x, np.eye(library.n_terms))
    for variable in range(2):
        shift = step * torch.eye(2, dtype=torch.float64)[variable]
        difference = (library(x + shift) - library(x - shift)) / (2 * step)
        torch.testing.assert_close(slopes[..., variable], difference, rtol=1e-6, atol=1e-8)
    values = dict(zip(library.names, library(x)[0].tolist(), strict=True))
    a, b = x[0].tolist()
    assert values["x y/(0.3 + 1 y + 0.1 x y)"] == pytest.approx(a * b / (0.3 + b + 0.1 * a * b))


def test_the_degree_is_checked():
    with pytest.raises(ConfigurationError, match=r"model\.degree=6"):
        RationalLibrary(monomials_of(1, 1).spec, 6)
