"""Rollouts: a sequence model that is fed with its own predictions."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import SolverError

SequenceModel = Callable[[Tensor], Tensor]


def rollout(
    model: SequenceModel, inputs: Float[Tensor, "batch inputs *state"], n_steps: int, n_outputs: int
) -> Float[Tensor, "batch steps *state"]:
    """The states after the inputs.

    Each call of the model adds the last `n_outputs` of the states that it gives, and the next one starts from the last
    states so far. What comes after a state that is not finite, or after an ODE that cannot be solved, is nan.

    Args:
        model: maps (batch, inputs, *state) to (batch, m, *state), m ≥ n_outputs.
        inputs: to start from.
        n_steps: how many states.
        n_outputs: how many states a call adds.
    """
    window, n_inputs = inputs, inputs.shape[1]
    parts: list[Tensor] = []
    for _ in range(-(-n_steps // n_outputs)):
        try:
            outputs = model(window)[:, -n_outputs:]
        except SolverError:
            break
        parts.append(outputs)
        if not bool(torch.isfinite(outputs).all()):
            break
        window = torch.cat([window, outputs], dim=1)[:, -n_inputs:]
    states = torch.full((inputs.shape[0], n_steps, *inputs.shape[2:]), torch.nan, dtype=inputs.dtype)
    if parts:
        found = torch.cat(parts, dim=1)[:, :n_steps]
        states[:, : found.shape[1]] = found.to(states)
    return states
