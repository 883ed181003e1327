"""Roll-outs: a sequence model that is fed with its own predictions, and how far these are from the truth."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import SolverError

LARGEST_ERROR = 1e6
"""Relative errors above, also of a prediction that is no longer finite, count as this, so that means stay finite."""

SequenceModel = Callable[[Tensor], Tensor]


def roll_out(
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


def relative_errors(
    prediction: Float[np.ndarray, "batch time *state"], reference: Float[np.ndarray, "batch time *state"]
) -> Float[np.ndarray, "batch time"]:
    """‖û − u‖²/‖u‖² of every state, at most `LARGEST_ERROR`."""
    axes = tuple(range(2, reference.ndim))
    truth = reference.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        squares = ((prediction - truth) ** 2).sum(axis=axes) / (truth**2).sum(axis=axes)
    return np.minimum(np.nan_to_num(squares, nan=LARGEST_ERROR, posinf=LARGEST_ERROR), LARGEST_ERROR)
