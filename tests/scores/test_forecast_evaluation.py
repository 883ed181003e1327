"""A forecaster through its protocol alone, on a motion that a person can continue by hand."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.capabilities import Forecast, horizon_steps, horizon_times
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.scores import ForecastEvaluation

STATES = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 1.0], [6.0, 1.0]])


def record(times=None, split=None):
    made = TrajectoryFiles.from_arrays(
        np.arange(5) * 0.5 if times is None else times,
        STATES,
        split=split or {"train": 3, "test": 2},
        component_names=["a", "b"],
        time_unit="s",
    )
    made.setup()
    return made


class Standstill:
    past_length = 1

    def forecast(self, past, horizon, inputs=None):
        times = np.stack(horizon_times(past, horizon))
        return Forecast(np.repeat(past.states[0][None, -1:], times.shape[1], axis=1), times)


class Stepwise(Standstill):
    """The same in discrete time, which knows no other clock."""

    def forecast(self, past, horizon, inputs=None):
        horizon_steps(past, horizon)
        return super().forecast(past, horizon)


def test_scores_and_arrays_are_those_of_the_rows_that_were_held_out():
    results = ForecastEvaluation()(Standstill(), record())
    # (3, 0) beside (4, 1) and (6, 1): the squares of 1, 1, 3 and 1; the mean of the training is (2, 0)
    assert results.metrics["forecast_mse"] == pytest.approx(12 / 4)
    assert results.metrics["forecast_relative_error"] == pytest.approx(np.sqrt(12 / (16 + 1 + 36 + 1)))
    assert results.metrics["forecast_error_over_mean"] == pytest.approx(np.sqrt(12 / (4 + 1 + 16 + 1)))
    np.testing.assert_allclose(results.arrays["forecast_times"], [0.5, 1.0])  # after the last row that was given
    np.testing.assert_array_equal(results.arrays["forecast_states"], [[3, 0], [3, 0]])
    np.testing.assert_array_equal(results.arrays["true_states"], [[4, 1], [6, 1]])
    np.testing.assert_allclose(results.arrays["training_mean"], [2, 0])
    assert results.arrays["component_names"].tolist() == ["a", "b"]
    assert results.arrays["time_unit"] == "s"
    assert results.pictures == ("forecast",)


def test_a_method_in_discrete_time_is_scored_up_to_the_first_missing_row():
    gap = record(times=np.array([0.0, 0.5, 1.0, 1.5, 2.5]))
    assert ForecastEvaluation()(Stepwise(), gap).metrics["forecast_mse"] == pytest.approx(2 / 2)  # (4, 1) alone
    assert ForecastEvaluation()(Standstill(), gap).metrics["forecast_mse"] == pytest.approx(12 / 4)
    with pytest.raises(ConfigurationError, match="horizon"):  # nothing is left before the gap
        ForecastEvaluation()(Stepwise(), record(times=np.array([0.0, 0.5, 1.0, 2.0, 2.5])))


def test_what_cannot_be_scored_is_said():
    with pytest.raises(DataError, match="object does not forecast; choose another evaluation"):
        ForecastEvaluation()(object(), record())
    with pytest.raises(DataError, match=r"nothing is held out after 1 rows .*; set data\.split\.test"):
        ForecastEvaluation()(Standstill(), record(split={"train": 5}))
