"""Whether the clocks of several trajectories count in the same unit: a file in milliseconds among others in seconds."""

from collections.abc import Sequence

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.named_trajectory import NamedTrajectory

ALIKE, OWN = CLOCKS = ("alike", "own")
LARGEST_FACTOR = 20.0
"""Between the steps of two clocks in one unit; the next units differ by 24 and more."""
UNITS = {24: "h and day", 60: "s and min", 1000: "ms and s", 1440: "min and day", 3600: "s and h", 86400: "s and day"}
UNITS |= {10**6: "us and s", 10**9: "ns and s"}


def require_alike(found: Sequence[NamedTrajectory]) -> None:
    """Stop where the median step of a trajectory is another than that of most by a factor that only units explain.

    Args:
        found: as read; those without times are passed over.

    Raises:
        DataError: there is one.
    """
    steps = {part.name: float(np.median(np.diff(t))) for part in found if (t := part.times) is not None and len(t) > 1}
    steps = {name: step for name, step in steps.items() if np.isfinite(step) and step > 0}
    if len(steps) < 2:
        return
    usual = float(np.median(sorted(steps.values())[: len(steps) - (len(steps) + 1) % 2]))  # one that there is
    ratios = {name: max(step / usual, usual / step) for name, step in steps.items()}
    other, like = max(ratios, key=lambda name: ratios[name]), min(ratios, key=lambda name: ratios[name])
    if ratios[other] <= LARGEST_FACTOR:
        return
    unit = next((told for factor, told in UNITS.items() if abs(ratios[other] / factor - 1) < 0.02), None)
    n_alike = sum(ratio > LARGEST_FACTOR for ratio in ratios.values())
    more = f" ({n_alike} such among {len(steps)})" if n_alike > 1 else ""
    raise DataError(
        f"data.path: the times of {other} are {steps[other]:.6g} apart, those of {like} {steps[like]:.6g}: a factor of "
        f"{ratios[other]:.6g}{f', as between {unit}' if unit else ''}{more}; write all times in one unit, leave the "
        "file out, or set data.clocks=own if the steps differ indeed"
    )
