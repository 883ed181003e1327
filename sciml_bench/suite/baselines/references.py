"""What everything has to beat: the last state again, and the mean of the training states."""

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
