"""How much noise lies on smooth motion, from differences of high order, without a model of the motion.

A divided difference of order k takes away polynomials of degree k - 1 on any clock; scaled to a unit sum of squared
weights, it leaves white noise its deviation (Gasser, Sroka and Jennen-Steinmetz, Biometrika 73, 1986, for k = 2). What
is left of smooth motion falls with the order until noise is all there is, so the smallest over the orders is told.
"""

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view

MOST_ORDER = 8
_MEDIAN_OF_NORMAL = 0.6744897501960817
"""Of the size of what is normally distributed, in deviations."""


def noise_deviation(
    times: Float[np.ndarray, " time"], values: Float[np.ndarray, "time components"]
) -> Float[np.ndarray, " components"]:
    """The deviation of white noise on each component, in its unit; too large where rows are far apart for the motion.

    Medians are taken, so that a few jumps do not count.

    Args:
        times: increasing.
        values: without missing ones; nan where there are fewer than four rows.
    """
    found = np.full((MOST_ORDER, values.shape[1]), np.inf)
    for order in range(1, min(MOST_ORDER, len(times) // 3) + 1):
        left = np.einsum("nk,nck->nc", _weights(times, order), sliding_window_view(values, order + 1, axis=0))
        found[order - 1] = np.median(np.abs(left), axis=0) / _MEDIAN_OF_NORMAL
    smallest = found.min(axis=0)
    return np.where(np.isfinite(smallest), smallest, np.nan)


def _weights(times: Float[np.ndarray, " time"], order: int) -> Float[np.ndarray, "_ _"]:
    """Of every window of `order + 1` rows, those of its divided difference, with squares that sum up to 1."""
    windows = sliding_window_view(times, order + 1)
    windows = (windows - windows[:, :1]) / (windows[:, -1:] - windows[:, :1])
    apart = windows[:, :, None] - windows[:, None, :]
    apart[:, np.arange(order + 1), np.arange(order + 1)] = 1.0
    weights = 1.0 / apart.prod(axis=2)
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)
