"""The block's least-squares problem by torch operations alone, on any device: Cholesky of N = MᵀM in superblocks.

Squaring M costs half of the digits; unknowns of unit length (conditions of 10² to 10⁴ where the raw rows have 10³ to
10¹²) and refinement through M bring them back, to the accuracy of a QR factorisation of M.

The steps make N block-tridiagonal, and blocks of their factor come one after the other:

    L_i L_iᵀ = D_i − G_i G_iᵀ,   G_i = C_i L_{i−1}⁻ᵀ

What substitution needs of them, L_i⁻¹ and L_i⁻¹ G_i, is then prepared for all blocks at once, which leaves one product
per block and direction. The slack is a border of rank one:

    N = [A  b]  ⇒  ε = (φ − bᵀA⁻¹f) / (c − bᵀA⁻¹b),  u = A⁻¹f − A⁻¹b ε   for the right side (f, φ)
        [bᵀ c]
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.linear_ode.differentiable_solve import Factorization
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem, singular_problem
from sciml_bench.mechnn.linear_ode.solvers.normal_blocks import NormalBlocks, normal_blocks

SMALLEST_PIVOT = 1e-14
"""Of the scaled matrix, whose diagonal is one; below, rounding decides."""
ACCURACY = 1e-14
"""Refinement ends when what it would still change is smaller, relative to the solution."""
LEAST_ACCURACY = 1e-8
MAX_REFINEMENTS = 6


class BlockTridiagonalCholesky:
    """A = L Lᵀ, where A is N without the slack, unknowns scaled.

    Args:
        blocks: the scaled A, one for every problem or one for all.
        dtype: of the factor; right sides and solutions keep theirs.
        shift: is added to the diagonal of the scaled A, which is one.
    """

    def __init__(self, blocks: NormalBlocks, dtype: torch.dtype = torch.float64, shift: float = 0.0) -> None:
        self._scale, self._slots = blocks.scale, blocks.slots
        n_blocks, n_matrices, size = self._scale.shape
        identity = torch.eye(size, dtype=dtype, device=self._scale.device)
        factors: list[Tensor] = []
        couplings: list[Tensor] = []
        failures: list[Tensor] = []
        for diagonal, lower in zip(blocks.diagonal.to(dtype), blocks.lower.to(dtype), strict=True):
            rest = diagonal + shift * identity if shift else diagonal
            if factors:
                couplings.append(torch.linalg.solve_triangular(factors[-1], lower.mT, upper=False).mT)
                rest = torch.baddbmm(rest, couplings[-1], couplings[-1].mT, alpha=-1)
            factor, failed = torch.linalg.cholesky_ex(rest)
            factors.append(factor)
            failures.append(failed)
        self._factors, self._failures = torch.stack(factors), torch.stack(failures)
        self._couplings = torch.stack(couplings) if couplings else self._factors[:0]
        whole = identity.expand(n_blocks, n_matrices, size, size)
        self._inverse = inverse = torch.linalg.solve_triangular(self._factors, whole, upper=False)
        self._forward = inverse[1:] @ self._couplings
        self._backward = inverse[:-1].mT @ self._couplings.mT

    def solve(self, right: Float[Tensor, "matrices unknowns columns"]) -> Float[Tensor, "matrices unknowns columns"]:
        """A⁻¹ right, for A and right in their own units and in the order of time."""
        scaled = (self._in_blocks(right) * self._scale[..., None]).to(self._inverse.dtype)
        here = list((self._inverse @ scaled).unbind())
        for i in range(1, len(here)):
            here[i] = torch.baddbmm(here[i], self._forward[i - 1], here[i - 1], alpha=-1)
        here = list((self._inverse.mT @ torch.stack(here)).unbind())
        for i in range(len(here) - 2, -1, -1):
            here[i] = torch.baddbmm(here[i], self._backward[i], here[i + 1], alpha=-1)
        return self._in_time_order(torch.stack(here).to(right.dtype) * self._scale[..., None])

    def times_factor(
        self, vectors: Float[Tensor, "matrices unknowns columns"]
    ) -> Float[Tensor, "matrices unknowns columns"]:
        """L times vectors: turns white noise into noise with the covariance A."""
        blocks = self._in_blocks(vectors).to(self._factors.dtype)
        product = self._factors @ blocks
        product[1:] += self._couplings @ blocks[:-1]
        return self._in_time_order(product.to(vectors.dtype) / self._scale[..., None])

    def first_undetermined(self) -> Int[Tensor, " matrices"]:
        """The first unknown of every matrix, in the order of blocks, whose pivot vanishes; -1 where there is none."""
        pivots = self._factors.diagonal(dim1=-2, dim2=-1)
        # what follows a failure means nothing, but the first pivot that is small or failed is in its place
        small = ~(pivots**2 > SMALLEST_PIVOT)
        small |= torch.arange(1, small.shape[2] + 1, device=small.device) == self._failures[..., None]
        in_order = small.transpose(0, 1).flatten(1)
        unknown_at = torch.full(in_order.shape[1:], -1, device=small.device)
        unknown_at[self._slots] = torch.arange(len(self._slots), device=small.device)
        return torch.where(in_order.any(dim=1), unknown_at[in_order.int().argmax(dim=1)], -1)

    def _in_blocks(
        self, vectors: Float[Tensor, "matrices unknowns columns"]
    ) -> Float[Tensor, "blocks matrices size columns"]:
        n_blocks, n_matrices, size = self._scale.shape
        padded = vectors.new_zeros(n_matrices, n_blocks * size, vectors.shape[2])
        padded[:, self._slots] = vectors
        return padded.unflatten(1, (n_blocks, size)).transpose(0, 1)

    def _in_time_order(
        self, blocks: Float[Tensor, "blocks matrices size columns"]
    ) -> Float[Tensor, "matrices unknowns columns"]:
        return blocks.transpose(0, 1).flatten(1, 2)[:, self._slots]


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
        return self._as_batch(unknowns)

    def noise(self, seed: int) -> Float[Tensor, "batch unknowns"]:
        """Right sides with the covariance N, but for what ties the slack to the others."""
        shape = (self.problem.batch, self.problem.n_unknowns + 1)
        white = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        columns = self._as_columns(white.to(self.scale.device))
        colored = torch.cat(
            [self._cholesky.times_factor(columns[:, :-1]), self._slack_square**0.5 * columns[:, -1:]], dim=1
        )
        return self._as_batch(colored)

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
        return unknowns.mT[None] if len(self._slack) == 1 else unknowns[..., None]

    def _as_batch(self, columns: Float[Tensor, "matrices unknowns columns"]) -> Float[Tensor, "batch unknowns"]:
        return columns[0].mT if len(self._slack) == 1 else columns[..., 0]


class BlockFactorization(Factorization):
    """Cholesky factor of N; time and memory are linear in the number of steps."""

    def __init__(self, problem: LinearODEProblem) -> None:
        super().__init__(problem)
        self._cholesky = NormalCholesky(problem)
        undetermined = self._cholesky.undetermined()
        if undetermined is not None:
            raise singular_problem(problem, *undetermined)

    def solve(
        self, right: Float[Tensor, "batch unknowns"], residual: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch unknowns"]:
        """By the factor, refined."""
        return refined(residual, self._cholesky.solve, self._cholesky.solve(right), self._cholesky.scale)


def refined(
    residual: Callable[[Tensor], Tensor],
    solve: Callable[[Tensor], Tensor],
    solution: Float[Tensor, "batch unknowns"],
    scale: Float[Tensor, "_ unknowns"],
) -> Float[Tensor, "batch unknowns"]:
    """Correct a solution until it no longer changes; at least once.

    What a factorisation of N = MᵀM loses by squaring M, residuals through M bring back.

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
