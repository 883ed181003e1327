"""The valid prediction time against crossings that follow from the definition."""

import numpy as np
import pytest

from sciml_bench.scores.forecasting.prediction_time import symmetric_percentage_errors, valid_prediction_times

STEP = 0.05


def since_start(n_starts, n_rows):
    return np.broadcast_to(STEP * np.arange(1, n_rows + 1), (n_starts, n_rows))


def test_a_constant_factor_gives_the_percentage_of_the_formula():
    truth = 3 + np.sin(np.arange(50.0))[None, :, None] * np.ones((1, 50, 2))
    # |x − a x| / (x + a x) = (a − 1)/(a + 1): at a = 3 half of 200
    np.testing.assert_allclose(symmetric_percentage_errors(3 * truth, truth), 100.0)


@pytest.mark.parametrize(("factor", "stays"), [(1.15 / 0.85 * 0.999, True), (1.15 / 0.85 * 1.001, False)])
def test_the_threshold_is_thirty_of_two_hundred(factor, stays):
    truth = np.full((1, 10, 1), 2.0)
    times, to_the_end = valid_prediction_times(factor * truth, truth, since_start(1, 10))
    assert times[0] == pytest.approx(10 * STEP if stays else 0.0)
    assert to_the_end[0] == stays


def test_the_error_is_the_mean_over_all_rows_so_far():
    """Exact for k rows, wrong by a full 200 after: the mean passes 30 with the first m where 200 m > 30 (k + m)."""
    n_exact = 34  # the mean is exactly 30 at m = 6, and passes it at m = 7
    truth = np.ones((1, 60, 1))
    predicted = np.where(np.arange(60) < n_exact, 1.0, -1.0)[None, :, None]
    times, to_the_end = valid_prediction_times(predicted, truth, since_start(1, 60))
    assert times[0] == pytest.approx((n_exact + 6) * STEP)
    assert not to_the_end[0]


def test_a_sinusoid_that_drifts_out_of_phase_is_valid_until_its_percentage_passes():
    """cos(w t) + 2 beside cos((1 + e) w t) + 2: the crossing of the running mean, by a sum of its own."""
    t = STEP * np.arange(1, 401)
    true, found = np.cos(t) + 2, np.cos(1.2 * t) + 2
    running, crossing = 0.0, None
    for number, (x, y) in enumerate(zip(true, found, strict=True)):
        running += 200 * abs(x - y) / (abs(x) + abs(y))
        if crossing is None and running / (number + 1) > 30:
            crossing = number * STEP
    assert crossing is not None
    assert 3 < crossing < 15
    times, _ = valid_prediction_times(found[None, :, None], true[None, :, None], t[None])
    assert times[0] == pytest.approx(crossing)


def test_components_count_alike_and_zeros_that_agree_are_right():
    truth = np.zeros((1, 4, 4))
    predicted = truth.copy()
    predicted[..., 0] = 1.0  # 200 in one of four components
    np.testing.assert_allclose(symmetric_percentage_errors(predicted, truth), 50)


def test_what_is_not_finite_is_wrong_and_rows_without_a_value_say_nothing():
    truth = np.ones((2, 4, 1))
    predicted = truth.copy()
    predicted[0, 2:], truth[1, 1] = np.nan, np.nan
    predicted[1, 1] = 100.0
    errors = symmetric_percentage_errors(predicted, truth)
    np.testing.assert_allclose(errors, [[0, 0, 200 / 3, 100], [0, 0, 0, 0]])
    times, to_the_end = valid_prediction_times(predicted, truth, since_start(2, 4))
    np.testing.assert_allclose(times, [2 * STEP, 4 * STEP])
    np.testing.assert_array_equal(to_the_end, [False, True])
