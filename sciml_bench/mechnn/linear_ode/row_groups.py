"""All rows of the block as small dense matrices: groups of rows that contain the same few unknowns.

The equations at one step share its unknowns; the forward and backward Taylor rows of one state over one interval share
the unknowns at both of its ends. Written so, M is dense where it is not zero, and MᵀM the sum of one small product per
group; see `linear_ode_rows` for the rows themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem


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
