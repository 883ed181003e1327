"""N = MᵀM of the block in superblocks of a few steps each, between which it is block-tridiagonal.

    N = [A  b]    A = [D₀ C₁ᵀ       ]     the unknowns of all steps, in superblocks
        [bᵀ c],       [C₁ D₁ C₂ᵀ    ]     b, c: the slack's column
                      [   C₂ D₂  …  ]

A few steps together make matrices worth a call of the linear algebra. Steps come in the order of `row_schedule`, which
folds a periodic problem so that its last step is next to its first.

The rows come as small dense matrices, groups of rows that contain the same few unknowns: the equations at one step
share its unknowns; the forward and backward Taylor rows of one state over one interval share the unknowns at both of
its ends. Written so, M is dense where it is not zero, and N the sum of one small product per group; see `rows` for the
rows themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.row_schedule import row_schedule

UNKNOWNS_PER_BLOCK = 24
"""Quickest on one core of a CPU for systems of one to three states, between 12 and 48."""


@dataclass(frozen=True, eq=False)
class RowGroups:
    """Groups of one kind.

    Args:
        values: the entries; a batch of one where all problems have the same.
        columns: the unknowns of every group, in the order (step, state, derivative).
        has_slack: whether the slack enters each of these rows, with the factor one.
    """

    values: Float[Tensor, "_ groups rows members"]
    columns: Int[Tensor, "groups members"]
    has_slack: bool


def row_groups(problem: LinearODEProblem) -> Iterator[RowGroups]:
    """Every kind of row that the problem has: equations, initial values, Taylor, central, periodic.

    Args:
        problem: whose coefficients and steps are taken as numbers, without their history.
    """
    coefficients, step_sizes = problem.coefficients.detach(), problem.step_sizes.detach()
    shape = (problem.n_steps, problem.n_states, problem.order + 1)
    unknowns = torch.arange(problem.n_unknowns, device=coefficients.device).reshape(shape)
    yield RowGroups(coefficients.transpose(1, 2).flatten(3), unknowns.flatten(1), False)
    if problem.initial_steps:
        given = unknowns[: problem.initial_steps, :, : problem.initial_values.shape[3]].reshape(-1, 1)
        yield RowGroups(coefficients.new_ones(1, len(given), 1, 1), given, False)
    yield RowGroups(
        _taylor_entries(step_sizes, problem).flatten(1, 2),
        torch.cat([unknowns[:-1], unknowns[1:]], dim=2).flatten(0, 1),
        True,
    )
    if problem.central and problem.n_steps > 2:
        below, top = unknowns[..., problem.order - 1], unknowns[..., problem.order]
        yield RowGroups(
            _central_entries(step_sizes, problem.order).flatten(1, 2)[:, :, None],
            torch.stack([below[:-2], top[1:-1], below[2:]], dim=2).flatten(0, 1),
            True,
        )
    if problem.periodic:
        ends = torch.stack([unknowns[0].flatten(), unknowns[-1].flatten()], dim=1)
        signs = coefficients.new_tensor([1.0, -1.0]).expand(1, len(ends), 1, 2)
        yield RowGroups(signs, ends, False)


def _taylor_entries(
    step_sizes: Float[Tensor, "_ intervals states"], problem: LinearODEProblem
) -> Float[Tensor, "_ intervals states rows members"]:
    order, weights = problem.order, problem.taylor_weights
    target = torch.eye(order, order + 1, dtype=step_sizes.dtype, device=step_sizes.device)
    exponents = torch.arange(order + 1, device=step_sizes.device)
    powers = (step_sizes[..., None] ** exponents)[..., None, :]
    signed = powers * (-1.0) ** exponents
    forward = torch.cat([powers * weights, -powers * target], dim=-1)
    backward = torch.cat([-signed * target, signed * weights], dim=-1)
    return torch.cat([forward, backward], dim=-2)


def _central_entries(
    step_sizes: Float[Tensor, "_ intervals states"], order: int
) -> Float[Tensor, "_ inner_steps states 3"]:
    span = step_sizes[:, :-1] + step_sizes[:, 1:]
    weight = span ** (order - 2)
    return torch.stack([-weight, -weight * span, weight], dim=-1)


@dataclass(frozen=True, eq=False)
class NormalBlocks:
    """N with its unknowns scaled to a diagonal of ones.

    Args:
        diagonal: D; unknowns that only fill up the last superblock have a diagonal of one.
        lower: C, the first of them zero.
        slack: b of the unknowns themselves, neither scaled nor in blocks.
        slack_square: c.
        scale: an unknown is `scale` times the scaled one.
        slots: where every unknown, in the order (step, state, derivative), is kept.
    """

    diagonal: Float[Tensor, "blocks _ size size"]
    lower: Float[Tensor, "blocks _ size size"]
    slack: Float[Tensor, "_ unknowns"]
    slack_square: float
    scale: Float[Tensor, "blocks _ size"]
    slots: Int[Tensor, " unknowns"]


def normal_blocks(problem: LinearODEProblem) -> NormalBlocks:
    """Assemble N from one small product per group of rows; a batch of one where all problems have the same M.

    Args:
        problem: in float64.
    """
    device = problem.coefficients.device
    # enough that rows tie neighbouring superblocks only: central rows reach two steps, folding doubles distances
    reach = (2 if problem.central else 1) * (2 if problem.periodic else 1)
    steps_per_block = max(reach, UNKNOWNS_PER_BLOCK // problem.width)
    size = steps_per_block * problem.width
    n_blocks = -(-problem.n_steps // steps_per_block)
    slots = _slots(problem.n_steps, problem.width, problem.periodic, device)
    batch = max(len(problem.coefficients), len(problem.step_sizes))
    # the last entry takes what is above the diagonal, which is not kept
    blocks = problem.coefficients.new_zeros(batch, 2 * n_blocks * size**2 + 1)
    slack, slack_square = problem.coefficients.new_zeros(batch, problem.n_unknowns), 0.0
    for group in row_groups(problem):
        members = slots[group.columns]
        _add(blocks, _places(members, n_blocks, size), group.values.mT @ group.values)
        if group.has_slack:
            _add(slack, group.columns, group.values.sum(dim=2))
            slack_square += group.values.shape[1] * group.values.shape[2]
    diagonal, lower = blocks[:, :-1].unflatten(1, (2, n_blocks, size, size)).permute(1, 2, 0, 3, 4).contiguous()
    entries = diagonal.diagonal(dim1=-2, dim2=-1)
    fill = torch.ones(n_blocks * size, device=device, dtype=blocks.dtype).index_fill(0, slots, 0.0)
    entries += fill.reshape(n_blocks, 1, size)
    # an unknown that no row contains keeps its zero, on which the factorisation then fails
    scale = 1 / entries.clamp_min(1e-300).sqrt()
    diagonal = diagonal * scale[..., :, None] * scale[..., None, :]
    lower[1:] *= scale[1:, ..., :, None] * scale[:-1, ..., None, :]
    return NormalBlocks(diagonal, lower, slack, float(slack_square), scale, slots)


@lru_cache(maxsize=16)
def _slots(n_steps: int, width: int, periodic: bool, device: torch.device) -> Int[Tensor, " unknowns"]:
    position = torch.from_numpy(row_schedule(n_steps, 1, 1, 0, False, periodic).position).to(device)
    return (position[:, None] * width + torch.arange(width, device=device)).flatten()


def _places(members: Int[Tensor, "groups members"], n_blocks: int, size: int) -> Int[Tensor, "groups members members"]:
    """Of all products of two members among the kept entries: diagonal blocks first, then those below."""
    block, inner = members // size, members % size
    row, column = block[:, :, None], block[:, None, :]
    place = (row * size + inner[:, :, None]) * size + inner[:, None, :]
    below, above = row == column + 1, row == column - 1
    return torch.where(below, place + n_blocks * size**2, place).masked_fill(above, 2 * n_blocks * size**2)


def _add(target: Float[Tensor, "batch entries"], places: Int[Tensor, "..."], values: Float[Tensor, "..."]) -> None:
    values = values.flatten(1).expand(len(target), -1)
    target.scatter_add_(1, places.flatten().expand_as(values), values)
