"""When a clock counts as regular: its moments stay near t₀ + n Δt, jittered or rounded as a camera's are."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

JITTER = 0.1
"""How far, in steps, a moment may lie from its place on a regular clock."""

COARSEST = 0.4
"""The last decimal of a clock that is rounded, in steps; a coarser one could hide anything."""

RATE = 1e-2
"""By how much, relative to one another, the rates of two regular clocks may differ."""


def keeps_step(times: Float[np.ndarray, " time"], time_step: float) -> bool:
    """Whether moments are those of a clock with this step, which neither drifts from it nor jitters much.

    A clock that is written with few decimals is regular as long as its rounding explains how far it is off.

    Args:
        times: increasing.
        time_step: of the clock.
    """
    if len(times) < 2:
        return True
    steps = np.diff(times)
    if np.all(np.abs(steps - time_step) <= RATE * time_step):
        return True
    rows = np.arange(len(times)) - (len(times) - 1) / 2
    own = float(rows @ (times - times.mean()) / (rows @ rows))
    if abs(own - time_step) > RATE * time_step:
        return False
    tolerance, off = _tolerance(times, own), times - times.mean() - own * rows
    if np.ptp(off) / 2 <= tolerance or np.ptp(off) > 4 * tolerance:
        return bool(np.ptp(off) / 2 <= tolerance)
    # the line of least squares is not the one that is nearest to them all
    from scipy.optimize import minimize_scalar  # imported late: few clocks need it, and every start would wait for it

    turn = 2 * tolerance / rows[-1]
    nearest = minimize_scalar(
        lambda slope: np.ptp(off - slope * rows), bounds=(-turn, turn), method="bounded", options={"xatol": 1e-9 * turn}
    )
    return bool(nearest.fun / 2 <= tolerance)


def whole_steps(times: Float[np.ndarray, " time"], time_step: float) -> Int[np.ndarray, " interval"] | None:
    """How many steps lie between neighbouring rows of a regular clock that lacks some; None on another clock.

    Args:
        times: increasing.
        time_step: of the clock.
    """
    steps = np.diff(times) / time_step
    whole = np.round(steps).astype(int)
    tolerance = 2 * _tolerance(times, time_step) / time_step
    return whole if np.all((np.abs(steps - whole) <= tolerance) & (whole >= 1)) else None


def median_step(grids: Sequence[Float[np.ndarray, " _"]]) -> float:
    """The step of clocks: by least squares where they are regular but for missing rows, otherwise the median.

    Of moments that are written as 0.033, 0.067 and 0.100 the median step is a per cent too short.

    Args:
        grids: increasing times, one array per trajectory.
    """
    steps = np.concatenate([np.diff(grid) for grid in grids])
    if not len(steps):
        return 1.0
    median = float(np.median(steps))
    if not (np.isfinite(steps).all() and median > 0):
        return median
    if np.all(np.abs(steps / median - np.round(steps / median)) <= 1e-9):
        return median
    counts = [whole_steps(grid, median) for grid in grids]
    if any(count is None for count in counts):
        return median
    rows = [np.cumsum([0, *count]) - np.cumsum([0, *count]).mean() for count in counts if count is not None]
    pairs = list(zip(rows, grids, strict=True))
    return float(sum(row @ (grid - grid.mean()) for row, grid in pairs) / sum(row @ row for row in rows))


def _tolerance(times: Float[np.ndarray, " time"], time_step: float) -> float:
    """How far from its place a moment may lie: by jitter, or by half of the last decimal with which it is written."""
    last = 10.0 ** math.floor(math.log10(time_step))
    whole = times / last
    rounded = bool(np.all(np.abs(whole - np.round(whole)) <= 1e-6 * np.maximum(1, np.abs(whole) * 1e-6)))
    return max(JITTER * time_step, (0.5 + 1e-6) * last if rounded and last <= COARSEST * time_step else 0.0)
