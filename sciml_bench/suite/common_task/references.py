"""What the scores of the Common Task Framework are compared with: the best and the cheapest that can be done."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import NotApplicableError
from sciml_bench.data.common_task import CommonTaskRecord
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.mechnn.discovery.block_smoothing import block_smoothed
from sciml_bench.suite.baselines import Baseline
from sciml_bench.suite.baselines.baseline import Fitted, FittedBaseline


class PerfectModel(Baseline):
    """The true law from the true last row, in double precision: the ceiling of every score of a simulation."""

    def fit(self, record: Record) -> "FittedPerfectModel":
        """Ask the simulation.

        Raises:
            NotApplicableError: the record comes from files, or is none of the Common Task Framework.
        """
        if not isinstance(record, CommonTaskRecord) or record.clean_rows is None:
            raise NotApplicableError("the perfect model is told of simulations of the Common Task Framework alone")
        return FittedPerfectModel(self.spec, record.law(record.protocol.files[-1].parameter), record.clean_rows)


@dataclass(frozen=True, eq=False)
class FittedPerfectModel(FittedBaseline):
    """Knows one trajectory, whatever past it is given.

    Args:
        spec: of the record.
        law: the true one.
        rows: the true ones.
    """

    spec: RecordSpec
    law: Any
    rows: Float[np.ndarray, "rows dim"]

    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """The rows that follow the true last one."""
        times = self.spec.time_step * np.arange(n_steps + 1)
        return np.repeat(self.law.long_motion(self.rows[-1], times)[None, 1:], len(last), axis=0)

    def reconstruct(self, observed: Trajectories) -> list[Float[np.ndarray, "_ *state"]]:
        """The true rows."""
        return [self.rows] * observed.n_trajectories


class UnchangedInput(Baseline):
    """Returns what was observed, noise included."""

    def fit(self, record: Record) -> "FittedUnchangedInput":
        """There is nothing to learn."""
        return FittedUnchangedInput(self.spec)


@dataclass(frozen=True, eq=False)
class FittedUnchangedInput(Fitted):
    """Does nothing.

    Args:
        spec: of the record.
    """

    spec: RecordSpec

    def reconstruct(self, observed: Trajectories) -> list[Float[np.ndarray, "_ *state"]]:
        """What was observed."""
        return [read_block(part).astype(np.float64) for part in observed.states]


class SplineSmoothing(Baseline):
    """A smoothing spline, discrete in time; rows that are left out choose how smooth."""

    def fit(self, record: Record) -> "FittedSplineSmoothing":
        """There is nothing to learn before it sees what it smooths."""
        return FittedSplineSmoothing(self.spec)


@dataclass(frozen=True, eq=False)
class FittedSplineSmoothing(Fitted):
    """Smooths every component of every trajectory.

    Args:
        spec: of the record.
    """

    spec: RecordSpec

    def reconstruct(self, observed: Trajectories) -> list[Float[np.ndarray, "_ *state"]]:
        """The spline at the rows."""
        told = []
        for number, part in enumerate(observed.states):
            times, rows = observed.times_of(number), read_block(part).astype(np.float64)
            smooth, _ = block_smoothed(rows.reshape(len(rows), -1) / self.spec.deviation, np.diff(times))
            told.append((self.spec.deviation * smooth).reshape(rows.shape))
        return told
