"""Observations, what a NeuralODE learns from: whole trajectories, each cut into a part to learn and a part to forecast.

Ko, Koh, Park, Jhe, Homotopy-based training of NeuralODEs for accurate dynamics discovery (NeurIPS 2023), call the two
parts the interpolation and the extrapolation window. Trajectories of unequal length share one array; what is missing
at the end of a shorter one is padding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sciml_bench.core.errors import DataError
from sciml_bench.data.trajectories import LARGEST_VALUE

PADDING, INTERPOLATION, EXTRAPOLATION = 0, 1, 2
"""Values of `Observations.window`."""


@dataclass(frozen=True, eq=False)
class Observations:
    """One or several trajectories, each on its own time grid.

    Args:
        times: of each row, strictly increasing along every trajectory, also in the padding.
        states: as observed, noise included; the padding repeats the last state.
        clean: the true states, where they are known.
        window: 1 for rows to learn from, then 2 for rows to forecast, then 0 for padding.
        initial_states: where a prediction starts, at the first time of each trajectory.

    Raises:
        DataError: shapes that do not fit, values that are not finite, times that do not increase, windows out of order,
            or fewer than two rows to learn from.
    """

    times: Float[np.ndarray, "batch time"]
    states: Float[np.ndarray, "batch time dim"]
    clean: Float[np.ndarray, "batch time dim"] | None
    window: Int[np.ndarray, "batch time"]
    initial_states: Float[np.ndarray, "batch dim"]

    def __post_init__(self) -> None:
        """Check everything once, so that nothing that uses the observations has to."""
        self._require_structure()
        for number, (times, states, window) in enumerate(zip(self.times, self.states, self.window, strict=True)):
            n_rows = int((window != PADDING).sum())
            n_interpolation = int((window == INTERPOLATION).sum())
            ordered = np.repeat(
                (INTERPOLATION, EXTRAPOLATION, PADDING),
                (n_interpolation, n_rows - n_interpolation, len(window) - n_rows),
            )
            if (window != ordered).any():
                raise DataError(
                    f"trajectory {number}: window must hold {INTERPOLATION} (interpolation), {EXTRAPOLATION} "
                    f"(extrapolation) and {PADDING} (padding) in this order along time."
                )
            _require_usable(f"trajectory {number}", times, states, n_interpolation)

    @classmethod
    def padded(
        cls,
        times: Sequence[np.ndarray],
        states: Sequence[np.ndarray],
        n_interpolation: Sequence[int],
        names: Sequence[str] | None = None,
    ) -> "Observations":
        """Put trajectories of any length into one array; predictions start at the first row of each.

        Args:
            times: one strictly increasing array (time,) per trajectory, integers or floats.
            states: one array (time, dim) per trajectory.
            n_interpolation: number of rows to learn from, per trajectory; the others are forecast.
            names: what messages call the trajectories.

        Raises:
            DataError: a trajectory cannot be used.
        """
        if not len(states) == len(times) == len(n_interpolation) > 0:
            raise DataError(
                f"{len(states)} trajectories of states with {len(times)} of times; give at least one, and as many."
            )
        for number, parts in enumerate(zip(times, states, n_interpolation, strict=True)):
            name = f"trajectory {number}" + (f" ({names[number]})" if names else "")
            _require_usable(name, *parts)
            if states[number].shape[1] != states[0].shape[1]:
                raise DataError(
                    f"{name} has {states[number].shape[1]} components, but trajectory 0 has {states[0].shape[1]}; "
                    "all trajectories need the same state."
                )
        lengths = [len(rows) for rows in states]
        rows = np.arange(max(lengths))
        columns = zip(lengths, n_interpolation, strict=True)
        return cls(
            times=np.stack([_continued(grid.astype(np.float64), len(rows)) for grid in times]),
            states=np.stack([part[np.minimum(rows, len(part) - 1)].astype(np.float64) for part in states]),
            clean=None,
            window=np.stack(
                [
                    np.select([rows < n_learned, rows < length], [INTERPOLATION, EXTRAPOLATION], PADDING)
                    for length, n_learned in columns
                ]
            ),
            initial_states=np.stack([part[0].astype(np.float64) for part in states]),
        )

    @property
    def interpolation(self) -> Bool[np.ndarray, "batch time"]:
        """Which rows are learned from."""
        return self.window == INTERPOLATION

    @property
    def extrapolation(self) -> Bool[np.ndarray, "batch time"]:
        """Which rows are forecast."""
        return self.window == EXTRAPOLATION

    @property
    def n_trajectories(self) -> int:
        """Number of trajectories."""
        return self.states.shape[0]

    @property
    def dim(self) -> int:
        """Number of components of a state."""
        return self.states.shape[2]

    @property
    def lengths(self) -> Int[np.ndarray, " batch"]:
        """Number of rows of each trajectory without its padding; its last row is one less."""
        return (self.window != PADDING).sum(axis=1)

    def interpolation_part(self) -> "Observations":
        """The rows to learn from alone; nothing of the extrapolation window is left, not even in the padding."""
        n_learned = self.interpolation.sum(axis=1)
        columns = np.arange(n_learned.max())
        rows = np.minimum(columns, n_learned[:, None] - 1)
        learned = self.interpolation[:, columns]
        return Observations(
            times=self.times[:, columns],
            states=np.take_along_axis(self.states, rows[..., None], axis=1),
            clean=None if self.clean is None else np.take_along_axis(self.clean, rows[..., None], axis=1),
            window=np.where(learned, INTERPOLATION, PADDING),
            initial_states=self.initial_states,
        )

    def _require_structure(self) -> None:
        batch_and_time, dim = self.times.shape, self.states.shape[-1]
        expected = {
            "states": (*batch_and_time, dim),
            "clean": (*batch_and_time, dim),
            "window": batch_and_time,
            "initial_states": (*batch_and_time[:1], dim),
        }
        for name, shape in expected.items():
            values = getattr(self, name)
            if values is not None and values.shape != shape:
                raise DataError(f"{name} has the shape {values.shape}; with times {batch_and_time} it must be {shape}.")
        if not np.isfinite(self.initial_states).all():
            raise DataError("initial_states holds values that are not finite; give the states at the first times.")


def _require_usable(name: str, times: np.ndarray, states: np.ndarray, n_interpolation: int) -> None:
    """Stop at what no trajectory may have; `n_interpolation` of its rows are learned from."""
    if states.ndim != 2 or states.shape[1] == 0:
        raise DataError(f"{name} has states of the shape {states.shape}; expected (time, dim), not empty.")
    if states.dtype.kind not in "biuf" or times.dtype.kind not in "biuf":
        raise DataError(f"{name} has the types {states.dtype} (states) and {times.dtype} (times); give real numbers.")
    if times.shape != states.shape[:1]:
        raise DataError(f"{name} has {len(states)} states, but times of the shape {times.shape}; give one per state.")
    if not 2 <= n_interpolation <= len(states):
        raise DataError(
            f"{name}: {n_interpolation} of its {len(states)} rows are in the interpolation window; learning needs at "
            "least 2: use a longer trajectory or a larger window."
        )
    bad_rows, bad_components = np.nonzero(~(np.abs(states) < LARGEST_VALUE))  # nan compares as False as well
    if len(bad_rows):
        row, component = bad_rows[0], bad_components[0]
        raise DataError(
            f"{name}: the state is {states[row, component]} at row {row}, component {component}; values must be finite "
            f"and below {LARGEST_VALUE:g}: leave the row out, or rescale."
        )
    if not np.isfinite(times).all():
        row = int(np.argmin(np.isfinite(times)))
        raise DataError(f"{name}: the time is {times[row]} at row {row}; times must be finite: leave the row out.")
    late = np.nonzero(np.diff(times) <= 0)[0]
    if len(late):
        row = late[0] + 1
        raise DataError(
            f"{name}: time {times[row]:g} at row {row} follows {times[row - 1]:g}; times must increase: "
            "sort the rows and remove those with a repeated time."
        )


def _continued(times: np.ndarray, n_rows: int) -> np.ndarray:
    """The grid with its last interval repeated until there are `n_rows` times."""
    n_missing = n_rows - len(times)
    return np.concatenate([times, times[-1] + (times[-1] - times[-2]) * np.arange(1, n_missing + 1)])
