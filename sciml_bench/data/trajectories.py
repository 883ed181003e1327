"""Trajectories, the container of every data set and of every split: states on a clock, checked where they enter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import StateArray, is_on_disk, iterate_blocks, read_block, window

LARGEST_VALUE = np.float32(1e30)
"""Networks work in single precision, whose squares overflow beyond this."""


@dataclass(frozen=True, eq=False)
class Trajectories:
    """One or several trajectories of the same system, each of its own length.

    Args:
        states: one array (time, *state) per trajectory, all of the same state shape; memory maps stay memory maps.
        time_step: time between two consecutive states, in `time_unit` (the median where `times` is irregular).
        time_unit: "step" for maps and images, otherwise the system's own unit.
        labels: one array (time,) of class numbers per trajectory, where the states carry labels.
        times: one increasing array (time,) per trajectory, in `time_unit`; by default regular from zero.
        names: where each trajectory comes from, for messages.

    Raises:
        DataError: no states, no common shape, values that are not real finite numbers, or nothing ever changes.
    """

    states: tuple[StateArray, ...]
    time_step: float = 1.0
    time_unit: str = "step"
    labels: tuple[np.ndarray, ...] | None = None
    times: tuple[np.ndarray, ...] | None = None
    names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        self._require_structure()
        self._require_clock()
        for number in range(self.n_trajectories):
            self._require_finite(number)
        self.require_variation("the data")

    @property
    def n_trajectories(self) -> int:
        """Number of trajectories."""
        return len(self.states)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Number of states of each trajectory."""
        return tuple(states.shape[0] for states in self.states)

    @property
    def n_states(self) -> int:
        """Number of states of all trajectories together."""
        return sum(self.lengths)

    @property
    def state_shape(self) -> tuple[int, ...]:
        """Shape of one state."""
        return tuple(self.states[0].shape[1:])

    @property
    def on_disk(self) -> bool:
        """Whether some states are read from disk."""
        return any(is_on_disk(states) for states in self.states)

    @property
    def is_regular(self) -> bool:
        """Whether consecutive states are `time_step` apart to one percent."""
        if self.times is None:
            return True
        return all(np.allclose(np.diff(times), self.time_step, rtol=1e-2, atol=0) for times in self.times)

    @property
    def flattened(self) -> Shaped[np.ndarray, "n_states n_state"]:
        """All states of all trajectories as vectors, one after the other; reads everything into memory."""
        rows = [read_block(states, 0, states.shape[0]).reshape(states.shape[0], -1) for states in self.states]
        return np.concatenate(rows)

    def name(self, number: int) -> str:
        """How messages call a trajectory."""
        return f"trajectory {number}" + (f" ({self.names[number]})" if self.names else "")

    def select(
        self, *, trajectories: Sequence[int] | None = None, time: slice | Sequence[slice] | None = None
    ) -> "Trajectories":
        """Some trajectories, or a window in time of each; nothing is copied or read.

        Args:
            trajectories: numbers of the trajectories to keep; all by default.
            time: one contiguous slice for all kept trajectories, or one for each.

        Raises:
            ConfigurationError: a trajectory does not exist, or a window is empty or has a stride.
        """
        numbers = list(range(self.n_trajectories)) if trajectories is None else list(trajectories)
        if not numbers or any(not 0 <= number < self.n_trajectories for number in numbers):
            raise ConfigurationError(f"trajectories={numbers}: choose among 0 to {self.n_trajectories - 1}.")
        slices = [time or slice(None)] * len(numbers) if time is None or isinstance(time, slice) else list(time)
        rows = [self._rows(number, part) for number, part in zip(numbers, slices, strict=True)]
        cuts = list(zip(numbers, rows, strict=True))
        # The values were checked when the whole was made; reading a large file once more would cost minutes.
        part = object.__new__(Trajectories)
        fields = {
            "states": tuple(window(self.states[number], *row) for number, row in cuts),
            "time_step": self.time_step,
            "time_unit": self.time_unit,
            "labels": None if self.labels is None else tuple(self.labels[n][slice(*row)] for n, row in cuts),
            "times": None if self.times is None else tuple(self.times[n][slice(*row)] for n, row in cuts),
            "names": None if self.names is None else tuple(self.names[number] for number in numbers),
        }
        for field, value in fields.items():
            object.__setattr__(part, field, value)
        return part

    def require_variation(self, where: str) -> None:
        """Stop if every component of the state is constant; single constant components are fine (border pixels).

        Args:
            where: what is constant, for the message: "the data", "the training split".

        Raises:
            DataError: all states are equal.
        """
        first = read_block(self.states[0], 0, 1)
        for states in self.states:
            for _, block in iterate_blocks(states):
                if (block != first).any():
                    return
        raise DataError(
            f"{where}: all {self.n_states} states are equal (constant data); there is no dynamics to learn."
        )

    def _rows(self, number: int, part: slice) -> tuple[int, int]:
        start, stop, stride = part.indices(self.lengths[number])
        if stride != 1 or stop <= start:
            raise ConfigurationError(f"time={part}: not a contiguous part of {self.name(number)}.")
        return start, stop

    def _require_structure(self) -> None:
        object.__setattr__(self, "states", tuple(self.states))
        if not self.states:
            raise DataError("The data hold no trajectory; give at least one array with axes (time, dim).")
        for number, states in enumerate(self.states):
            if states.dtype.kind not in "biuf":
                raise DataError(
                    f"{self.name(number)} has the type {states.dtype}; only real numbers can be used "
                    "(no objects, text or complex values): convert it first."
                )
            if states.ndim < 2 or 0 in states.shape:
                raise DataError(
                    f"{self.name(number)} has the shape {tuple(states.shape)}; expected (time, dim), not empty."
                )
            if states.shape[1:] != self.states[0].shape[1:]:
                raise DataError(
                    f"{self.name(number)} has states of shape {tuple(states.shape[1:])}, but {self.name(0)} has "
                    f"{self.state_shape}; all trajectories need the same state shape."
                )

    def _require_clock(self) -> None:
        if not (np.isfinite(self.time_step) and self.time_step > 0):
            raise DataError(f"time_step={self.time_step}: the time between two states must be positive.")
        for field in ("labels", "times"):
            series = getattr(self, field)
            if series is None:
                continue
            object.__setattr__(self, field, tuple(series))
            if [len(values) for values in series] != list(self.lengths):
                raise DataError(f"{field}: one value is needed for each state of each trajectory {self.lengths}.")
        for number, times in enumerate(self.times or ()):
            if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
                raise DataError(f"times of {self.name(number)} must increase from row to row and be finite.")

    def _require_finite(self, number: int) -> None:
        for start, block in iterate_blocks(self.states[number]):
            if block.dtype.kind != "f":
                return
            fine = np.abs(block) < LARGEST_VALUE  # False for nan as well
            if fine.all():
                continue
            row, *component = (int(axis) for axis in np.argwhere(~fine)[0])
            raise DataError(
                f"{self.name(number)} holds {block[(row, *component)]} at time index {start + row}, "
                f"component {tuple(component)}; values must be finite and below {LARGEST_VALUE:g}: "
                "remove, interpolate or rescale them."
            )
