"""What gravity conserves, as a measure of predicted motions of two bodies."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics
from sciml_bench.data.spec import RecordSpec
from sciml_bench.scores.forecasting.invariants import relative_drift

_STENCIL = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0.0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
"""Of the central difference of order 8."""


def two_body_scores(
    prediction: Float[np.ndarray, "batch time bodies axes"],
    reference: Float[np.ndarray, "batch time bodies axes"],
    spec: RecordSpec,
) -> Metrics:
    """By how much energy and angular momentum leave those of the truth, relative to these.

    `energy_drift`, `angular_momentum_drift`: the largest over time, averaged over trajectories; with `_median`
    appended the median over trajectories, and with `_reference` what the same measurement finds for the truth.
    Velocities come from central differences of order 8; fewer than nine states are not measured.

    Args:
        prediction: positions; they may be not finite.
        reference: the truth.
        spec: of the record, with the system and its time step.
    """
    metrics: Metrics = {}
    if reference.shape[1] < len(_STENCIL):
        return metrics
    true_states, states = with_velocities(reference, spec.time_step), with_velocities(prediction, spec.time_step)
    for name in ("energy", "angular_momentum"):
        quantity = getattr(spec.system, name)
        expected = quantity(true_states).mean(axis=1, keepdims=True)
        for found, suffix in ((states, ""), (true_states, "_reference")):
            with np.errstate(all="ignore"):
                drift = relative_drift(quantity(found), expected)
            metrics[f"{name}_drift{suffix}"] = float(drift.mean())
            if not suffix:
                metrics[f"{name}_drift_median"] = float(np.median(drift))
    return metrics


def with_velocities(
    positions: Float[np.ndarray, "batch time bodies axes"], time_step: float
) -> Float[np.ndarray, "batch inner 8"]:
    """States of the system from positions alone, by central differences of order 8.

    Args:
        positions: at least nine.
        time_step: between two of them.

    Returns:
        Positions and velocities, without the first and last four times.
    """
    flat = positions.astype(np.float64).reshape(*positions.shape[:2], 4)
    n_inner = flat.shape[1] - len(_STENCIL) + 1
    parts = (weight * flat[:, k : k + n_inner] for k, weight in enumerate(_STENCIL))
    return np.concatenate([flat[:, 4:-4], sum(parts) / time_step], axis=-1)
