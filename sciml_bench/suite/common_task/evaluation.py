"""What a part of the Common Task Framework asks of a forecaster, and its scores where the truth is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.data.capabilities import Forecaster, require_ability
from sciml_bench.data.common_task import CommonTaskLorenz
from sciml_bench.data.common_task.lorenz_parts import LONG, N_AHEAD, RECONSTRUCTION
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.own_components import in_own_components
from sciml_bench.data.record import Record
from sciml_bench.suite.common_task.scores import SHORT_ROWS, histogram_score, relative_score


@dataclass(frozen=True)
class CommonTaskEvaluation:
    """The 1000 rows after the last one, and the rows themselves without their noise.

    A method that reconstructs nothing returns the rows as they are. `prediction_pair_<n>` in arrays.npz are the
    predictions of the protocol.
    """

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit that could not be scored.

        Args:
            record: loaded.
            method: not fitted yet.

        Raises:
            ConfigurationError: the record is of no part of the task.
            NotApplicableError: what the method learns does not forecast.
        """
        if not isinstance(record, CommonTaskLorenz):
            raise ConfigurationError("evaluation=CommonTaskEvaluation scores data=common_task_lorenz; choose that")
        require_ability(method.gives, Forecaster)

    def __call__(self, learned: Any, record: CommonTaskLorenz) -> Results:
        """The scores and the predictions.

        Args:
            learned: a forecaster.
            record: loaded.

        Raises:
            NotApplicableError: it does not forecast.
        """
        require_ability(learned, Forecaster)
        past = record.continued.filled()
        states = in_own_components(learned).forecast(past, N_AHEAD).states[0]
        predicted = {"forecast": states, "reconstruction": read_block(past.states[0]).astype(np.float64)}
        arrays = {f"prediction_pair_{pair}": predicted[kind] for kind, pair in record.protocol.pairs.items()}
        scores = record.protocol.scores if record.truth else {}
        metrics = {f"common_task_{name}": _score(kind, record.truth, predicted) for name, kind in scores.items()}
        return Results(metrics, arrays)


Rows = dict[str, Float[np.ndarray, "_ dim"]]


def _score(kind: str, truth: Rows, predicted: Rows) -> float:
    if kind == RECONSTRUCTION:
        return relative_score(truth["reconstruction"], predicted["reconstruction"])
    true, found = truth["forecast"], predicted["forecast"]
    return histogram_score(true, found) if kind == LONG else relative_score(true[:SHORT_ROWS], found[:SHORT_ROWS])
