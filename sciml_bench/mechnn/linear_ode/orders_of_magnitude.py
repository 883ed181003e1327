"""What the statistics of moving bodies say about the force between them, before anything is learned."""

from dataclasses import dataclass

import numpy as np

from sciml_bench.data.spec import WindowsSpec

_LEAST_SPREAD = 0.1
"""Of squared logarithms of distances, for an exponent to be seen in it."""
_DEFAULT_EXPONENT = 2.0


@dataclass(frozen=True)
class OrdersOfMagnitude:
    """Of magnitude: typical distance of two bodies, mass that moves them as quickly as observed, and exponent."""

    length: float
    mass: float
    exponent: float


def orders_of_magnitude(spec: WindowsSpec, central_body: int | None, exponent: float | int | None) -> OrdersOfMagnitude:
    """From what the data say about distances d and speeds v: on a circle, v² = m d² ℓ⁻³ (d/ℓ)^−p.

    Around a central body the exponent follows from how orbits of different sizes differ, as in Kepler's third law.

    Args:
        spec: of the data; states (bodies, axes).
        central_body: the body that positions are relative to; None where there is none.
        exponent: p; None to find it.
    """
    mean, deviation = (np.broadcast_to(values, spec.state_shape) for values in (spec.mean, spec.deviation))
    increment = np.broadcast_to(spec.increment_deviation, spec.state_shape)
    first, second = np.triu_indices(spec.state_shape[0], 1)
    if central_body is not None:
        around = (first == central_body) | (second == central_body)
        first, second = first[around], second[around]
        at_rest = np.arange(spec.state_shape[0])[:, None] == central_body
        deviation, increment = np.where(at_rest, 0.0, deviation), np.where(at_rest, 0.0, increment)
    # as if the two moved independently
    squares = (mean[first] - mean[second]) ** 2 + deviation[first] ** 2 + deviation[second] ** 2
    distances = np.sqrt(squares.sum(axis=-1))
    speeds = np.sqrt((increment[first] ** 2 + increment[second] ** 2).sum(axis=-1)) / spec.time_step
    length = float(np.exp(np.log(distances).mean()))
    logarithm, rate = np.log(distances / length), 2 * np.log(speeds / distances)
    if exponent is None:
        spread = float((logarithm**2).sum())
        exponent = -float((logarithm * rate).sum()) / spread if spread > _LEAST_SPREAD else _DEFAULT_EXPONENT
    mass = length**3 * np.exp(np.median(rate + exponent * logarithm))
    return OrdersOfMagnitude(length, float(mass), float(exponent))
