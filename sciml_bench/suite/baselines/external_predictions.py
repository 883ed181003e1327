"""Predictions that were made outside the suite, scored like everything else: `method=external`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError, NotApplicableError
from sciml_bench.data.capabilities import OK, Forecast, Horizon, horizon_times
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.suite.baselines.baseline import Baseline, FittedBaseline
from sciml_bench.suite.baselines.predictions_file import read_predictions
from sciml_bench.suite.questions import Questions


class ExternalPredictions(Baseline):
    """Reads what somebody predicted for the starts of a forecast task, which `sciml-bench starts` writes.

    Args:
        spec: of the record.
        predictions: a file; see `read_predictions`. None stands for none, and does not apply.
    """

    takes_inputs = True

    def __init__(self, spec: RecordSpec, predictions: str | None = None) -> None:
        super().__init__(spec)
        self.predictions = predictions
        self._answers: FittedPredictions | None = None

    def prepare(self, record: Record, asked: Questions) -> None:
        """Read the file, and check that it answers what is asked.

        Raises:
            NotApplicableError: there is no file.
            FileNotFoundError: the file is missing.
            DataError: it holds something else.
        """
        if self.predictions is None:
            raise NotApplicableError(
                "method=external scores predictions of your own: `sciml-bench starts <task> --output starts.npz` "
                "writes what is to be forecast; give your answer with data.predictions=<file>"
            )
        path, observed = Path(self.predictions), record.as_observed
        told = read_predictions(path, asked, observed.spec)
        last = [read_block(part, part.shape[0] - 1)[0] for part in asked.past.states]
        ends = [asked.past.times_of(number)[-1] for number in range(asked.past.n_trajectories)]
        self._answers = FittedPredictions(observed.spec, np.stack(last), np.array(ends), asked.times, **told)
        record.reads_too(path)

    def fit(self, record: Record) -> "FittedPredictions":
        """There is nothing to learn.

        Raises:
            NotApplicableError: no forecast task has asked.
        """
        if self._answers is None:
            raise NotApplicableError("method=external: predictions are scored by forecast tasks alone")
        return self._answers

    def record_entries(self) -> dict[str, Any]:
        """Nobody knows what the predictions have cost."""
        return {"costs": "unknown", "predictions": self.predictions}


@dataclass(frozen=True, eq=False)
class FittedPredictions(FittedBaseline):
    """Answers what it has been asked before, and nothing else.

    Args:
        spec: of the record, in the person's components.
        last: given state of every start.
        ends: its time.
        times: that were asked for.
        states: predicted.
        members: of an ensemble, whose mean `states` are.
        long_run: predicted from the first start.
        kind: of the forecasts.
    """

    spec: RecordSpec
    last: Float[np.ndarray, "starts *state"]
    ends: Float[np.ndarray, " starts"]
    times: Float[np.ndarray, "starts rows"]
    states: Float[np.ndarray, "starts rows *state"]
    members: Float[np.ndarray, "members starts rows *state"] | None = None
    long_run: Float[np.ndarray, "long_rows *state"] | None = None
    kind: str = "path"

    @property
    def longest(self) -> int:
        """Rows that it can forecast from the first start."""
        return len(self.states[0]) if self.long_run is None else len(self.long_run)

    def forecast(self, past: Trajectories, horizon: Horizon, inputs: Any = None) -> Forecast:
        """What was predicted from the last row of every past.

        Args:
            past: that ends at starts of the task.
            horizon: up to that of the task; that of the long run from the first start.
            inputs: those that were known.

        Raises:
            DataError: another past, or a longer horizon.
        """
        grids = horizon_times(past, horizon)
        numbers = [self._start(past, number) for number in range(past.n_trajectories)]
        n_rows = max(map(len, grids))
        if n_rows <= self.states.shape[1]:
            states = self.states[numbers, :n_rows]
            members = None if self.members is None else self.members[:, numbers, :n_rows]
        elif numbers == [0] and self.long_run is not None and n_rows <= len(self.long_run):
            states, members = self.long_run[None, :n_rows], None
        else:
            raise DataError(f"data.predictions: {n_rows} rows are asked for, and {self.states.shape[1]} were predicted")
        status = tuple(OK if np.isfinite(path).all() else "the forecast left every bound" for path in states)
        return Forecast(states, np.stack(grids), self.kind, status, members=members)

    def _start(self, past: Trajectories, number: int) -> int:
        """Which of the starts a past ends at."""
        state, end = read_block(past.states[number], past.lengths[number] - 1)[0], past.times_of(number)[-1]
        same = [place for place in np.flatnonzero(self.ends == end) if np.array_equal(self.last[place], state)]
        if not same:
            raise DataError(f"data.predictions: nothing was predicted from the row at {end:g} on")
        return int(same[0])
