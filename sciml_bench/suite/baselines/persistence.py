"""The last state again, which everything has to beat."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import Baseline, FittedBaseline


class Persistence(Baseline):
    """The last state stays."""

    def fit(self, record: Record) -> "FittedPersistence":
        """There is nothing to learn."""
        return FittedPersistence(self.spec)


@dataclass(frozen=True, eq=False)
class FittedPersistence(FittedBaseline):
    """Repeats the last state.

    Args:
        spec: of the record.
    """

    spec: RecordSpec

    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """The last state, as often as asked."""
        return np.repeat(last[:, -1:], n_steps, axis=1)
