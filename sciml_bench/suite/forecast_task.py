"""The scores of a forecast task: from many starts within the test part, the same for every forecaster."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import DataError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.data.capabilities import Forecaster, require_ability
from sciml_bench.data.own_components import in_own_components
from sciml_bench.data.record import Record
from sciml_bench.scores.forecast_evaluation import shown_fields, shown_forecast
from sciml_bench.scores.forecast_scores import forecast_of, forecast_scores
from sciml_bench.scores.forecasting.from_starts import FromStarts
from sciml_bench.scores.forecasting.long_run import long_run_scores
from sciml_bench.scores.forecasting.starts import starts_in
from sciml_bench.suite.baselines.baseline import BaselineTraining
from sciml_bench.suite.questions import Questions

_DEFAULT_HORIZON = 100
_LONG_RUN = "long_run_rows"


@dataclass(frozen=True)
class ForecastTask:
    """Forecasts of equal length from starts that are spread evenly over the test part.

    Args:
        horizon: rows of every forecast; None: 100, or half of a shorter test part.
        n_starts: how many; fewer where the test part has no room for as many.
        least_past: rows before the first start of a held-out trajectory, so that all methods that need no more of the
            past forecast the same rows.
        most_past: rows of the past that are given at most.
        long_run_rows: of one long forecast from the first start, whose statistics are compared with those of what
            came; None for none.
        lyapunov_time: in which valid prediction times are told as well; None: the system's, where it is known.
        lyapunov_times: that every forecast lasts at least, where their length is known, since forecasts of one system
            may hold for longer than those of another; None: as long as the horizon.
    """

    horizon: ConfiguredInteger | None = None
    n_starts: ConfiguredInteger = 20
    least_past: ConfiguredInteger = 1
    most_past: ConfiguredInteger = 2000
    long_run_rows: ConfiguredInteger | None = None
    lyapunov_time: ConfiguredNumber | None = None
    lyapunov_times: ConfiguredNumber | None = None
    scores_ensembles: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("horizon", "n_starts", "least_past", "most_past", _LONG_RUN):
            if (value := getattr(self, name)) is not None or name in ("n_starts", "least_past", "most_past"):
                require_integer(f"evaluation.{name}", value, 1, "give a whole number of at least 1")
        for name in ("lyapunov_time", "lyapunov_times"):
            if getattr(self, name) is not None:
                require_number(f"evaluation.{name}", getattr(self, name), "give a number above 0")

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit that could not be scored.

        Raises:
            NotApplicableError: what the method learns does not forecast.
            DataError: nothing is held out that is long enough.
        """
        require_ability(method.gives, Forecaster)
        observed = record.as_observed
        starts_in(observed, "test", self._horizon(observed), self.least_past, 1)
        if isinstance(method, BaselineTraining):
            method.baseline.prepare(record, self.questions(record))
        if self.long_run_rows is not None:
            starts_in(observed, "test", self.long_run_rows, self.least_past, 1, _LONG_RUN)

    def questions(self, record: Record) -> "Questions":
        """What a forecaster that needs no more of the past than the task gives is asked.

        Args:
            record: loaded.

        Raises:
            DataError: the test part has no room for one start.
        """
        observed = record.as_observed
        starts = starts_in(observed, "test", self._horizon(observed), self.least_past, self.n_starts)
        future = starts.future(self._horizon(observed))
        times = np.stack([future.times_of(number) for number in range(future.n_trajectories)])
        past = starts.past(max(self.most_past, self.least_past))
        return Questions(past, times, self.long_run_rows)

    def __call__(self, learned: Any, record: Record) -> Results:
        """The scores over all starts, what they are start by start and row by row, and two pictures.

        Args:
            learned: a forecaster.
            record: loaded.

        Raises:
            NotApplicableError: it does not forecast.
            DataError: the test part has no room for one start.
        """
        require_ability(learned, Forecaster)
        learned, record = in_own_components(learned), record.as_observed
        told = self._forecasts(learned, record, "test")
        metrics = forecast_scores(told.forecast, told.past, told.future, record.spec)
        found, arrays = told.scores(self._lyapunov_time(record))
        metrics |= found
        notes: list[str] = []
        if told.members is not None:
            calibration = None
            try:
                calibration = self._forecasts(learned, record, "validation")
            except DataError as error:
                notes.append(f"intervals are those of a normal law, not calibrated: {error}")
            metrics |= told.interval_scores(calibration)
        if self.long_run_rows is not None and self.long_run_rows <= getattr(learned, "longest", self.long_run_rows):
            metrics |= self._long_run(learned, record, self.long_run_rows)
        given, is_field = (told.forecast, told.past, told.future, record.spec), record.spec.grid is not None
        arrays |= shown_fields(*given, self._horizon(record)) if is_field else shown_forecast(*given)
        pictures = ("error_against_horizon", "rollout" if is_field else "forecast")
        return Results(metrics, arrays, pictures, tuple(notes))

    def _forecasts(self, learned: Any, record: Record, part: str) -> FromStarts:
        n_past, horizon = max(learned.past_length, self.least_past), self._horizon(record)
        starts = starts_in(record, part, horizon, n_past, self.n_starts)
        past, future = starts.past(max(self.most_past, n_past)), starts.future(horizon)
        return FromStarts(forecast_of(learned, past, future), past, future, record.spec)

    def _long_run(self, learned: Any, record: Record, n_rows: int) -> dict[str, float]:
        n_past = max(learned.past_length, self.least_past)
        start = starts_in(record, "test", n_rows, n_past, 1, _LONG_RUN).first
        future = start.future(n_rows)
        forecast = forecast_of(learned, start.past(max(self.most_past, n_past)), future)
        return long_run_scores(forecast, future, record.spec)

    def _horizon(self, record: Record) -> int:
        rows, known = self.horizon or 1, self._lyapunov_time(record)
        if self.horizon is None and "test" in record.splits:
            rows = max(1, min(_DEFAULT_HORIZON, max(record.splits["test"].lengths) // 2))
        if self.lyapunov_times is None or known is None:
            return rows
        return max(rows, round(self.lyapunov_times * known / record.spec.time_step))

    def _lyapunov_time(self, record: Record) -> float | None:
        if self.lyapunov_time is not None:
            return float(self.lyapunov_time)
        return record.splits["train"].facts.get("lyapunov_time")
