"""The reference: all rows of the block as one dense matrix per problem, and its normal equations."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.differentiable_solve import Factorization
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.refinement import refined
from sciml_bench.mechnn.linear_ode.row_groups import row_groups
from sciml_bench.mechnn.linear_ode.singular_problem import singular_unknown
from sciml_bench.mechnn.linear_ode.solvers.block_tridiagonal import SMALLEST_PIVOT


class DenseFactorization(Factorization):
    """Cholesky factor of MᵀM, its columns scaled to unit length; memory grows as the square of the number of steps."""

    def __init__(self, problem: LinearODEProblem) -> None:
        super().__init__(problem)
        scaled = dense_matrix(problem)
        self._scale = 1 / torch.linalg.vector_norm(scaled, dim=1).clamp_min(1e-300)
        scaled *= self._scale[:, None]
        self._factor, failed = torch.linalg.cholesky_ex(scaled.mT @ scaled)
        self._require_full_rank(failed)

    def solve(
        self, right: Float[Tensor, "batch unknowns"], residual: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch unknowns"]:
        """By the factor, refined."""
        return refined(residual, self._rough_solution, self._rough_solution(right), self._scale)

    def _rough_solution(self, right: Float[Tensor, "batch unknowns"]) -> Float[Tensor, "batch unknowns"]:
        scaled = self._scale * right
        if len(self._factor) == 1:  # the problems that share one matrix are its columns
            return torch.cholesky_solve(scaled.mT, self._factor[0]).mT * self._scale
        return torch.cholesky_solve(scaled[..., None], self._factor)[..., 0] * self._scale

    def _require_full_rank(self, failed: Tensor) -> None:
        problem = self.problem
        small = ~(self._factor.diagonal(dim1=-2, dim2=-1) ** 2 > SMALLEST_PIVOT)
        small |= torch.arange(1, small.shape[1] + 1, device=small.device) == failed[:, None]
        if bool(small.any()):
            member, unknown = small.nonzero()[0].tolist()
            raise singular_unknown(problem, member, min(unknown, problem.n_unknowns - 1))


def dense_matrix(problem: LinearODEProblem) -> Float[Tensor, "_ rows unknowns"]:
    """M; a batch of one where all problems have the same.

    Args:
        problem: in float64.
    """
    groups = list(row_groups(problem))
    batch = max(len(problem.coefficients), len(problem.step_sizes))
    n_rows = sum(group.values.shape[1:3].numel() for group in groups)
    matrix = problem.coefficients.new_zeros(batch, n_rows, problem.n_unknowns + 1)
    first = 0
    for group in groups:
        values = group.values.expand(batch, -1, -1, -1)
        n_group_rows = values.shape[1:3].numel()
        rows = matrix[:, first : first + n_group_rows].unflatten(1, values.shape[1:3])
        rows.scatter_(3, group.columns[:, None].expand_as(values), values)
        rows[..., -1] = float(group.has_slack)
        first += n_group_rows
    return matrix
