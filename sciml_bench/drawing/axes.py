"""Labels and limits that axes of several pictures share, and the rows that they tell apart."""

import numpy as np
from jaxtyping import Bool, Integer, Shaped


def time_label(unit: Shaped[np.ndarray, ""] | None, what: str = "time") -> str:
    """The label of an axis of time; a time without a unit has the unit `time`.

    Args:
        unit: text, or None.
        what: is measured.
    """
    return what if unit is None or str(unit) == "time" else f"{what} [{unit}]"


def limits_around(values: Shaped[np.ndarray, "*shape"], margin: float = 0.15) -> tuple[float, float]:
    """Room for what is given; a prediction that runs away leaves the picture.

    Args:
        values: those that are not finite are left out.
        margin: of the room, relative to the range of the values.
    """
    fine = values[np.isfinite(values)]
    low, high = float(fine.min()), float(fine.max())
    room = margin * (high - low) or 1.0
    return low - room, high + room


def learned_and_ahead(
    window: Integer[np.ndarray, "batch time"], trajectory: int = 0
) -> tuple[Bool[np.ndarray, " time"], Bool[np.ndarray, " time"]]:
    """Which rows of a trajectory were learned from and which lie beyond them.

    Args:
        window: 0 (padding), 1 (learned from) or 2 (beyond) per row.
        trajectory: which one.
    """
    return window[trajectory] == 1, window[trajectory] == 2
