"""Smoothing by the block itself: rows that ask for the data, and Taylor's formula for everything else.

With the coefficient w on the state and the right side w y, and no differential equation, the least-squares solution is
a discrete smoothing spline of the order of the Taylor expansion: oscillations much quicker than w^{1/(K+1)} / h are
damped. Time is measured in steps, so that w means the same for every record; it is chosen by predicting rows that are
left out.
"""

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.mechnn.linear_ode.solve import solve_linear_ode

WEIGHTS = tuple(float(weight) for weight in np.geomspace(0.1, 30.0, 8))
_EVERY, _FEWEST_ROWS = 5, 10


def block_smoothed(
    states: Float[np.ndarray, "time dim"],
    intervals: Float[np.ndarray, " intervals"],
    weight: float | None = None,
    taylor_order: int = 3,
) -> tuple[Float[np.ndarray, "time dim"], float]:
    """The smoothed trajectory and the weight of its data.

    Where nothing is gained by smoothing, or there are fewer than ten rows, the states come back as they are, with an
    infinite weight.

    Args:
        states: as observed.
        intervals: between the rows.
        weight: of the data; None chooses it by leaving out every fifth row.
        taylor_order: K.
    """
    if len(states) < _FEWEST_ROWS:
        return states.copy(), float("inf")
    if weight is None:
        seen = np.arange(len(states)) % _EVERY != _EVERY // 2
        variance = np.where(np.ptp(states, axis=0) > 0, states.var(axis=0), 1.0)
        tried = (_smoothed(states, intervals, candidate, taylor_order, seen) for candidate in WEIGHTS)
        errors = [np.mean((smoothed - states)[~seen] ** 2 / variance) for smoothed in tried]
        best = int(np.argmin(errors))
        if best == len(WEIGHTS) - 1:
            return states.copy(), float("inf")
        weight = WEIGHTS[best]
    return _smoothed(states, intervals, weight, taylor_order, np.ones(len(states), bool)), weight


def _smoothed(
    states: np.ndarray, intervals: np.ndarray, weight: float, taylor_order: int, seen: np.ndarray
) -> np.ndarray:
    weights = torch.from_numpy(weight * seen)
    coefficients = torch.zeros(1, 1, len(states), 1, taylor_order + 1, dtype=torch.float64)
    coefficients[0, 0, :, 0, 0] = weights
    right_side = (weights * torch.from_numpy(np.ascontiguousarray(states.T)))[:, None]
    steps = torch.from_numpy(intervals / np.median(intervals))[None, :, None]
    nothing = coefficients.new_zeros(1, 0, 1, 0)
    return solve_linear_ode(coefficients, right_side, nothing, steps).states[:, :, 0, 0].T.numpy().copy()
