"""Cholesky factorisation of a block-tridiagonal matrix by batched products of small matrices, on any device.

Blocks of the factor come one after the other:

    L_i L_iᵀ = D_i − G_i G_iᵀ,   G_i = C_i L_{i−1}⁻ᵀ

What substitution needs of them, L_i⁻¹ and L_i⁻¹ G_i, is then prepared for all blocks at once, which leaves one product
per block and direction.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.mechnn.linear_ode.solvers.normal_blocks import NormalBlocks

SMALLEST_PIVOT = 1e-14
"""Of the scaled matrix, whose diagonal is one; below, rounding decides."""


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
