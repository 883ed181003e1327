"""Errors of rollouts against time: ‖û − u‖²/‖u‖² of every state, and how long it stays below a threshold."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics

LARGEST_ERROR = 1e6
"""Relative errors above, also of a prediction that is no longer finite, count as this, so that means stay finite."""


def relative_squared_errors(
    prediction: Float[np.ndarray, "batch time *state"], reference: Float[np.ndarray, "batch time *state"]
) -> Float[np.ndarray, "batch time"]:
    """‖û − u‖²/‖u‖² of every state, at most `LARGEST_ERROR`."""
    axes = tuple(range(2, reference.ndim))
    truth = reference.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        squares = ((prediction - truth) ** 2).sum(axis=axes) / (truth**2).sum(axis=axes)
    return np.minimum(np.nan_to_num(squares, nan=LARGEST_ERROR, posinf=LARGEST_ERROR), LARGEST_ERROR)


def mean_errors(name: str, errors: Float[np.ndarray, "batch time"], lengths: Sequence[int]) -> Metrics:
    """`<name>_relative_squared_error`, averaged over time and trajectories up to the first length, with `_median` the
    median of the trajectories' means, and with `_step_<n>` for every length.

    Args:
        name: what is averaged: `rollout`, `persistence` or `linear`.
        errors: relative squared ones.
        lengths: in states.
    """
    label = f"{name}_relative_squared_error"
    first = errors[:, : lengths[0]]
    metrics: Metrics = {label: float(first.mean())}
    if name == "rollout":
        metrics[f"{label}_median"] = float(np.median(first.mean(axis=1)))
    return metrics | {f"{label}_step_{steps}": float(errors[:, :steps].mean()) for steps in lengths}


def horizons(
    errors: Float[np.ndarray, "batch time"], times: Float[np.ndarray, " time"], thresholds: Sequence[float]
) -> Metrics:
    """`horizon_<threshold>`: the time at which the mean error of the trajectories exceeds the threshold, or the last
    one where it never does.

    Args:
        errors: relative squared ones.
        times: of the states.
        thresholds: of the error.
    """
    growth = errors.mean(axis=0)
    metrics: Metrics = {}
    for threshold in thresholds:
        beyond = np.flatnonzero(growth > threshold)
        metrics[f"horizon_{threshold:g}"] = float(times[beyond[0] if len(beyond) else -1])
    return metrics
