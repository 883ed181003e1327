"""Where predictions of a record's trajectories start."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import PaddedTrajectories
from sciml_bench.node.fitting.smoothing_spline import SmoothingSpline

INITIAL_STATES = ("given", "exact", "smoothed", "trained")


def splines_through(trajectories: PaddedTrajectories, smoothing: float | int | str) -> list[SmoothingSpline]:
    """One smoothing spline per trajectory.

    Args:
        trajectories: at least two rows each, five where they are smoothed.
        smoothing: as in `SmoothingSpline`.

    Raises:
        DataError: a trajectory has too few rows.
    """
    parts = zip(trajectories.times, trajectories.states, trajectories.rows, strict=True)
    return [SmoothingSpline(times[rows], states[rows], smoothing) for times, states, rows in parts]


def initial_states_of(
    trajectories: PaddedTrajectories, choice: str, splines: Sequence[SmoothingSpline], key: str
) -> Float[np.ndarray, "batch dim"]:
    """The states at the first time of every trajectory.

    Args:
        trajectories: of a record.
        choice: one of INITIAL_STATES; what is trained begins as given.
        splines: through the trajectories.
        key: of the configuration, for the message.

    Raises:
        ConfigurationError: the exact states are not known.
    """
    if choice == "exact":
        if trajectories.clean is None:
            raise ConfigurationError(f"{key}=exact: this record does not know the truth; set {key}=given")
        return trajectories.clean[:, 0]
    if choice == "smoothed":
        return np.stack([spline(times[0]) for spline, times in zip(splines, trajectories.times, strict=True)])
    return trajectories.states[:, 0]
