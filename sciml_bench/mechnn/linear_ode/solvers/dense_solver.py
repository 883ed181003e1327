"""The reference: all rows of the block as one dense matrix per problem, and its normal equations."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.differentiable_solve import Factorization
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem, singular_problem
from sciml_bench.mechnn.linear_ode.solvers.block_solver import SMALLEST_PIVOT, refined
from sciml_bench.mechnn.linear_ode.solvers.normal_blocks import row_groups


class DenseFactorization(Factorization):
    """Cholesky factor of MᵀM, its columns scaled to unit length; memory grows as the square of the number of steps."""

    def __init__(self, problem: LinearODEProblem) -> None:
        super().__init__(problem)
        scaled = dense_matrix(problem)
        self._scale = 1 / torch.linalg.vector_norm(scaled, dim=1).clamp_min(1e-300)
        scaled *= self._scale[:, None]
        self._factor, failed = torch.linalg.cholesky_ex(scaled.mT @ scaled)
        small = ~(self._factor.diagonal(dim1=-2, dim2=-1) ** 2 > SMALLEST_PIVOT)
        small |= torch.arange(1, small.shape[1] + 1, device=small.device) == failed[:, None]
        if bool(small.any()):
            member, unknown = small.nonzero()[0].tolist()
            raise singular_problem(problem, member, min(unknown, problem.n_unknowns - 1))

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


def dense_matrix(problem: LinearODEProblem) -> Float[Tensor, "_ rows unknowns"]:
    """M; a batch of one where all problems have the same.

    Args:
        problem: in float64.
    """
    groups = list(row_groups(problem))
    batch = max(len(problem.coefficients), len(problem.step_sizes))
    sizes = [group.values.shape[1:3] for group in groups]
    n_rows = [size.numel() for size in sizes]
    matrix = problem.coefficients.new_zeros(batch, sum(n_rows), problem.n_unknowns + 1)
    for group, part, size in zip(groups, matrix.split(n_rows, dim=1), sizes, strict=True):
        values, rows = group.values.expand(batch, -1, -1, -1), part.unflatten(1, size)
        rows.scatter_(3, group.columns[:, None].expand_as(values), values)
        rows[..., -1] = float(group.has_slack)
    return matrix
