"""Equations of a damped rotation, whose motion is known in closed form."""

import numpy as np
import pytest
from discovery_cases import library, support_of
from scipy.linalg import expm

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import Trajectories
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations

LINEAR = library(dim=2, degree=1)
MATRIX = np.array([[-0.1, -2.0], [2.0, -0.1]])
COEFFICIENTS, _ = support_of(LINEAR, {("x", 0): -0.1, ("y", 0): -2.0, ("x", 1): 2.0, ("y", 1): -0.1})
EQUATIONS = DiscoveredEquations(LINEAR, COEFFICIENTS)
START = np.array([1.0, 0.5])


def motion(times, start=START):
    return np.stack([expm(MATRIX * time) @ start for time in times])


def test_equations_are_read_component_by_component():
    assert EQUATIONS.equations() == ("dx/dt = -0.1 x - 2 y", "dy/dt = 2 x - 0.1 y")
    table = EQUATIONS.coefficient_table()
    assert list(table) == ["1", "x", "y"]
    np.testing.assert_array_equal(table["y"], [-2.0, -0.1])
    np.testing.assert_array_equal(table["1"], [0, 0])


def test_a_forecast_goes_on_from_the_last_row_of_every_trajectory_on_its_own_clock():
    times = [np.array([0.0, 0.1, 0.2]), np.array([5.0, 5.3])]
    past = Trajectories((motion(times[0]), motion(times[1], -START)), times=tuple(times), time_step=0.1)
    ahead = [np.array([0.7, 1.9]), np.array([5.4])]
    found = EQUATIONS.forecast(past, ahead)
    np.testing.assert_allclose(found.states[0], motion(ahead[0]), atol=1e-9)
    np.testing.assert_allclose(found.states[1, :1], motion(ahead[1], -START), atol=1e-9)
    assert np.isnan(found.states[1, 1]).all()  # it was asked for one time only
    np.testing.assert_array_equal(found.times, [[0.7, 1.9], [5.4, 5.4]])
    assert (found.kind, found.status) == ("path", ("ok", "ok"))


def test_steps_are_those_of_the_clock():
    past = Trajectories((motion(0.1 * np.arange(4)),), time_step=0.1)
    np.testing.assert_allclose(EQUATIONS.forecast(past, 2).states[0], motion([0.4, 0.5]), atol=1e-9)
    with pytest.raises(ConfigurationError):
        EQUATIONS.forecast(past, [np.array([0.5, 0.4])])


def test_a_clean_past_is_taken_as_it_is():
    states = motion(0.1 * np.arange(5)) + 0.1
    found = EQUATIONS.denoised(0.1 * np.arange(5), states)
    np.testing.assert_array_equal(found, states)
    found[:] = 0
    assert states.any()


def test_a_noisy_past_is_brought_to_the_motion_of_the_equations():
    times = 0.1 * np.arange(200)
    truth, rng = motion(times), np.random.default_rng(0)
    noisy = truth + 0.05 * rng.standard_normal(truth.shape)
    found = DiscoveredEquations(LINEAR, COEFFICIENTS, stiffness=1e4).denoised(times, noisy)
    # with the equations as a strong constraint only the start is free: the least squares fit of the closed form
    columns = np.stack([expm(MATRIX * time) for time in times]).reshape(-1, 2)
    start = np.linalg.lstsq(columns, noisy.ravel(), rcond=None)[0]
    np.testing.assert_allclose(found, motion(times, start), atol=2e-3)
    assert np.abs(found - truth).max() < 0.2 * np.abs(noisy - truth).max()
    one = DiscoveredEquations(LINEAR, COEFFICIENTS, stiffness=1e4).denoised(times[:1], noisy[:1])
    np.testing.assert_array_equal(one, noisy[:1])


def test_only_the_last_rows_of_a_long_past_are_denoised(monkeypatch):
    monkeypatch.setattr(DiscoveredEquations, "longest_past", 30)
    times = 0.1 * np.arange(80)
    states = motion(times)
    states[:50] = 7.0  # what nobody looks at
    found = DiscoveredEquations(LINEAR, COEFFICIENTS, stiffness=1e4).forecast(
        Trajectories((states,), time_step=0.1), [np.array([8.2])]
    )
    np.testing.assert_allclose(found.states[0], motion([8.2]), atol=1e-5)


def test_a_motion_that_breaks_down_says_why_and_leaves_the_others_alone():
    squares = library(dim=1, degree=2)
    explosive, _ = support_of(squares, {("x^2", 0): 1.0})  # x(t) = 1 / (1/x(0) − t)
    past = Trajectories((np.array([[1.0]]), np.array([[-1.0]])), time_step=0.1)
    found = DiscoveredEquations(squares, explosive).forecast(past, [np.array([0.5, 2.0])] * 2)
    assert found.status[0] != "ok"
    assert np.isnan(found.states[0]).all()
    assert found.status[1] == "ok"
    np.testing.assert_allclose(found.states[1, :, 0], [-1 / 1.5, -1 / 3], atol=1e-9)


def test_other_states_are_refused():
    with pytest.raises(DataError, match=r"4 states of the shape \(3,\); what was .* at least 1 of the shape \(2,\)"):
        EQUATIONS.forecast(Trajectories((np.zeros((4, 3)),), time_step=0.1), 1)
