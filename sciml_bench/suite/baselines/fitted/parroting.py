"""Trajectories that are kept and looked up."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import KDTree

from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import FittedBaseline
from sciml_bench.suite.baselines.shared.rows import scaled, windows_of


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
        told = np.empty((len(last), n_steps, *last.shape[2:]))
        for path, given in zip(told, last, strict=True):
            done = 0
            while done < n_steps:
                place = self._tree.query(scaled(given[None], self.spec).ravel())[1]
                number = np.searchsorted(self._ends, place, side="right")
                row = place - self._ends[number] + len(self.trajectories[number])
                copied = self.trajectories[number][row : row + n_steps - done]
                path[done : done + len(copied)] = copied
                done += len(copied)
                given = np.concatenate([given, copied])[-self.n_rows :]
        return told

    @cached_property
    def _tree(self) -> KDTree:
        """Of all rows that have a next one, each with those before it."""
        parts = [windows_of(scaled(part[None, :-1], self.spec)[0], self.n_rows) for part in self.trajectories]
        return KDTree(np.concatenate(parts))

    @cached_property
    def _ends(self) -> Int[np.ndarray, " trajectories"]:
        """Places in the tree after the last of every trajectory."""
        return np.cumsum([len(part) - self.n_rows for part in self.trajectories])
