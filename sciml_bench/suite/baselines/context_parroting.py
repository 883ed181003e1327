"""Context parroting: copy what followed the moment of the past that resembles the present most.

Zhang and Gilpin (2025) found that this simplest of all forecasters matches foundation models of time series on chaotic
systems, which makes it what every learned model has to beat.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import DataError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import Baseline, FittedBaseline


class ContextParroting(Baseline):
    """Keeps the training trajectories and looks the present up in them.

    Args:
        spec: of the record.
        n_rows: of the past that have to match.

    Raises:
        ConfigurationError: fewer than one row.
    """

    def __init__(self, spec: RecordSpec, n_rows: ConfiguredInteger = 4) -> None:
        super().__init__(spec)
        self.n_rows = require_integer("model.n_rows", n_rows, 1, "match at least 1 row")

    def fit(self, record: Record) -> "FittedParroting":
        """Keep the trajectories that are long enough to be copied from.

        Raises:
            DataError: there is none.
        """
        parts = [read_block(part) for part in record.splits["train"].filled().states if part.shape[0] > self.n_rows]
        if not parts:
            raise DataError(f"model.n_rows={self.n_rows}: no training trajectory is longer; give fewer rows")
        return FittedParroting(self.spec, self.n_rows, tuple(parts))


@dataclass(frozen=True, eq=False)
class FittedParroting(FittedBaseline):
    """Continues like the most similar moment that is kept; where that ends, it looks again.

    Args:
        spec: of the record.
        n_rows: that have to match, in deviations of each component.
        trajectories: kept, in the user's units.
    """

    spec: RecordSpec
    n_rows: int
    trajectories: tuple[np.ndarray, ...]

    @property
    def past_length(self) -> int:
        """The rows that have to match."""
        return self.n_rows

    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """Copies, one after the other where the horizon is longer than what is left of a trajectory."""
        places = [
            (number, row) for number, part in enumerate(self.trajectories) for row in range(self.n_rows, len(part))
        ]
        tree = KDTree(np.stack([self._key(self.trajectories[n][r - self.n_rows : r]) for n, r in places]))
        told = np.empty((len(last), n_steps, *last.shape[2:]))
        for path, given in zip(told, last, strict=True):
            done = 0
            while done < n_steps:
                number, row = places[int(tree.query(self._key(given))[1])]
                copied = self.trajectories[number][row : row + n_steps - done]
                path[done : done + len(copied)] = copied
                done += len(copied)
                given = np.concatenate([given, copied])[-self.n_rows :]
        return told

    def _key(self, rows: Float[np.ndarray, "rows *state"]) -> Float[np.ndarray, " _"]:
        return ((rows - self.spec.mean) / self.spec.deviation).ravel()
