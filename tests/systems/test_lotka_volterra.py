import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import LotkaVolterra

START = np.array([0.44249296, 4.6280594])


def predator_and_prey(t, state):
    return [1.3 * state[0] - 0.9 * state[0] * state[1], 0.8 * state[0] * state[1] - 1.8 * state[1]]


def prey_rises_through_coexistence(t, state):
    return state[0] - 1.8 / 0.8


prey_rises_through_coexistence.direction = 1


def test_vector_field_is_that_of_predator_and_prey_on_any_leading_axes():
    state = np.random.default_rng(0).uniform(0.1, 5, size=(3, 4, 2))
    field = LotkaVolterra().vector_field(0.0, torch.from_numpy(state))
    np.testing.assert_allclose(field.numpy(), np.moveaxis(predator_and_prey(0, np.moveaxis(state, -1, 0)), 0, -1))


def test_reference_agrees_with_another_integrator_from_the_initial_state_of_the_paper():
    t = np.linspace(0, 12, 121)
    other = solve_ivp(predator_and_prey, (0, 12), START, method="LSODA", t_eval=t, rtol=1e-12, atol=1e-13).y.T
    system = LotkaVolterra()
    np.testing.assert_array_equal(system.default_initial_state, START)
    np.testing.assert_allclose(system.reference(START, t), other, atol=1e-8)


def test_the_invariant_drifts_by_less_than_1e_8_along_the_reference():
    value = LotkaVolterra().invariant(LotkaVolterra().reference(START, np.linspace(0, 60, 601)))
    assert np.ptp(value) / abs(value[0]) < 1e-8


def test_the_gradient_of_the_invariant_is_orthogonal_to_the_motion():
    system, h = LotkaVolterra(0.7, 1.1, 0.4, 2.3), 1e-6
    states = np.random.default_rng(1).uniform(0.2, 6, size=(50, 2))
    slope = [(system.invariant(states + h * e) - system.invariant(states - h * e)) / (2 * h) for e in np.eye(2)]
    field = system.vector_field(0.0, torch.from_numpy(states)).numpy()
    np.testing.assert_allclose(np.sum(np.stack(slope, axis=-1) * field, axis=-1), 0, atol=1e-7)
    # It is no constant: orbits around coexistence lie on higher levels the larger they are.
    rest = system.fixed_points[1]
    assert np.all(np.diff(system.invariant(rest * np.array([[1.0], [1.5], [2.0]]))) > 0.1)


def test_the_invariant_of_extinct_and_of_impossible_populations_is_no_number_on_a_level_line():
    np.testing.assert_array_equal(
        LotkaVolterra().invariant(np.array([[0.0, 1.0], [1.0, 0.0], [-1.0, 1.0]])), [np.inf, np.inf, np.nan]
    )


def test_coexistence_is_the_time_average_of_a_large_orbit():
    solution = solve_ivp(
        predator_and_prey, (0, 20), START, events=prey_rises_through_coexistence, rtol=1e-12, atol=1e-12
    )
    (first, second), (state, *_) = solution.t_events[0][:2], solution.y_events[0]
    orbit = LotkaVolterra().reference(state, np.linspace(0, second - first, 2001))
    np.testing.assert_allclose(orbit[-1], orbit[0], atol=1e-8)
    # The mean over equally spaced points of a full period converges faster than any power of their number.
    np.testing.assert_allclose(orbit[:-1].mean(axis=0), LotkaVolterra().fixed_points[1], atol=1e-8)
    assert second - first > LotkaVolterra().small_orbit_period


def test_small_orbits_close_after_their_period():
    system = LotkaVolterra()
    rest = system.fixed_points[1]
    end = system.reference(rest + np.array([1e-5, 0.0]), np.array([0.0, system.small_orbit_period]))[-1]
    np.testing.assert_allclose((end - rest) / 1e-5, [1, 0], atol=1e-4)


def test_without_one_another_prey_grows_and_predators_starve():
    t = np.linspace(0, 2, 5)
    states = LotkaVolterra().reference(np.array([[0.5, 0.0], [0.0, 2.0]]), t)
    np.testing.assert_allclose(states[0, :, 0], 0.5 * np.exp(1.3 * t), rtol=1e-10)
    np.testing.assert_allclose(states[1, :, 1], 2 * np.exp(-1.8 * t), rtol=1e-10)


def test_sampled_populations_are_positive_and_their_orbits_differ():
    system = LotkaVolterra()
    states = system.sample(61, seed=0, n_trajectories=100)
    assert states.min() > 0
    assert system.invariant(states[:, 0]).std() > 0.01


@pytest.mark.parametrize("name", ["prey_growth", "predation", "predator_gain", "predator_death"])
@pytest.mark.parametrize("value", [0.0, -1, np.nan])
def test_rates_that_are_not_positive_are_named(name, value):
    with pytest.raises(ConfigurationError, match=rf"LotkaVolterra\.{name} = .*: give a"):
        LotkaVolterra(**{name: value})
