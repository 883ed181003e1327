"""The scores of a spectrum task: what is estimated of an evolution operator, beside the exact law of the system."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.data.capabilities import SpectrumEstimator, require_ability
from sciml_bench.data.record import Record
from sciml_bench.koopman import Evaluation, KoopmanModel


@dataclass(frozen=True)
class SpectrumTask(Evaluation):
    """As train_koopman.py scores its operators, of whatever has eigenvalues."""

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit that could not be scored.

        Raises:
            NotApplicableError: what the method learns has no eigenvalues.
            ConfigurationError: the true ones are not known.
        """
        require_ability(method.gives, SpectrumEstimator)
        if "eigenvalues" not in getattr(record.spec.system, "known_facts", ()):
            raise ConfigurationError(
                "evaluation=SpectrumTask compares eigenvalues with exact ones, which this record has none of; choose "
                "data=logistic_map, ornstein_uhlenbeck or prinz_potential"
            )

    def __call__(self, learned: Any, record: Record) -> Results:
        """All scores of a Koopman operator; of another estimate those of its eigenvalues, which are over one row.

        Args:
            learned: what has eigenvalues.
            record: loaded.

        Raises:
            NotApplicableError: it has none.
        """
        require_ability(learned, SpectrumEstimator)
        if isinstance(learned, KoopmanModel):
            return super().__call__(learned, record)
        spectrum = {"eigenvalues": learned.eigenvalues(), "singular_values": learned.singular_values()}
        arrays = {"time_unit": np.array(record.spec.time_unit), **spectrum}
        return Results({}, arrays, ("spectrum",)).joined(self.eigenvalues_compared(spectrum["eigenvalues"], record, 1))
