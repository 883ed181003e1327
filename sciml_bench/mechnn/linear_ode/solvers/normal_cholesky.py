"""Cholesky factorisation of all of N = MᵀM: block-tridiagonal for the steps, and the slack as a border of rank one.

N = [A  b]  ⇒  ε = (φ − bᵀA⁻¹f) / (c − bᵀA⁻¹b),  u = A⁻¹f − A⁻¹b ε   for the right side (f, φ)
    [bᵀ c]
"""

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.solvers.block_tridiagonal import SMALLEST_PIVOT, BlockTridiagonalCholesky
from sciml_bench.mechnn.linear_ode.solvers.normal_blocks import normal_blocks


class NormalCholesky:
    """N of every problem, or one where all have the same, ready for solving.

    Args:
        problem: in float64, on any device.
        dtype: of the factor; everything else is in float64.
        shift: is added to the diagonal of N with unknowns scaled to a diagonal of one.
    """

    def __init__(self, problem: LinearODEProblem, dtype: torch.dtype = torch.float64, shift: float = 0.0) -> None:
        self.problem = problem
        blocks = normal_blocks(problem)
        self._cholesky = BlockTridiagonalCholesky(blocks, dtype, shift)
        self._slack, self._slack_square = blocks.slack[:, :, None], blocks.slack_square
        self._response = self._cholesky.solve(self._slack)
        self._slack_pivot = (1 + shift) * self._slack_square - (self._slack * self._response).sum(dim=1)
        slots_first = blocks.scale.transpose(0, 1).flatten(1)[:, blocks.slots]
        of_slack = torch.full_like(slots_first[:, :1], self._slack_square**-0.5)
        self.scale = torch.cat([slots_first, of_slack], dim=1)
        """An unknown is `scale` times the scaled one."""

    def solve(self, right: Float[Tensor, "batch unknowns"]) -> Float[Tensor, "batch unknowns"]:
        """N⁻¹ right, as accurate as a factor of N can be."""
        columns = self._as_columns(right)
        response = self._cholesky.solve(columns[:, :-1])
        slack = (columns[:, -1] - (self._slack * response).sum(dim=1)) / self._slack_pivot
        unknowns = torch.cat([response - self._response * slack[:, None], slack[:, None]], dim=1)
        return unknowns[0].mT if self._is_shared else unknowns[..., 0]

    def noise(self, seed: int) -> Float[Tensor, "batch unknowns"]:
        """Right sides with the covariance N, but for what ties the slack to the others."""
        shape = (self.problem.batch, self.problem.n_unknowns + 1)
        white = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        columns = self._as_columns(white.to(self.scale.device))
        colored = torch.cat(
            [self._cholesky.times_factor(columns[:, :-1]), self._slack_square**0.5 * columns[:, -1:]], dim=1
        )
        return colored[0].mT if self._is_shared else colored[..., 0]

    def undetermined(self) -> tuple[int, int] | None:
        """The first problem and unknown whose pivot vanishes, if there is any."""
        found = self._cholesky.first_undetermined()
        slack_determined = self._slack_pivot[:, 0] > SMALLEST_PIVOT * self._slack_square
        found = torch.where((found < 0) & ~slack_determined, self.problem.n_unknowns - 1, found)
        if not bool((found >= 0).any()):
            return None
        member = int((found >= 0).nonzero()[0])
        return member, int(found[member])

    def _as_columns(self, unknowns: Float[Tensor, "batch unknowns"]) -> Float[Tensor, "matrices unknowns columns"]:
        """The problems of a batch that share one matrix are its columns."""
        return unknowns.mT[None] if self._is_shared else unknowns[..., None]

    @property
    def _is_shared(self) -> bool:
        return len(self._slack) == 1
