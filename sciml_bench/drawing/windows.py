"""The array `window`: what became of every row of a trajectory."""

import numpy as np
from jaxtyping import Bool, Integer

PADDING, INTERPOLATION, EXTRAPOLATION = 0, 1, 2


def learned_and_ahead(
    window: Integer[np.ndarray, "batch time"], trajectory: int = 0
) -> tuple[Bool[np.ndarray, " time"], Bool[np.ndarray, " time"]]:
    """Which rows were learned from and which lie beyond them.

    Args:
        window: 0 (padding), 1 (learned from) or 2 (beyond) per row.
        trajectory: which one.
    """
    return window[trajectory] == INTERPOLATION, window[trajectory] == EXTRAPOLATION
