"""Hermite polynomials, the orthonormal functions of a standard normal variable."""

import numpy as np
from jaxtyping import Float


def orthonormal_hermite(count: int, z: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch count"]:
    """The first `count` probabilists' Hermite polynomials, each divided by √(order!).

    Three-term recurrence √(k+1) h_{k+1} = z h_k − √k h_{k−1}, which never forms a factorial and so cannot overflow.
    """
    values = np.empty((*z.shape, count))
    values[..., 0] = 1.0
    if count > 1:
        values[..., 1] = z
    for k in range(1, count - 1):
        values[..., k + 1] = (z * values[..., k] - np.sqrt(k) * values[..., k - 1]) / np.sqrt(k + 1)
    return values
