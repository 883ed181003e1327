"""Errors of rollouts on states whose distances are known."""

import numpy as np
import pytest

from sciml_bench.scores.rollout_scores import LARGEST_ERROR, horizons, mean_errors, relative_squared_errors

ERRORS = np.array([[0.0, 0.1, 0.3, 0.2], [0.0, 0.3, 0.9, 0.0]])
TIMES = np.array([0.5, 1.0, 1.5, 2.0])


def test_relative_errors_are_squared_norms_over_all_entries_of_a_state():
    truth = np.array([[[[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 0.0]]]])
    rolled = truth + np.array([[[[0.0, 5.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, np.nan]]]])
    np.testing.assert_allclose(relative_squared_errors(rolled, truth), [[1.0, LARGEST_ERROR]])


def test_errors_are_averaged_up_to_every_length_and_the_first_has_a_median_of_trajectories():
    found = mean_errors("rollout", ERRORS, (3, 4))
    assert found == pytest.approx(
        {
            "rollout_relative_squared_error": 1.6 / 6,
            "rollout_relative_squared_error_median": (0.4 / 3 + 1.2 / 3) / 2,
            "rollout_relative_squared_error_step_3": 1.6 / 6,
            "rollout_relative_squared_error_step_4": 1.8 / 8,
        }
    )
    assert "linear_relative_squared_error_median" not in mean_errors("linear", ERRORS, (3,))


def test_the_horizon_is_the_time_at_which_the_mean_error_first_exceeds_the_threshold():
    assert horizons(ERRORS, TIMES, (0.1, 0.5, 0.7)) == {"horizon_0.1": 1.0, "horizon_0.5": 1.5, "horizon_0.7": 2.0}
