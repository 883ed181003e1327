"""The block-elimination scheme for linear ODEs without slack and without central rows, for one state, in torch.

Written from the mathematics (Chen et al., Scalable Mechanistic Neural Networks, ICLR 2025), as a reference in time and
memory. The unknowns of one step are a block; with E, F, G the equations at a step and the Taylor rows of an interval at
its two ends, the normal matrix has the blocks

    D_t = E_tᵀE_t + F_tᵀF_t + G_{t−1}ᵀG_{t−1} (+ 1 for what is given),   C_t = G_tᵀF_t

and is eliminated from the first step to the last, then substituted back; all by batched operations on small matrices.
The gradient takes one more solution with the same factor.
"""

from math import factorial
from typing import Any

import torch
from torch import Tensor


class BlockElimination(torch.autograd.Function):
    """(coefficients, right side, initial values, step sizes) -> states (batch, steps, 1, orders); shapes as ours."""

    @staticmethod
    def forward(
        ctx: Any, coefficients: Tensor, right_side: Tensor, initial_values: Tensor, step_sizes: Tensor
    ) -> Tensor:
        equations, here, there = _rows(coefficients, step_sizes)
        given = initial_values.shape[3]
        diagonal = equations.mT @ equations
        diagonal[:, :-1] += here.mT @ here
        diagonal[:, 1:] += there.mT @ there
        diagonal[:, : initial_values.shape[1], range(given), range(given)] += 1.0
        right = (equations.mT @ right_side.mT[..., None])[..., 0]
        right[:, : initial_values.shape[1], :given] += initial_values[:, :, 0]
        ctx.elimination = _eliminate(diagonal, there.mT @ here)
        states = _substitute(*ctx.elimination, right)
        ctx.save_for_backward(coefficients, right_side, initial_values, step_sizes, states)
        return states[:, :, None]

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Any:
        *inputs, states = ctx.saved_tensors
        adjoint = _substitute(*ctx.elimination, upstream[:, :, 0])
        with torch.enable_grad():
            inputs = [value.detach().requires_grad_() for value in inputs]
            coefficients, right_side, initial_values, step_sizes = inputs
            shape = initial_values.shape
            (of_states, jumps), (of_adjoint, adjoint_jumps) = (
                _products(coefficients, step_sizes, unknowns) for unknowns in (states, adjoint)
            )
            started, adjoint_started = (unknowns[:, : shape[1], : shape[3]] for unknowns in (states, adjoint))
            total = (of_adjoint * (right_side.mT - of_states)).sum() - (adjoint_jumps * jumps).sum()
            total = total + (adjoint_started * (initial_values[:, :, 0] - started)).sum()
            return torch.autograd.grad(total, inputs)


def _rows(coefficients: Tensor, step_sizes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(batch, steps, equations, orders), and twice (batch, intervals, 2 K, orders)."""
    order = coefficients.shape[-1] - 1
    weights = coefficients.new_tensor(
        [[1 / factorial(j - i) if j >= i else 0.0 for j in range(order + 1)] for i in range(order)]
    )
    target = torch.eye(order, order + 1, dtype=weights.dtype)
    powers = torch.cat([step_sizes**j for j in range(order + 1)], dim=2)[:, :, None]
    signed = powers * (-1.0) ** torch.arange(order + 1)
    here = torch.cat([powers * weights, -signed * target], dim=2)
    there = torch.cat([-powers * target, signed * weights], dim=2)
    return coefficients[:, :, :, 0].transpose(1, 2), here, there


def _products(coefficients: Tensor, step_sizes: Tensor, unknowns: Tensor) -> tuple[Tensor, Tensor]:
    equations, here, there = _rows(coefficients, step_sizes)
    jumps = here @ unknowns[:, :-1, :, None] + there @ unknowns[:, 1:, :, None]
    return (equations @ unknowns[..., None])[..., 0], jumps[..., 0]


def _eliminate(diagonal: Tensor, coupling: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Cholesky factors of what is left of the diagonal blocks, and C_t times the inverse of the block before."""
    factors, ratios = [torch.linalg.cholesky(diagonal[:, 0])], []
    for t in range(coupling.shape[1]):
        ratios.append(torch.cholesky_solve(coupling[:, t].mT, factors[-1]).mT)
        factors.append(torch.linalg.cholesky(diagonal[:, t + 1] - ratios[-1] @ coupling[:, t].mT))
    return factors, ratios


def _substitute(factors: list[Tensor], ratios: list[Tensor], right: Tensor) -> Tensor:
    rest = [right[:, 0, :, None]]
    for t, ratio in enumerate(ratios):
        rest.append(right[:, t + 1, :, None] - ratio @ rest[-1])
    unknowns = [torch.cholesky_solve(rest[-1], factors[-1])]
    for t in range(len(ratios) - 1, -1, -1):
        unknowns.append(torch.cholesky_solve(rest[t], factors[t]) - ratios[t].mT @ unknowns[-1])
    return torch.cat(unknowns[::-1], dim=2).mT
