"""What a part of the Common Task Framework asks of a method, and its scores where the truth is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredWord, require_choice
from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.data.capabilities import Forecaster, Reconstructor, require_ability
from sciml_bench.data.common_task import CommonTaskRecord
from sciml_bench.data.common_task.common_task_record import SPECTRUM
from sciml_bench.data.common_task.protocol import FORECAST
from sciml_bench.data.own_components import in_own_components
from sciml_bench.data.record import Record
from sciml_bench.suite.common_task.fields import shown_field
from sciml_bench.suite.common_task.predictions import COMPONENTS, PAIR
from sciml_bench.suite.common_task.scores import score
from sciml_bench.suite.common_task.tails import INVARIANT_MEASURE, TAILS, with_invariant_tail

_ABILITIES = {"forecast": Forecaster, "reconstruction": Reconstructor}
_ROWS_OF_MEASURE = 20_000


@dataclass(frozen=True)
class CommonTaskEvaluation:
    """The rows after the last one, or the rows themselves without their noise.

    `prediction_pair_<n>` in arrays.npz is the prediction of the protocol.

    Args:
        tail: the later half of a forecast: of its `path`, or quantiles of the `invariant_measure` of a much longer path
            in its place, which is no forecast but what the long scores ask for.

    Raises:
        ConfigurationError: another tail.
    """

    tail: ConfiguredWord = TAILS[0]

    def __post_init__(self) -> None:
        """Check the choice."""
        require_choice("evaluation.tail", self.tail, TAILS)

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit that could not be scored.

        Args:
            record: loaded.
            method: not fitted yet.

        Raises:
            ConfigurationError: the record is of no part of the task.
            NotApplicableError: what the method learns does not do what is asked for, or its tail is not scored so.
        """
        if not isinstance(record, CommonTaskRecord):
            raise ConfigurationError("evaluation=CommonTaskEvaluation scores records such as data=common_task_lorenz")
        if self.tail == INVARIANT_MEASURE and record.long_run == SPECTRUM:
            raise NotApplicableError(
                "evaluation.tail=invariant_measure: quantiles, point by point, have the histograms of a measure and "
                "not the power spectra by which fields are scored; use evaluation.tail=path"
            )
        require_ability(method.gives, _ABILITIES[record.protocol.asked])

    def __call__(self, learned: Any, record: CommonTaskRecord) -> Results:
        """The scores and the prediction, of a field also a picture.

        Args:
            learned: does what is asked for.
            record: loaded.

        Raises:
            NotApplicableError: it does not.
        """
        asked, part = record.protocol.asked, record.continued.filled()
        require_ability(learned, _ABILITIES[asked])
        states = self._forecast(learned, record) if asked == FORECAST else learned.reconstruct(part)[0]
        metrics, arrays = {}, {f"{PAIR}{record.protocol.pair}": states}
        if record.names is not None:
            arrays[COMPONENTS] = np.array(record.names)
        shown: dict[str, Any] = {}
        if (truth := record.truth) is not None:
            scores = record.protocol.scores.items()
            metrics = {f"common_task_{name}": score(kind, record.long_run, truth, states) for name, kind in scores}
            shown = shown_field(record, truth, states)
        return Results(metrics, {**arrays, **shown}, ("rollout",) if shown else ())

    def _forecast(self, learned: Any, record: CommonTaskRecord) -> Float[np.ndarray, "time dim"]:
        measured = self.tail == INVARIANT_MEASURE
        n_rows = record.n_ahead + (_ROWS_OF_MEASURE if measured else 0)
        told = in_own_components(learned).forecast(record.continued.filled(), n_rows)
        if not measured:
            return told.states[0]
        if told.path is None:
            raise NotApplicableError("evaluation.tail=invariant_measure: an expectation tells no invariant measure")
        return with_invariant_tail(told.path[0], record.n_ahead)
