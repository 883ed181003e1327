"""When a simulated system is observed: a regular clock, or times that a person lists."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError


def regular_times(
    time_step: ConfiguredNumber, end_time: ConfiguredNumber | None, extrapolation: ConfiguredNumber
) -> tuple[Float[np.ndarray, " time"], int]:
    """Times 0, time_step, 2 time_step, … up to `end_time`, and on for `extrapolation` times as long.

    Args:
        time_step: interval between two observations.
        end_time: end of the interpolation window, itself observed where it is a multiple of `time_step`.
        extrapolation: length of the extrapolation window, as a multiple of that of the interpolation window.

    Returns:
        all times, and how many of them are in the interpolation window.

    Raises:
        ConfigurationError: a value is out of range, or fewer than two times are in the interpolation window.
    """
    step = require_number("data.time_step", time_step, "the time between two observations must be positive")
    end = require_number("data.end_time", end_time, "give the end of the interpolation window, a positive time")
    more = require_number(
        "data.extrapolation", extrapolation, "give 0 for none, 1 for as much time again", positive=False
    )
    # The division may end just below a whole number: 0.3 / 0.1 is 2.9999999999999996, and still three steps.
    n_steps = int(end / step * (1 + 1e-9))
    if n_steps < 1:
        raise ConfigurationError(
            f"data.end_time={end_time}: only the time 0 is observed with data.time_step={time_step}; "
            "the interpolation window needs at least 2 points."
        )
    return step * np.arange(n_steps + round(more * n_steps) + 1), n_steps + 1


def listed_times(
    times: Sequence[Any] | np.ndarray, n_interpolation: ConfiguredInteger | None
) -> tuple[Float[np.ndarray, " time"], int]:
    """Times from a configuration, as floats.

    Args:
        times: strictly increasing, at any distance, integers or floats.
        n_interpolation: how many are in the interpolation window; all if not given.

    Returns:
        all times, and how many of them are in the interpolation window.

    Raises:
        ConfigurationError: the times are not finite increasing numbers, or the window does not fit them.
    """
    try:
        grid = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"data.times={times}: give a list of numbers.") from error
    if grid.ndim != 1 or len(grid) < 2 or not np.isfinite(grid).all() or (np.diff(grid) <= 0).any():
        raise ConfigurationError(
            f"data.times={times}: give at least 2 finite times, each later than the one before it (no time twice)."
        )
    if n_interpolation is None:
        return grid, len(grid)
    remedy = f"between 2 and all {len(grid)} of data.times are in the interpolation window"
    n_learned = require_integer("data.n_interpolation", n_interpolation, 2, remedy)
    if n_learned > len(grid):
        raise ConfigurationError(f"data.n_interpolation={n_interpolation}: {remedy}.")
    return grid, n_learned
