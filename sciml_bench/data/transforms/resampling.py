"""Rows on a regular clock from rows at any times, along straight lines between neighbours."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.regular_clock import keeps_step, whole_steps
from sciml_bench.data.trajectories import HOLD, Trajectories
from sciml_bench.systems import OrdinaryDifferentialEquation

GAP_OF_REGULAR, GAP_OF_IRREGULAR = 1.5, 5.0
"""An interval of so many of the record's steps, if it is longer than the new step as well, is a gap that no row is made
in; on a regular clock every missing row is one, and on any clock a row that was cut out."""

LARGEST_BYTES = 2**33
"""Of the rows that are made of one trajectory."""

_ROUNDING = 1e-9


def resampled(trajectories: Trajectories, time_step: float, key: str = "data.resample") -> Trajectories:
    """Rows at the first time of every trajectory and every `time_step` after it, up to its last; none within a gap.

    Where a new time is that of a row, its state is kept as it is. Nothing is averaged: what is faster than two new
    steps is folded into slower motion.

    Args:
        trajectories: read into memory.
        time_step: of the new clock, in the record's unit of time.
        key: the configuration key, for messages.

    Raises:
        ConfigurationError: more rows than fit in memory.
        DataError: a trajectory is shorter than one step.
    """
    series: dict[str, list[np.ndarray]] = {}
    clocks: list[np.ndarray] = []
    for number in range(trajectories.n_trajectories):
        times = trajectories.times_of(number)
        span = times[-1] - times[0]
        count = np.floor(span / time_step + _ROUNDING) + 1
        if count < 2:
            raise DataError(
                f"{key}={time_step:g}: {trajectories.name(number)} spans {span:g} {trajectories.time_unit}, less than "
                "a step; choose a shorter one."
            )
        if 8 * count * np.prod(trajectories.state_shape) > LARGEST_BYTES:
            raise ConfigurationError(
                f"{key}={time_step:g}: {count:.3g} rows of {trajectories.name(number)} do not fit in memory; choose a "
                "longer time step."
            )
        step = trajectories.time_step
        left, share, clock = _places(times, time_step, int(count), step, trajectories.cuts(number))
        clocks.append(clock)
        for name in ("states", "clean", "inputs", "weights"):
            if (parts := getattr(trajectories, name)) is not None:
                held = name == "inputs" and trajectories.input_interpolation == HOLD
                made = _between(read_block(parts[number]), left, np.floor(share) if held else share)
                series.setdefault(name, []).append(made)
        if trajectories.labels is not None:
            series.setdefault("labels", []).append(trajectories.labels[number][left + (share == 1)])
    changes: dict[str, Any] = {name: tuple(parts) for name, parts in series.items()}
    if trajectories.missing_times is not None:  # those that the new steps do not span
        pairs = zip(trajectories.missing_times, clocks, strict=True)
        changes["missing_times"] = tuple(_not_spanned(*pair, GAP_OF_REGULAR * time_step) for pair in pairs)
    if trajectories.clean is trajectories.states:
        changes["clean"] = changes["states"]
    keeps_its_law = isinstance(trajectories.system, OrdinaryDifferentialEquation)
    system = trajectories.system if keeps_its_law else None  # the others know the law of a step of their own
    return trajectories.unchecked(**changes, times=tuple(clocks), first_rows=None, time_step=time_step, system=system)


def _places(
    times: Float[np.ndarray, " time"], time_step: float, count: int, old_step: float, cuts: Int[np.ndarray, " cuts"]
) -> tuple[Int[np.ndarray, " rows"], Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]:
    """For every new row the row before it, how far it lies on the way to the next one, and its time."""
    clock = times[0] + time_step * np.arange(count)
    left = np.clip(np.searchsorted(times, clock + _ROUNDING * time_step, side="right") - 1, 0, len(times) - 2)
    intervals = np.diff(times)
    share = np.clip((clock - times[left]) / intervals[left], 0, 1)
    share = np.where(np.abs(clock - times[left]) <= _ROUNDING * time_step, 0.0, share)
    share = np.where(np.abs(clock - times[left + 1]) <= _ROUNDING * time_step, 1.0, share)
    counted = keeps_step(times, old_step) or whole_steps(times, old_step) is not None
    longest = max(time_step, (GAP_OF_REGULAR if counted else GAP_OF_IRREGULAR) * old_step)
    kept = (intervals[left] <= longest) & ~np.isin(left + 1, cuts) | (share == 0) | (share == 1)
    return left[kept], share[kept], clock[kept]


def _not_spanned(
    missing: Float[np.ndarray, " _"], clock: Float[np.ndarray, " rows"], gap: float
) -> Float[np.ndarray, " _"]:
    """Times that lie in a gap of the new clock and not within one of its steps."""
    places = np.searchsorted(clock, missing)
    inside = (places > 0) & (places < len(clock))
    return missing[inside][np.diff(clock)[places[inside] - 1] > gap]


def _between(
    values: np.ndarray, left: Int[np.ndarray, " rows"], share: Float[np.ndarray, " rows"]
) -> Float[np.ndarray, "rows *state"]:
    weights = share.reshape(-1, *[1] * (values.ndim - 1))
    here, there = values[left].astype(np.float64), values[left + 1].astype(np.float64)
    # where() and not a product: what is missing beside a row that is there may not reach it
    mixed = here * (1 - weights) + there * weights
    return np.where(weights == 0, here, np.where(weights == 1, there, mixed))
