"""Trajectories that are kept and looked up."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import FittedBaseline


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
