"""The mean of the training states, which everything has to beat."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import Baseline, FittedBaseline


class TrainingMean(Baseline):
    """The mean of the training states, whatever came before."""

    def fit(self, record: Record) -> "FittedMean":
        """The mean stands in the record's description."""
        return FittedMean(self.spec)


@dataclass(frozen=True, eq=False)
class FittedMean(FittedBaseline):
    """Forecasts the mean of the training states: an expectation without a past.

    Args:
        spec: of the record.
    """

    spec: RecordSpec
    kind = "expectation"

    @property
    def n_parameters(self) -> int:
        """A number per component."""
        return self.spec.dim

    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """The mean, as often as asked."""
        mean = np.broadcast_to(self.spec.mean, self.spec.state_shape).astype(np.float64)
        return np.broadcast_to(mean, (len(last), n_steps, *mean.shape)).copy()
