"""Terms that stand for each other do not cancel in a law, and a law is not lost beside what has none."""

import numpy as np
import pytest
from discovery_cases import whole
from scipy.integrate import solve_ivp

from sciml_bench.mechnn import BasisLibrary, EquationDiscovery
from sciml_bench.mechnn.discovery.findings.look_alikes import look_alikes
from sciml_bench.mechnn.discovery.selection.sparse_regression import sparse_regression


def integrated(rates, start, times):
    return solve_ivp(rates, (0, times[-1]), start, t_eval=times, rtol=1e-10, atol=1e-10).y.T


def found(times, rows, names, degree, frequencies=0, **recipe):
    view = whole(times, rows, component_names=names)
    method = EquationDiscovery(BasisLibrary(view.spec, degree, frequencies), view, **recipe)
    method.fit()
    equations = method.discovery.equations
    terms = [
        {equations.library.names[term]: column[term] for term in np.flatnonzero(column)}
        for column in equations.coefficients.T
    ]
    return method, terms


def pendulum(n_rows, noise):
    times = 0.01 * np.arange(n_rows)
    rows = integrated(lambda t, u: [u[1], -9.81 * np.sin(u[0]) - 0.15 * u[1]], [0.8, 0], times)
    return times, rows + noise * rows.std(axis=0) * np.random.default_rng(0).standard_normal(rows.shape)


@pytest.mark.parametrize(("n_rows", "noise", "degree", "frequencies"), [(100, 0.002, 2, 1), (200, 0.005, 3, 2)])
def test_a_second_of_a_damped_pendulum_has_its_three_terms(n_rows, noise, degree, frequencies):
    """Elimination alone leaves -1.9 - 0.2 θ + 3 θ² + 0.7 sin(ω) for dθ/dt, and ω³ and sin(2 ω) for the damping."""
    _, (angle, rate) = found(
        *pendulum(n_rows, noise), ["θ", "ω"], degree, frequencies, refinement="never", smoothing="none"
    )
    assert list(angle) == ["ω"]
    assert angle["ω"] == pytest.approx(1.0, rel=0.01)
    assert list(rate) == ["ω", "sin(θ)"]
    assert rate["sin(θ)"] == pytest.approx(-9.81, rel=0.01)
    assert rate["ω"] == pytest.approx(-0.15, abs=0.03)


def test_terms_that_cancel_stay_where_the_data_are_clear():
    """Near its equilibrium, the growth n - n² is a tenth of either term and less."""
    times = 0.05 * np.arange(200)
    _, (growth,) = found(times, integrated(lambda t, n: n * (1 - n), [0.9], times), ["n"], 3)
    assert growth == {"n": pytest.approx(1.0, rel=1e-5), "n^2": pytest.approx(-1.0, rel=1e-5)}


def test_few_terms_are_found_among_many_that_stand_for_each_other():
    """As many smooth columns as independent rows: elimination loses two that explain all but a hundredth."""
    angle = np.linspace(-1, 1, 100) * np.array([1.0, 0.8])[:, None]
    first, second = np.sin(3 * angle[0]), np.sin(3 * angle[1] + 0.4)
    design = np.stack([first * second**n for n in range(8)] + [second * first**n for n in range(1, 8)] + [second], 1)
    target = -2 * first + 1.5 * second + 0.05 * np.cos(9 * angle[0])
    support = sparse_regression(design, target[:, None], 0.003, 4.0, 25).support[:, 0]
    assert np.flatnonzero(support).tolist() == [0, 15]


@pytest.mark.parametrize("noise_seed", [0, pytest.param(3, marks=pytest.mark.slow)])
def test_damping_is_found_beside_a_switch_that_has_nothing_to_do_with_it(noise_seed):
    times = 0.1 * np.arange(100)
    rows = np.round(10 * integrated(lambda t, u: [u[1], -u[0] - 0.1 * u[1]], [1.0, 0.0], times))
    switch = (np.random.default_rng(100 + noise_seed).random(100) < 0.5).astype(float)
    method, (place, speed, _) = found(times, np.column_stack([rows, switch]), ["x", "v", "s"], 2)
    assert list(place) == ["v"]
    assert list(speed) == ["x", "v"]
    assert speed["v"] == pytest.approx(-0.1, abs=0.015)
    assert any(line.startswith("ds/dt: explains") and "no law found" in line for line in method._remarks())


def test_all_pairs_that_look_alike_are_told_once():
    angle = np.linspace(-0.9, 0.9, 50)
    values = np.stack([angle, np.sin(angle), np.cos(angle), np.linspace(0, 1, 50) ** 8], axis=1)
    said = look_alikes(["θ", "sin(θ)", "cos(θ)", "p"], values, np.array([True, True, False, False]))
    assert said == ("the data hardly tell θ from sin(θ)",)


@pytest.mark.parametrize("noise_seed", [0, 2])
def test_a_refinement_beside_an_equilibrium_ends_with_few_terms(noise_seed):
    """A record of n from 0.9 to 1 cannot tell n - n² from a line; with four terms, n³ had the factor -139 ± 270."""
    times = 0.05 * np.arange(200)
    rows = 1 / (1 + (1 / 0.9 - 1) * np.exp(-times)) + 0.01 * np.random.default_rng(noise_seed).standard_normal(200)
    method, (growth,) = found(times, rows[:, None], ["n"], 3)
    assert list(growth) == ["1", "n"]
    assert growth["n"] == pytest.approx(-1.0, abs=0.15)
    assert growth["1"] == pytest.approx(-growth["n"], abs=0.01)
    errors = method.discovery.standard_errors[:2, 0]
    assert (errors > 0.03).all()
    assert (errors < 0.1).all()
    assert method._remarks() == ("the data hardly tell n from n^2, n^3",)


def catalysts(n_rows, noise, seed):
    """Two that grow alike, so that they lie on a curve."""
    times = np.linspace(0, 10, n_rows)
    rows = integrated(
        lambda t, u: [u[0] * u[1] * (1 - 1.61 * u[0]), u[0] * u[1] * (1 - 1.61 * u[1])], [0.3, 0.04], times
    )
    return times, rows * (1 + noise * np.random.default_rng(seed).standard_normal(rows.shape))


def test_a_refinement_that_only_adds_terms_that_cancel_is_left_out(caplog):
    """Refined, eleven terms of up to 29 079 explain less than four."""
    _, growth = found(*catalysts(120, 0.02, 2), ["x", "y"], 2)
    assert [len(terms) for terms in growth] == [2, 2]
    assert max(abs(value) for terms in growth for value in terms.values()) < 2
    assert "terms that cancel" in caplog.text


def test_a_step_of_a_refinement_that_leaves_every_bound_does_not_end_the_run():
    """Its directions were not finite, and the least squares of them raised what nobody caught."""
    _, growth = found(*catalysts(300, 0.05, 1), ["x", "y"], 3)
    assert max(abs(value) for terms in growth for value in terms.values()) < 5
