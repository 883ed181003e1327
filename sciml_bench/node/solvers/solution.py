"""What a solver returns: the states and what they cost."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import SolverError


@dataclass(frozen=True, eq=False)
class Solution:
    """The states of an initial value problem at the times that were asked for.

    Args:
        times: one grid per trajectory.
        states: at these times; members in front of the batch where the field has several.
        function_evaluations: of the vector field along one trajectory (a batch counts once), forward.
        error_estimate: largest absolute difference to a solution with half the steps, or a hundredth of the
            tolerances; None where it was not asked for.
    """

    times: Float[np.ndarray, "batch time"]
    states: Float[Tensor, "*members batch time dim"]
    function_evaluations: int
    error_estimate: float | None = None

    def require_finite(self, remedy: str) -> "Solution":
        """This solution.

        Args:
            remedy: what a person can do, as a clause.

        Raises:
            SolverError: a state is not finite; with the last good time and the size of the state there.
        """
        problem = self.breakdown(remedy)
        if problem is not None:
            raise SolverError(problem)
        return self

    def breakdown(self, remedy: str) -> str | None:
        """What `require_finite` complains about; None where all states are finite."""
        states = self.states.detach()
        # a sum is one pass and is finite only if all its terms are, unless it overflows
        if torch.isfinite(states.sum()):
            return None
        states = states.reshape(-1, *states.shape[-2:])
        places = (~torch.isfinite(states).all(dim=-1)).nonzero().tolist()
        if not places:
            return None
        row, first = places[0]
        times, last = self.times[row % len(self.times)], max(first - 1, 0)
        norm = float(torch.linalg.vector_norm(states[row, last]))
        return (
            f"the integration broke down after time {times[last]:g} of {times[-1]:g}, where the norm of the state was "
            f"{norm:.3g}; {remedy}"
        )
