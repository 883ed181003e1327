"""What every forecaster is scored by, through its protocol alone: for methods that have no evaluation of their own."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.data.capabilities import Forecast, Forecaster, require_ability
from sciml_bench.data.held_out import past_and_future, up_to_gaps
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.own_components import in_own_components
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.scores.forecast_scores import forecast_of, forecast_scores


@dataclass(frozen=True)
class ForecastEvaluation:
    """The forecast of the test part beside what came."""

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit that could not be scored.

        Args:
            record: loaded.
            method: not fitted yet.

        Raises:
            NotApplicableError: what it learns does not forecast.
            DataError: nothing is held out.
        """
        require_ability(method.gives, Forecaster)
        if "test" not in record.splits:
            raise DataError("evaluation=forecast: nothing is held out that could be forecast; set data.split.test")

    def __call__(self, learned: Any, record: Record) -> Results:
        """The scores of `forecast_scores`, and the forecast of the first trajectory as a picture.

        Args:
            learned: a forecaster.
            record: loaded.

        Raises:
            DataError: what was learned does not forecast, or nothing is held out that it could.
        """
        if not isinstance(learned, Forecaster):
            raise DataError(f"{type(learned).__name__} does not forecast; choose another evaluation")
        learned, record = in_own_components(learned), record.as_observed
        asked = past_and_future(record, learned.past_length)
        if asked is None:
            raise DataError(
                f"nothing is held out after {learned.past_length} rows that could be forecast; set data.split.test"
            )
        past, future = asked
        try:
            forecast = forecast_of(learned, past, future)
        except ConfigurationError:  # a method in discrete time, which reaches the first missing row
            reached = up_to_gaps(past, future, learned.past_length)
            if reached is None:
                raise
            future, forecast = reached, forecast_of(learned, past, reached)
        arrays = shown_forecast(forecast, past, future, record.spec)
        return Results(forecast_scores(forecast, past, future, record.spec), arrays, ("forecast",))


def shown_fields(
    forecast: Forecast, past: Trajectories, future: Trajectories, spec: RecordSpec, most_rows: int
) -> dict[str, Any]:
    """What the picture `rollout` shows of the first trajectory of a record of fields.

    Args:
        forecast: at the times of the future.
        past: what was given.
        future: what came.
        spec: of the record.
        most_rows: that are shown.
    """
    length = min(future.lengths[0], most_rows)
    return {
        "times": forecast.times[0, :length] - past.time_at(0, -1),
        "prediction": forecast.states[:1, :length],
        "reference": read_block(future.states[0], 0, length)[None],
        "component_names": np.array(spec.component_names),
        "grid": np.asarray(spec.grid),
        "time_unit": np.array(spec.time_unit),
    }


def shown_forecast(forecast: Forecast, past: Trajectories, future: Trajectories, spec: RecordSpec) -> dict[str, Any]:
    """What the picture `forecast` shows of the first trajectory.

    Args:
        forecast: at the times of the future.
        past: what was given.
        future: what came.
        spec: of the record.
    """
    length, row = future.lengths[0], max(np.flatnonzero(past.complete_rows(0)), default=past.lengths[0] - 1)
    mean, names = np.broadcast_to(spec.mean, future.state_shape).ravel(), np.array(spec.component_names)
    return {
        "forecast_times": forecast.times[0, :length] - past.time_at(0, -1),
        "forecast_states": forecast.states[0, :length].reshape(length, -1),
        "true_states": read_block(future.states[0], 0, length).reshape(length, -1),
        "given_state": read_block(past.states[0], int(row), int(row) + 1).ravel().astype(np.float64),
        "training_mean": mean,
        **({"component_names": names} if len(names) == len(mean) else {}),
        **spec.unit_arrays,
        "time_unit": np.array(spec.time_unit),
    }
