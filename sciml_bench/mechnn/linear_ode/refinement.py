"""Iterative refinement: what a factorisation of N = MᵀM loses by squaring M, residuals through M bring back."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import SolverError

ACCURACY = 1e-14
"""Refinement ends when what it would still change is smaller, relative to the solution."""
LEAST_ACCURACY = 1e-8
MAX_REFINEMENTS = 6


def refined(
    residual: Callable[[Tensor], Tensor],
    solve: Callable[[Tensor], Tensor],
    solution: Float[Tensor, "batch unknowns"],
    scale: Float[Tensor, "_ unknowns"],
) -> Float[Tensor, "batch unknowns"]:
    """Correct a solution until it no longer changes; at least once.

    Args:
        residual: of a solution.
        solve: the correction for a residual, roughly.
        solution: to begin with.
        scale: of the unknowns, for the size of a change.

    Raises:
        SolverError: the corrections do not become small.
    """
    before = 1.0
    for _ in range(MAX_REFINEMENTS):
        correction = solve(residual(solution))
        solution = solution + correction
        sizes = [torch.linalg.vector_norm(values / scale, dim=1) for values in (correction, solution)]
        change = float((sizes[0] / sizes[1].clamp_min(1e-300)).max())
        if change * change <= ACCURACY * before:  # the next would be smaller by the same factor
            return solution
        before = change
    if before <= LEAST_ACCURACY:
        return solution
    raise SolverError(
        f"the linear ODEs are too badly conditioned: after {MAX_REFINEMENTS} refinements the solution still changes by "
        f"{before:.1e} of itself; use solver=band on the CPU, larger steps or a lower order"
    )
