import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import LogisticGrowth
from sciml_bench.systems.ordinary.logistic_growth import logistic_curves


def test_the_closed_form_is_what_another_integrator_finds():
    times = np.linspace(0.5, 3.5, 31)
    found = solve_ivp(lambda t, u: 2.2 * u * (1 - u / 1.7), (0.5, 3.5), [0.03], "LSODA", times, rtol=1e-11, atol=1e-13)
    system = LogisticGrowth(2.2, 1.7)
    np.testing.assert_allclose(system.closed_form(np.array([0.03]), times)[:, 0], found.y[0], rtol=1e-8)
    np.testing.assert_allclose(system.reference(np.array([0.03]), times)[:, 0], found.y[0], rtol=1e-8)


def test_a_population_at_half_its_capacity_grows_fastest():
    system = LogisticGrowth(growth_rate=2.0, capacity=4.0)
    populations = torch.linspace(0, 4, 401, dtype=torch.float64)[:, None]
    field = system.vector_field(0.0, populations)[:, 0]
    assert populations[field.argmax(), 0] == pytest.approx(2.0)
    assert field.max() == pytest.approx(2.0 * 4.0 / 4)


def test_extinction_repels_and_the_capacity_attracts():
    system = LogisticGrowth()
    extinct, full = system.fixed_points
    late = system.closed_form(np.array([extinct, extinct + 1e-6, full / 2, full, 2 * full]), np.array([0.0, 20.0]))
    np.testing.assert_allclose(late[:, 1, 0], [0, 3, 3, 3, 3], atol=1e-9)


def test_a_small_population_grows_exponentially_whatever_its_capacity():
    rates, times = np.array([1.0, 2.5]), np.linspace(0, 2, 5)
    curves = logistic_curves(rates, np.array([1e9, 1e12]), np.array([0.1, 0.2]), times)
    np.testing.assert_allclose(curves.T, [0.1, 0.2] * np.exp(rates * times[:, None]), rtol=1e-6)


@pytest.mark.parametrize("name", ["growth_rate", "capacity"])
def test_parameters_that_are_not_positive_are_named(name):
    with pytest.raises(ConfigurationError, match=rf"LogisticGrowth\.{name} = 0"):
        LogisticGrowth(**{name: 0})
