"""Rows, windows and integrators for trajectories whose motion is known in closed form."""

import numpy as np
import pytest
from discovery_cases import library, support_of
from scipy.integrate import DOP853

from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import PaddedTrajectories
from sciml_bench.mechnn.discovery.integration import (
    integration_record,
    one_step_residual,
    rows_of,
    window_starts,
    windows_of,
)
from sciml_bench.mechnn.discovery.joint_estimation import NoisyRecord

LINES = library(dim=1, degree=1)
DECAY, _ = support_of(LINES, {("x", 0): -1.0})


def test_rows_are_the_trajectories_without_padding():
    parts = [np.arange(4.0)[:, None], 10 + np.arange(2.0)[:, None]]
    found = rows_of(PaddedTrajectories.of(Trajectories(tuple(parts), time_step=0.5)))
    for (times, states), part in zip(found, parts, strict=True):
        np.testing.assert_array_equal(states, part)
        np.testing.assert_allclose(times, 0.5 * np.arange(len(part)))


@pytest.mark.parametrize(
    ("n_rows", "length", "stride", "expected"),
    [(10, 4, 3, [0, 3, 6]), (11, 4, 3, [0, 3, 6, 7]), (4, 4, 3, [0]), (5, 4, 4, [0, 1]), (9, 3, 2, [0, 2, 4, 6])],
)
def test_windows_reach_the_last_row(n_rows, length, stride, expected):
    assert window_starts(n_rows, length, stride).tolist() == expected


def test_windows_of_trajectories_on_one_clock_share_their_steps():
    pieces = [(0.5 * np.arange(5) + shift, shift + np.arange(5.0)[:, None]) for shift in (0, 100)]
    steps, windows = windows_of(pieces, 3, 2)
    np.testing.assert_allclose(steps, [[0.5, 0.5]])
    assert windows[:, :, 0].tolist() == [[0, 1, 2], [2, 3, 4], [100, 101, 102], [102, 103, 104]]


def test_windows_of_an_uneven_clock_have_their_own_steps():
    pieces = [(np.array([0.0, 1.0, 3.0, 6.0]), np.arange(4.0)[:, None])]
    steps, windows = windows_of(pieces, 3, 1)
    np.testing.assert_allclose(steps, [[1, 2], [2, 3]])
    assert windows[:, :, 0].tolist() == [[0, 1, 2], [1, 2, 3]]


def test_trajectories_in_a_row_have_no_interval_between_them():
    pieces = [(np.array([0.0, 1.0, 3.0]), np.zeros((3, 1))), (np.array([7.0, 7.5]), np.ones((2, 1)))]
    record = integration_record(LINES, pieces, np.zeros((5, 1)), DECAY)
    np.testing.assert_allclose(record.intervals, [1, 2, 0, 0.5])
    np.testing.assert_array_equal(record.observed[:, 0], [0, 0, 0, 1, 1])


def amplification(interval, n_steps):
    """Of as many steps of Dormand and Prince's method for dx/dt = −x, as SciPy takes them."""
    step = interval / n_steps
    solver = DOP853(lambda _, x: -x, 0.0, [1.0], step, first_step=step, rtol=1.0, atol=1e9)
    solver.step()
    assert solver.t == step
    return solver.y[0] ** n_steps


@pytest.mark.parametrize(("interval", "n_steps"), [(0.001, 1), (1.0, 1), (3.0, 2), (6.0, 4), (12.0, 4), (24.0, 8)])
def test_the_integrator_has_the_fewest_steps_whose_doubling_makes_no_difference(interval, n_steps):
    times = interval * np.arange(3)
    record = integration_record(LINES, [(times, np.ones((3, 1)))], np.ones((3, 1)), DECAY)
    expected = next(
        n for n in (1, 2, 4, 8, 16, 32) if abs(amplification(interval, 2 * n) - amplification(interval, n)) <= 1e-6
    )
    assert record.n_steps == expected == n_steps


def test_the_number_of_steps_is_bounded_for_motions_that_no_step_is_short_enough_for():
    wild, _ = support_of(LINES, {("x", 0): -300.0})
    record = integration_record(LINES, [(np.arange(3.0), np.ones((3, 1)))], np.ones((3, 1)), wild)
    assert record.n_steps == 32


def test_the_residual_is_the_distance_to_where_the_equation_leads_within_trajectories_alone():
    intervals = np.array([0.1, 0.2, 0.0, 0.3])
    exact = np.array([2.0, 2.0 * np.exp(-0.1), 2.0 * np.exp(-0.3), 50.0, 50.0 * np.exp(-0.3)])[:, None]
    record = NoisyRecord(exact, intervals, LINES, 8)
    assert one_step_residual(record, exact, DECAY) < 1e-6
    moved = exact + np.array([0.0, 0.0, 0.3, 0.0, 0.4])[:, None]  # the ends of both trajectories
    assert one_step_residual(record, moved, DECAY) == pytest.approx(np.sqrt((0.3**2 + 0.4**2) / 3), rel=1e-5)
