"""N = MᵀM of the block in superblocks of a few steps each, between which it is block-tridiagonal.

    N = [A  b]    A = [D₀ C₁ᵀ       ]     the unknowns of all steps, in superblocks
        [bᵀ c],       [C₁ D₁ C₂ᵀ    ]     b, c: the slack's column
                      [   C₂ D₂  …  ]

A few steps together make matrices worth a call of the linear algebra. Steps come in the order of `row_schedule`, which
folds a periodic problem so that its last step is next to its first.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.row_groups import row_groups
from sciml_bench.mechnn.linear_ode.row_schedule import row_schedule

UNKNOWNS_PER_BLOCK = 24
"""Quickest on one core of a CPU for systems of one to three states, between 12 and 48."""


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
