"""What a forecast has to beat, and the sentence that says whether it did, against numbers worked out by hand."""

import numpy as np
import pytest

from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.scores.references import horizon_ahead, reference_scores
from sciml_bench.training.judgement import judgement

PAST = Trajectories((np.array([[0.0, 10.0], [2.0, 30.0]]),), time_step=0.5, time_unit="year")
FUTURE = Trajectories((np.array([[3.0, 20.0], [1.0, 20.0]]),), time_step=0.5, time_unit="year", first_rows=(2,))


def scores(forecast: np.ndarray, factors: tuple[float, float] = (1, 1)) -> dict[str, float]:
    past, future = (
        Trajectories(
            tuple(states * factors for states in part.states),
            time_step=part.time_step,
            time_unit=part.time_unit,
            first_rows=part.first_rows,
        )
        for part in (PAST, FUTURE)
    )
    return reference_scores([forecast * factors], past, future, RecordSpec.of(past))


def test_errors_are_in_deviations_of_each_component():
    # the deviations of the past are 1 and 10, its means 1 and 20
    found = scores(np.array([[3.0, 20.0], [1.0, 30.0]]))
    assert found["forecast_standardised_error"] == pytest.approx(np.sqrt(1 / 4))
    assert found["persistence_standardised_error"] == pytest.approx(np.sqrt((1 + 1 + 1 + 1) / 4))
    assert found["mean_standardised_error"] == pytest.approx(np.sqrt((4 + 0 + 0 + 0) / 4))
    assert found["forecast_horizon"] == found["forecast_length"] == pytest.approx(1.0)


def test_persistence_repeats_the_last_row_with_all_its_values():
    whole = np.concatenate([PAST.states[0], [[np.nan, 30.0]]])
    past = Trajectories((whole,), time_step=0.5, time_unit="year", masked=True)
    future = Trajectories(FUTURE.states, time_step=0.5, time_unit="year", first_rows=(3,))
    found = reference_scores([np.asarray(FUTURE.states[0])], past, future, RecordSpec.of(PAST))
    assert found["persistence_standardised_error"] == pytest.approx(1)  # that of the second row
    assert found["forecast_standardised_error"] == 0


def test_no_unit_decides():
    forecast = np.array([[2.5, 29.0], [1.5, 26.0]])
    assert scores(forecast) == scores(forecast, (2.0**-20, 2.0**30))


def test_the_horizon_is_the_longest_time_over_which_the_errors_are_smaller():
    times, ones = np.arange(1.0, 5), np.ones(4)
    assert horizon_ahead(times, np.array([0, 0, 3.0, 9]), ones, 2 * ones) == 2
    assert horizon_ahead(times, np.array([2, 0, 0.5, 0]), ones) == 4  # behind at first, ahead on the whole
    assert horizon_ahead(times, ones, ones) == 0  # as good is not better
    assert horizon_ahead(times, np.array([0, np.inf, 0, 0]), ones) == 1


def test_rows_at_one_time_count_together():
    squares = np.array([0, 4.0, 0, 5])
    assert horizon_ahead(np.array([1.0, 1, 2, 2]), squares, np.ones(4)) == 0


def test_a_forecast_that_leaves_every_bound_is_told():
    said = judgement(scores(np.array([[1e200, 20.0], [np.nan, 30.0]])), "year")
    assert said == "forecast over 1 year: left every bound; not better than both at any horizon"


def test_the_sentence_tells_ratios_and_horizon():
    assert judgement(scores(np.array([[3.0, 20.0], [1.0, 30.0]])), "year") == (
        "forecast over 1 year: 0.5 of persistence's error, 0.5 of the mean's error; better than both all the way"
    )
    assert judgement(scores(np.array([[3.0, 20.0], [5.0, 30.0]])), "year") == (
        "forecast over 1 year: 2.06 of persistence's error, 2.06 of the mean's error; "
        "better than both up to 0.5 year only"
    )


def test_errors_by_step_are_told_of_expected_states():
    metrics = {
        "forecast_error_over_mean_step_1": 0.3,
        "persistence_error_over_mean_step_1": 0.6,
        "forecast_error_over_mean_step_2": 0.9,
        "persistence_error_over_mean_step_2": 0.6,
    }
    assert judgement(metrics, "year") == (
        "forecast 1 lag ahead: 0.5 of persistence's error, 0.3 of the mean's error; "
        "2 lags ahead: 1.5 of persistence's error, 0.9 of the mean's error; "
        "better than both at 1 of 2 steps, up to 1 lag ahead"
    )


@pytest.mark.parametrize(
    ("better", "span"),
    [
        ((1, 2), "2 of 5 steps, up to 2 lags ahead"),
        ((4, 5), "2 of 5 steps, from 4 lags ahead on"),
        ((2, 4), "2 of 5 steps, between 2 and 4 lags ahead"),
        ((3,), "1 of 5 steps, 3 lags ahead"),
        ((1, 5), "2 of 5 steps, between 1 and 5 lags ahead"),
    ],
)
def test_steps_that_are_better_are_not_said_to_be_the_first_where_they_are_not(better, span):
    metrics = {f"persistence_error_over_mean_step_{step}": 0.9 for step in range(1, 6)}
    metrics |= {f"forecast_error_over_mean_step_{step}": 0.5 if step in better else 1.5 for step in range(1, 6)}
    assert judgement(metrics, "step").endswith(f"; better than both at {span}")


def test_nothing_is_said_where_nothing_was_forecast():
    assert judgement({"sum_of_squares": 1.0}, "time") is None
