"""Errors of forecasts in closed form; what was given never counts."""

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data import Trajectories
from sciml_bench.data.capabilities import Forecast, horizon_steps, horizon_times
from sciml_bench.data.record import Record
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.spec import RecordSpec
from sciml_bench.scores import ForecastEvaluation, classification_accuracy
from sciml_bench.scores.forecast_scores import errors_of, forecast_scores

LINE = 10.0 + np.arange(20.0)[:, None] * np.array([1.0, 2.0])


class Straight(Record):
    """A uniform motion, of which the last five rows are held out."""

    state_shape = (2,)

    def load(self):
        noise = 0.5 * (-1.0) ** np.arange(20)[:, None]
        return Trajectories((LINE + noise,), time_step=0.5, component_names=("x", "y"), clean=(LINE,))


class Standstill:
    """Every state stays as it is."""

    past_length = 1

    def forecast(self, past, horizon, inputs=None):
        times = np.stack(horizon_times(past, horizon))
        last = np.stack([states[-1] for states in past.states])
        return Forecast(np.repeat(last[:, None], times.shape[1], axis=1), times)


def test_three_errors_have_three_meanings():
    truth, mean = [np.array([[3.0, 4.0], [3.0, 4.0]])], np.array([3.0, 0.0])
    found = errors_of([truth[0] + np.array([1.0, 0.0])], truth, mean)
    assert found["forecast_mse"] == pytest.approx(0.5)
    assert found["forecast_relative_error"] == pytest.approx(1 / 5)
    assert found["forecast_error_over_mean"] == pytest.approx(np.sqrt(0.5 / 8))


def test_the_mean_has_an_error_of_one_over_itself_wherever_it_lies():
    rng = np.random.default_rng(0)
    truth, mean = [7 + rng.standard_normal((50, 3)), 7 + rng.standard_normal((20, 3))], np.full(3, 7.0)
    found = errors_of([np.broadcast_to(mean, part.shape) for part in truth], truth, mean)
    assert found["forecast_error_over_mean"] == pytest.approx(1)
    assert found["forecast_relative_error"] < 0.2
    assert "forecast_error_over_mean" not in errors_of([np.full((2, 3), 6.0)], [np.full((2, 3), 7.0)], mean)


def test_states_after_a_shorter_trajectory_do_not_count_and_what_leaves_every_bound_has_no_score():
    past = Trajectories((np.array([[-1.0], [1.0]]),) * 2)
    future = Trajectories((np.ones((3, 1)), np.ones((1, 1))), first_rows=(2, 2))
    spec = RecordSpec.of(past)
    states = np.ones((2, 3, 1))
    states[1, 1:] = np.nan
    forecast = Forecast(states, np.zeros((2, 3)))
    assert forecast_scores(forecast, past, future, spec)["forecast_mse"] == 0
    for gone in (np.inf, np.nan, 1e200):
        states[0, 2] = gone
        found = forecast_scores(forecast, past, future, spec)
        assert {name: found[name] for name in ("forecast_mse", "forecast_relative_error")} == {
            "forecast_mse": np.inf,
            "forecast_relative_error": np.inf,
        }
        assert found["forecast_error_over_mean"] == np.inf
    with pytest.raises(DataError, match="shape"):
        errors_of([np.ones((2, 1))], [np.ones((3, 1))], np.zeros(1))


def test_every_forecaster_is_scored_on_what_comes_after_the_past_it_was_given():
    record = Straight(split={"train": 15, "test": 5})
    record.setup()
    results = ForecastEvaluation()(Standstill(), record)
    last, ahead, noise = LINE[14] + 0.5, LINE[15:], 0.5 * (-1.0) ** np.arange(15, 20)[:, None]
    assert results.metrics["forecast_mse_clean"] == pytest.approx(np.mean((last - ahead) ** 2))
    assert results.metrics["forecast_mse"] == pytest.approx(np.mean((last - ahead - noise) ** 2))
    np.testing.assert_allclose(results.arrays["forecast_times"], 0.5 * np.arange(1, 6))
    np.testing.assert_allclose(results.arrays["true_states"], ahead + noise)
    np.testing.assert_array_equal(results.arrays["forecast_states"], [results.arrays["given_state"]] * 5)
    assert results.pictures == ("forecast",)


def test_a_method_in_discrete_time_is_scored_up_to_the_first_missing_row():
    times = np.delete(0.5 * np.arange(20), 18)
    record = TrajectoryFiles.from_arrays(times, np.delete(LINE, 18, axis=0), split={"train": 15, "test": 4})
    record.setup()

    class Stepping(Standstill):
        def forecast(self, past, horizon, inputs=None):
            return super().forecast(past, horizon_steps(past, horizon))

    results = ForecastEvaluation()(Stepping(), record)
    assert results.metrics["forecast_mse"] == pytest.approx(np.mean((LINE[14] - LINE[15:18]) ** 2))
    assert len(results.arrays["forecast_times"]) == 3


def test_what_cannot_be_forecast_is_said():
    record = Straight(split={"train": 1.0})
    record.setup()
    with pytest.raises(DataError, match=r"data\.split\.test"):
        ForecastEvaluation()(Standstill(), record)
    with pytest.raises(DataError, match="Record does not forecast"):
        ForecastEvaluation()(Record(), record)


def test_accuracy_is_the_share_of_labels_that_agree():
    assert classification_accuracy(np.array([0, 1, 2, 3]), np.array([0, 1, 2, 0])) == 0.75
    with pytest.raises(DataError, match="labels"):
        classification_accuracy(np.array([], int), np.array([], int))
