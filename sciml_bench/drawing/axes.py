"""Labels and limits that axes of several pictures share, and the rows that they tell apart."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Integer, Shaped
from matplotlib.axes import Axes


def time_label(unit: Shaped[np.ndarray, ""] | None, what: str = "time") -> str:
    """The label of an axis of time; a time without a unit (None) has the unit `time`."""
    return what if unit is None or str(unit) == "time" else f"{what} [{unit}]"


LARGEST_DRAWN = 1e100
"""An axis cannot be drawn far beyond."""


def component_labels(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """The labels of components: their names, with units where they are known.

    Args:
        arrays: `component_names` (dim,), and, where units are known, `component_units` (dim,), empty for one without.
    """
    names = [str(name) for name in arrays["component_names"]]
    units = [str(unit) for unit in arrays.get("component_units", ())]
    if len(units) != len(names):
        return names
    return [f"{name} ({unit})" if unit else name for name, unit in zip(names, units, strict=True)]


def limits_around(values: Shaped[np.ndarray, "*shape"], margin: float = 0.15) -> tuple[float, float]:
    """Room for what is given and finite; a prediction that runs away leaves the picture.

    The margin is relative to the range of the values.
    """
    fine = values[np.abs(values) < LARGEST_DRAWN]
    low, high = float(fine.min()), float(fine.max())
    room = margin * (high - low) or 1.0
    return low - room, high + room


def draw_persistence(axis: Axes, times: Float[np.ndarray, " rows"], given: float) -> None:
    """The last given state as a dot and, over the times of the forecast, as the thin line that a forecast has to beat.

    Args:
        axis: of one component.
        times: from that of the given state on.
        given: its value.
    """
    style = {"color": "#CC79A7", "linewidth": 0.8, "marker": "o", "markersize": 3, "markevery": [0]}
    axis.plot(times, np.full(len(times), given), label="persistence", **style)


def of_components(label: str, shown: int, there_are: int) -> str:
    """The label below panels of components, which says where only the first of them are shown."""
    return label if shown == there_are else f"{label}   (components 1 to {shown} of {there_are})"


def shade_parts(
    axis: Axes, times: Float[np.ndarray, " time"], learned: Bool[np.ndarray, " time"], ahead: Bool[np.ndarray, " time"]
) -> None:
    """The span that is held out and, between it and what was learned from, the one that chose the weights."""
    last, (first, end) = np.flatnonzero(learned)[-1], np.flatnonzero(ahead)[[0, -1]]
    learned_until, ahead_from, ahead_until = (float(times[row]) for row in (last, first, end))
    if first > last + 1:
        axis.axvspan(learned_until, ahead_from, color="#F0E442", alpha=0.2, linewidth=0, label="validation")
    axis.axvspan(ahead_from, ahead_until, color="0.5", alpha=0.12, linewidth=0, label="held out")


def learned_and_ahead(
    window: Integer[np.ndarray, "batch time"], trajectory: int = 0
) -> tuple[Bool[np.ndarray, " time"], Bool[np.ndarray, " time"]]:
    """Which rows of a trajectory were learned from (1 in the window) and which lie beyond them (2)."""
    return window[trajectory] == 1, window[trajectory] == 2


def last_given(observed: Float[np.ndarray, " time"], ahead: Bool[np.ndarray, " time"]) -> int | None:
    """The row of the last value before those ahead; None where nothing lies ahead, or before it."""
    given = np.flatnonzero(np.isfinite(observed[: int(ahead.argmax())])) if ahead.any() else np.array([])
    return int(given[-1]) if len(given) else None
