"""Markov processes with one state component, sampled in a loop over Python's own floats.

NumPy spends about a microsecond per call however small the array, several times the cost of the arithmetic; a loop over
floats takes 0.1 to 0.3 microseconds per transition and trajectory [measured], and wins for few trajectories.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Inexact

from sciml_bench.systems.base import FunctionPair, MarkovProcess

# Where the vectorised loop over a batch overtakes the loops over floats [measured: between 10 and 30 for the maps].
_MOST_TRAJECTORIES_OVER_FLOATS = 16


class ScalarMarkovProcess(MarkovProcess):
    """A Markov process whose `_advance_float` repeats `_advance` for a single state."""

    dim = 1

    def _advance_float(self, x: float, noise: Sequence[float]) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no transition")

    def _run(self, x: np.ndarray, noise: np.ndarray, states: np.ndarray) -> None:
        if x.shape[0] > _MOST_TRAJECTORIES_OVER_FLOATS:
            super()._run(x, noise, states)
            return
        advance = self._advance_float
        for trajectory in range(x.shape[0]):
            state, path = float(x[trajectory, 0]), []
            for kick in noise[:, trajectory].tolist():
                state = advance(state, kick)
                path.append(state)
            states[:, trajectory, 0] = path


class ReversibleProcess(MarkovProcess):
    """A Markov process with non-negative eigenvalues, so that singular and spectral decomposition coincide."""

    def singular_values(self, count: int, lag: int = 1) -> Inexact[np.ndarray, " count"]:
        """Equal to the eigenvalues."""
        return self.eigenvalues(count, lag)

    def singular_functions(self, count: int, x: Float[np.ndarray, "batch dim"], lag: int = 1) -> FunctionPair:
        """The eigenfunctions on both sides, for every lag."""
        self._require_at_least_one(lag=lag)
        functions = self.eigenfunctions(count, x)
        return functions, functions
