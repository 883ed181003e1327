"""How far predicted planets and Moon are from their places: in kilometres, and in degrees as seen from the Sun."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics
from sciml_bench.data.spec import RecordSpec

ASTRONOMICAL_UNIT = 149_597_870.7
"""In kilometres."""


def ephemeris_scores(
    prediction: Float[np.ndarray, "batch time bodies axes"],
    reference: Float[np.ndarray, "batch time bodies axes"],
    spec: RecordSpec,
) -> Metrics:
    """Errors of rollouts, averaged over all of them.

    `position_error_<body>` in kilometres and `angle_error_<body>` in degrees as seen from the Sun: averaged over time,
    and with `_end` appended at the end of the rollouts. For the Moon also `angle_error_moon_from_earth`. A prediction
    that is not finite counts as the body's largest distance, and as 180 degrees.

    Args:
        prediction: in astronomical units, relative to the Sun, which is body 0; states may be not finite.
        reference: the truth.
        spec: of the record, for the names of the bodies.
    """
    names = spec.body_names or ()
    metrics: Metrics = {}
    truth = reference.astype(np.float64)
    farthest = np.linalg.norm(truth, axis=-1).max(axis=(0, 1))
    finite = np.asarray(np.isfinite(prediction).all(axis=-1, keepdims=True))
    distance = np.linalg.norm(np.where(finite, prediction, 0.0) - truth, axis=-1)
    distance = ASTRONOMICAL_UNIT * np.where(finite.squeeze(-1), distance, farthest)
    errors: dict[str, np.ndarray] = {}
    for body, name in enumerate(names[1:], start=1):
        errors[f"position_error_{name}"] = distance[..., body]
        errors[f"angle_error_{name}"] = angles_between(prediction[:, :, body], truth[:, :, body])
    if {"earth", "moon"} <= set(names):
        earth, moon = names.index("earth"), names.index("moon")
        seen = (states[:, :, moon] - states[:, :, earth] for states in (prediction, truth))
        errors["angle_error_moon_from_earth"] = angles_between(*seen)
    for key, values in errors.items():
        metrics |= {key: float(values.mean()), f"{key}_end": float(values[:, -1].mean())}
    return metrics


def angles_between(
    first: Float[np.ndarray, "*batch axes"], second: Float[np.ndarray, "*batch axes"]
) -> Float[np.ndarray, "*batch"]:
    """Degrees between two directions, accurate also where they are small; 180 where one is not finite."""
    with np.errstate(all="ignore"):
        # W. Kahan's formula: an arc cosine would lose half the digits
        unit, other = (vector / np.linalg.norm(vector, axis=-1, keepdims=True) for vector in (first, second))
        half = np.arctan2(np.linalg.norm(unit - other, axis=-1), np.linalg.norm(unit + other, axis=-1))
    return np.asarray(np.nan_to_num(np.degrees(2 * half), nan=180.0))
