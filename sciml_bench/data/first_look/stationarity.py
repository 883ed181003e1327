"""Whether a record looks the same in its first and in its second half."""

import numpy as np
from jaxtyping import Float


def change_of_halves(
    values: Float[np.ndarray, "time components"],
) -> tuple[Float[np.ndarray, " components"], Float[np.ndarray, " components"]]:
    """How far the means of the two halves are apart, and the deviation of the second over that of the first.

    The distance is in deviations of the whole, at most 2; a straight line has √3.

    Args:
        values: at least four rows, without missing ones.
    """
    half = len(values) // 2
    first, second = values[:half], values[half:]
    whole, before, after = (part.std(axis=0) for part in (values, first, second))
    apart = np.abs(second.mean(axis=0) - first.mean(axis=0))
    distance = np.divide(apart, whole, out=np.zeros_like(apart), where=whole > 0)
    growth = np.divide(after, before, out=np.where(after > 0, np.inf, 1.0), where=before > 0)
    return distance, growth
