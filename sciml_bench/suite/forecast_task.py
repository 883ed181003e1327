"""The scores of a forecast task: from many starts within the test part, the same for every forecaster."""

import functools
from dataclasses import dataclass
from typing import Any, get_type_hints

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import DataError, NotApplicableError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.core.stored.learned_file import Learned
from sciml_bench.data.capabilities import Forecaster
from sciml_bench.data.own_components import in_own_components
from sciml_bench.data.record import Record
from sciml_bench.data.split import SPLIT_NAMES, TIME
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.scores.forecast_scores import forecast_of, forecast_scores


@dataclass(frozen=True)
class ForecastTask:
    """Forecasts of equal length from starts that are spread evenly over the test part.

    Args:
        horizon: rows of every forecast.
        n_starts: how many; fewer where the test part has no room for as many.
        most_past: rows of the past that are given at most.
    """

    horizon: ConfiguredInteger
    n_starts: ConfiguredInteger = 20
    most_past: ConfiguredInteger = 2000

    def __post_init__(self) -> None:
        for name in ("horizon", "n_starts", "most_past"):
            require_integer(f"evaluation.{name}", getattr(self, name), 1, "give a whole number of at least 1")

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit that could not be scored.

        Raises:
            NotApplicableError: what the method learns does not forecast.
            DataError: nothing is held out that is long enough.
        """
        learned = get_type_hints(type(method).learned).get("return", Learned)
        if learned not in (Learned, Any) and not hasattr(learned, "forecast"):
            raise NotApplicableError(f"{learned.__name__} does not forecast")
        self.starts(record.as_observed, 1)

    def starts(self, record: Record, past_length: int, part: str = "test") -> tuple[Trajectories, Trajectories]:
        """The past and the future of every start.

        Args:
            record: loaded.
            past_length: rows that the method needs.
            part: `test`, or `validation` where settings are chosen.

        Raises:
            DataError: the part has no room for one start.
        """
        parts = record.splits
        if part not in parts:
            raise DataError(f"data.split.{part}=0: nothing is held out that could be forecast; set data.split.{part}")
        whole, first = parts[part], [past_length] * parts[part].n_trajectories
        if record.split_by == TIME:
            earlier = [parts[name] for name in SPLIT_NAMES[: SPLIT_NAMES.index(part) + 1] if name in parts]
            whole = functools.reduce(Trajectories.joined_in_time, earlier)
            first = [rows - held_out for rows, held_out in zip(whole.lengths, parts[part].lengths, strict=True)]
        room = [np.arange(start, length - self.horizon + 1) for start, length in zip(first, whole.lengths, strict=True)]
        places = [(number, int(row)) for number, rows in enumerate(room) for row in rows if row >= past_length]
        if not places:
            raise DataError(
                f"evaluation.horizon={self.horizon}: no {part} trajectory has room for it after {past_length} rows of "
                f"the past; give a shorter horizon, or a larger data.split.{part}"
            )
        chosen = [places[index] for index in np.unique(np.linspace(0, len(places) - 1, self.n_starts).astype(int))]
        given = min(max(self.most_past, past_length), *(row for _, row in chosen))
        numbers = [number for number, _ in chosen]
        past = whole.select(trajectories=numbers, time=[slice(row - given, row) for _, row in chosen]).filled()
        return past, whole.select(trajectories=numbers, time=[slice(row, row + self.horizon) for _, row in chosen])

    def __call__(self, learned: Any, record: Record) -> Results:
        """The scores over all starts.

        Args:
            learned: a forecaster.
            record: loaded.

        Raises:
            NotApplicableError: it does not forecast.
        """
        if not isinstance(learned, Forecaster):
            raise NotApplicableError(f"{type(learned).__name__} does not forecast")
        learned, record = in_own_components(learned), record.as_observed
        past, future = self.starts(record, learned.past_length)
        forecast = forecast_of(learned, past, future)
        metrics = forecast_scores(forecast, past, future, record.spec)
        return Results(metrics, {}, ())
