"""Trajectories, the container of every data set and of every split: states on a clock, checked where they enter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from sciml_bench.core.checks import require_choice
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import StateArray, is_on_disk, iterate_blocks, joined, mapped, read_block, window
from sciml_bench.data.regular_clock import keeps_step, whole_steps
from sciml_bench.systems import System

LARGEST_VALUE = np.float32(1e30)
"""Networks work in single precision, whose squares overflow beyond this."""

FEWEST_COMPLETE_ROWS = 2
"""Of a trajectory from which rows with missing values are left out."""

_SERIES = ("states", "labels", "times", "clean", "inputs", "weights")
"""Fields with one array per trajectory, whose first axis is time."""

LINEAR, HOLD = INTERPOLATIONS = ("linear", "hold")
"""How inputs go on from one row to the next."""


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
        first_rows: number of the step at which each trajectory begins, where `times` are regular; 0 by default.
        component_names: what the components of a state are called: one per entry of its last axis, one for a field.
        clean: the true states, where they are known, with the shapes of `states`.
        inputs: one array (time, dim_in) per trajectory, of what acted on the system from outside.
        input_names: what the inputs are called, one per column; u1, u2, … by default.
        input_interpolation: between two rows inputs go on in a straight line (`linear`), or keep the value of the
            earlier row (`hold`).
        parameters: one value per trajectory under each name, such as a growth rate.
        weights: one array (time,) per trajectory, of how much each state counts; not negative.
        facts: what does not change in time: `grid`, the positions of the points of a one-dimensional field, or
            `body_names` of states (bodies, axes).
        system: the system that was simulated; None for observed data.
        masked: whether rows may have values that are missing (not a number), which a method leaves out.
        observed: the same rows in the person's own components, where these are coordinates made of them, such as
            logarithms or delays.

    Raises:
        DataError: no states, no common shape, values that are not real finite numbers.
    """

    states: tuple[StateArray, ...]
    time_step: float = 1.0
    time_unit: str = "step"
    labels: tuple[np.ndarray, ...] | None = None
    times: tuple[np.ndarray, ...] | None = None
    names: tuple[str, ...] | None = None
    first_rows: tuple[int, ...] | None = None
    component_names: tuple[str, ...] | None = None
    clean: tuple[StateArray, ...] | None = None
    inputs: tuple[StateArray, ...] | None = None
    input_names: tuple[str, ...] | None = None
    input_interpolation: str = LINEAR
    parameters: Mapping[str, np.ndarray] | None = None
    weights: tuple[np.ndarray, ...] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    system: System | None = None
    masked: bool = False
    observed: "Trajectories | None" = None

    def __post_init__(self) -> None:
        self._require_structure()
        self._require_clock()
        self._require_companions()
        given = [part for part in (self.states, self.clean, self.inputs, self.weights) if part is not None]
        for number in range(self.n_trajectories):
            for series in {id(part): part for part in given}.values():  # the truth may be the states themselves
                self._require_finite(number, series[number])

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
    def named_components(self) -> tuple[str, ...]:
        """What the components are called; x1, x2, … where nobody said."""
        return self.component_names or tuple(f"x{number}" for number in range(1, self.state_shape[-1] + 1))

    @property
    def named_inputs(self) -> tuple[str, ...]:
        """What the inputs are called; none where there are none."""
        n_inputs = self.inputs[0].shape[1] if self.inputs else 0
        return self.input_names or tuple(f"u{number}" for number in range(1, n_inputs + 1))

    @property
    def column_names(self) -> tuple[str, ...]:
        """What every number of a state is called; see `column_names`."""
        return column_names(self.state_shape, self.named_components, tuple(self.facts.get("body_names", ())) or None)

    @property
    def as_observed(self) -> "Trajectories":
        """In the person's own components; itself where these are what is learned from."""
        return self if self.observed is None else self.observed

    @property
    def on_disk(self) -> bool:
        """Whether some states are read from disk."""
        return any(is_on_disk(states) for states in self.states)

    @property
    def is_regular(self) -> bool:
        """Whether states stay near places that are `time_step` apart; see `regular_clock.keeps_step`."""
        return self.times is None or all(keeps_step(times, self.time_step) for times in self.times)

    def between_gaps(self, fewest_rows: int = 1) -> "Trajectories":
        """The pieces between missing rows, each regular and a trajectory of its own; all of it where none are missing.

        A row is missing where an interval is several time steps, or where it is there without a value; what is on no
        clock, or on another, stays as it is.

        Args:
            fewest_rows: shorter pieces are left out.
        """
        if self.masked:
            return self.without_missing_rows().between_gaps(fewest_rows)
        if self.is_regular or self.times is None:
            return self
        pieces = []
        for number, times in enumerate(self.times):
            whole = whole_steps(times, self.time_step)
            if whole is None:
                return self
            gaps = np.flatnonzero(whole != 1) + 1
            edges = pairwise([0, *gaps.tolist(), len(times)])
            long_enough = [(number, slice(*edge)) for edge in edges if edge[1] - edge[0] >= fewest_rows]
            if 2 * len(gaps) > len(whole) or not long_enough:
                return self
            pieces += long_enough
        return self.select(trajectories=[number for number, _ in pieces], time=[piece for _, piece in pieces])

    def complete_rows(self, number: int) -> Bool[np.ndarray, " time"]:
        """Which rows of a trajectory have all their values."""
        states = read_block(self.states[number]) if self.masked else np.empty((self.lengths[number], 0))
        return np.asarray(~np.isnan(states.reshape(len(states), -1)).any(axis=1))

    def without_missing_rows(self) -> "Trajectories":
        """The rows that have all their values, on a clock with gaps; itself where nothing may be missing.

        Raises:
            DataError: a trajectory has fewer than two such rows.
        """
        if not self.masked:
            return self
        rows = [np.flatnonzero(self.complete_rows(number)) for number in range(self.n_trajectories)]
        shortest = min(range(len(rows)), key=lambda number: len(rows[number]))
        if len(rows[shortest]) < FEWEST_COMPLETE_ROWS:
            raise DataError(
                f"data.missing=mask: of {self.lengths[shortest]} rows of {self.name(shortest)} only "
                f"{len(rows[shortest])} have all their values; use data.missing=interpolate, fewer components "
                "(data.observe) or more rows."
            )
        kept = self.picked(rows)
        observed = None if kept.observed is None else kept.observed.unchecked(masked=False)
        return kept.unchecked(masked=False, observed=observed)

    def filled(self) -> "Trajectories":
        """Straight lines in time where values are missing, and the nearest value before the first and after the last.

        A forecast that needs a past without gaps begins with it. Of a split nothing of a later part is used.
        """
        if not self.masked:
            return self
        parts = []
        for number, states in enumerate(self.states):
            rows = read_block(states).reshape(self.lengths[number], -1).copy()
            times = self.times_of(number)
            for column in rows.T:
                known = ~np.isnan(column)
                column[~known] = np.interp(times[~known], times[known], column[known]) if known.any() else 0.0
            parts.append(rows.reshape(states.shape))
        observed = None if self.observed is None else self.observed.filled()
        return self.unchecked(states=tuple(parts), masked=False, observed=observed)

    @property
    def flattened(self) -> Shaped[np.ndarray, "n_states n_state"]:
        """All states of all trajectories as vectors, one after the other; reads everything into memory."""
        return np.concatenate([read_block(states).reshape(states.shape[0], -1) for states in self.states])

    def first_row(self, number: int) -> int:
        """Number of the step of the regular clock at which a trajectory begins."""
        return self.first_rows[number] if self.first_rows else 0

    def times_of(self, number: int) -> Float[np.ndarray, " time"]:
        """When the states of a trajectory were observed, in `time_unit`."""
        if self.times is not None:
            return np.asarray(self.times[number], dtype=np.float64)
        first = self.first_row(number)
        return self.time_step * np.arange(first, first + self.lengths[number], dtype=np.float64)

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
        cuts: list[tuple[int, tuple[int, int]]] = []
        for number, part in zip(numbers, slices, strict=True):
            start, stop, stride = part.indices(self.lengths[number])
            if stride != 1 or stop <= start:
                raise ConfigurationError(f"time={part}: not a contiguous part of {self.name(number)}.")
            cuts.append((number, (start, stop)))
        changes: dict[str, Any] = {
            name: tuple(window(series[number], *row) for number, row in cuts)
            for name in _SERIES
            if (series := getattr(self, name)) is not None
        }
        if self.clean is self.states:
            changes["clean"] = changes["states"]
        if self.names is not None:
            changes["names"] = tuple(self.names[number] for number in numbers)
        if self.times is None:
            changes["first_rows"] = tuple(self.first_row(number) + start for number, (start, _) in cuts)
        if self.parameters is not None:
            changes["parameters"] = {name: values[numbers] for name, values in self.parameters.items()}
        if self.observed is not None:
            changes["observed"] = self.observed.select(trajectories=numbers, time=[slice(*row) for _, row in cuts])
        return self.unchecked(**changes)

    def picked(self, rows: Sequence[Int[np.ndarray, " _"]]) -> "Trajectories":
        """Some rows of every trajectory, in memory, with their times.

        Args:
            rows: increasing numbers, one array for each trajectory.
        """
        changes: dict[str, Any] = {
            name: tuple(read_block(part)[kept] for part, kept in zip(series, rows, strict=True))
            for name in _SERIES
            if (series := getattr(self, name)) is not None
        }
        if self.clean is self.states:
            changes["clean"] = changes["states"]
        changes["times"] = tuple(self.times_of(number)[kept] for number, kept in enumerate(rows))
        observed = None if self.observed is None else self.observed.picked(rows)
        return self.unchecked(**changes, first_rows=None, observed=observed)

    def joined_in_time(self, later: "Trajectories") -> "Trajectories":
        """The same trajectories with the rows of `later` after their own; the clock may have a gap in between.

        Args:
            later: as many trajectories of the same states, such as the test part of a split by time.

        Raises:
            DataError: other trajectories, rows that are not later, or something that only one of the two knows.
        """
        known = [{name for name in _SERIES if getattr(part, name) is not None} - {"times"} for part in (self, later)]
        if (self.n_trajectories, self.state_shape, known[0]) != (later.n_trajectories, later.state_shape, known[1]):
            raise DataError(
                f"{self.n_trajectories} trajectories of states {self.state_shape} with {sorted(known[0])} cannot go on "
                f"with {later.n_trajectories} of {later.state_shape} with {sorted(known[1])}."
            )
        numbers = range(self.n_trajectories)
        changes: dict[str, Any] = {
            name: tuple(joined(*pair) for pair in zip(getattr(self, name), getattr(later, name), strict=True))
            for name in known[0]
        }
        if self.clean is self.states and later.clean is later.states:
            changes["clean"] = changes["states"]
        if self.observed is not None and later.observed is not None:
            changes["observed"] = self.observed.joined_in_time(later.observed)
        follows = all(self.first_row(n) + self.lengths[n] == later.first_row(n) for n in numbers)
        if self.times is not None or later.times is not None or not follows:
            changes["times"] = tuple(np.concatenate([self.times_of(n), later.times_of(n)]) for n in numbers)
            changes["first_rows"] = None
            for number, times in enumerate(changes["times"]):
                if (np.diff(times) <= 0).any():
                    raise DataError(f"{self.name(number)}: the rows to join must come after the last of its own.")
        return self.unchecked(**changes)

    def tail(self, n_rows: int) -> "Trajectories":
        """The last `n_rows` or all there are, in memory: what a forecast begins with, without truth and labels."""
        last = self.select(time=[slice(max(0, length - n_rows), length) for length in self.lengths])
        states = tuple(np.array(read_block(part)) for part in last.states)
        inputs = None if last.inputs is None else tuple(np.array(read_block(part)) for part in last.inputs)
        observed = None if self.observed is None else self.observed.tail(n_rows)
        without = dict.fromkeys(("clean", "labels", "weights", "parameters", "names"))
        return last.unchecked(states=states, inputs=inputs, observed=observed, **without)

    def mapped(self, function: Callable[[np.ndarray], np.ndarray], reach: int = 0) -> "Trajectories":
        """The same function of the states and of the truth, which stay one where they are one; see `MappedRows`."""
        states = tuple(mapped(part, function, reach) for part in self.states)
        if self.clean is None or self.clean is self.states:
            return self.unchecked(states=states, clean=None if self.clean is None else states)
        return self.unchecked(states=states, clean=tuple(mapped(part, function, reach) for part in self.clean))

    def unchecked(self, **changes: Any) -> "Trajectories":
        """The same with some fields replaced by what follows from checked ones: reading all of a file again is slow."""
        part = object.__new__(Trajectories)
        vars(part).update(vars(self) | changes)
        return part

    def require_variation(self, where: str) -> None:
        """Stop if every component of the state is constant; single constant components are fine (border pixels).

        Args:
            where: what is constant, for the message: "the data", "the training split".

        Raises:
            DataError: all states are equal.
        """
        if self.n_states == 1:
            raise DataError(f"{where} is a single state; give more rows, or a larger part of them.")
        first = read_block(self.states[0], 0, 1)
        for states in self.states:
            for _, block in iterate_blocks(states):
                if (block != first).any():
                    return
        raise DataError(f"{where}: all {self.n_states} states are equal (constant data); nothing is there to learn.")

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
                shape = tuple(states.shape)
                raise DataError(f"{self.name(number)} has the shape {shape}; expected (time, dim), not empty.")
            if states.shape[1:] != self.states[0].shape[1:]:
                raise DataError(
                    f"{self.name(number)} has states of shape {tuple(states.shape[1:])}, but {self.name(0)} has "
                    f"{self.state_shape}; all trajectories need the same state shape."
                )

    def _require_clock(self) -> None:
        for name in ("labels", "times", "clean", "inputs", "weights"):
            series = getattr(self, name)
            if series is None:
                continue
            object.__setattr__(self, name, tuple(series))
            if [values.shape[0] for values in series] != list(self.lengths):
                raise DataError(f"{name}: one value is needed for each state of each trajectory {self.lengths}.")
        for number, times in enumerate(self.times or ()):
            wrong = np.flatnonzero(~(np.isfinite(times) & (np.diff(times, prepend=-np.inf) > 0)))
            if len(wrong):
                raise DataError(
                    f"{self.name(number)}: the time is {times[wrong[0]]:g} at row {wrong[0]}; times must be finite and "
                    "increase: sort the rows and remove those with a repeated time."
                )
        require_choice("data.input_interpolation", self.input_interpolation, INTERPOLATIONS)
        if not (np.isfinite(self.time_step) and self.time_step > 0):
            raise DataError(f"time_step={self.time_step}: the time between two states must be positive.")

    def _require_companions(self) -> None:
        for number, clean in enumerate(self.clean or ()):
            if clean.shape != self.states[number].shape:
                raise DataError(
                    f"clean states of {self.name(number)} have the shape {tuple(clean.shape)}; expected that of the "
                    f"states, {tuple(self.states[number].shape)}."
                )
        for name, wanted in (("inputs", 2), ("weights", 1)):
            series = getattr(self, name) or ()
            if any(values.ndim != wanted or values.shape[1:] != next(iter(series)).shape[1:] for values in series):
                raise DataError(f"{name}: expected {'(time, dim_in)' if wanted == 2 else '(time,)'} per trajectory.")
        if self.input_names is not None:
            object.__setattr__(self, "input_names", tuple(self.input_names))
            n_inputs = self.inputs[0].shape[1] if self.inputs else 0
            if len(self.input_names) != n_inputs:
                raise DataError(f"input_names={self.input_names}: {n_inputs} name(s) are needed.")
        if any((values < 0).any() for values in self.weights or ()):
            raise DataError("weights: a state cannot count less than nothing; give numbers of at least 0.")
        for name, values in (self.parameters or {}).items():
            if values.shape[:1] != (self.n_trajectories,) or not np.isfinite(values).all():
                raise DataError(f"parameters.{name}: give {self.n_trajectories} finite values, one per trajectory.")
        if self.component_names is not None:
            object.__setattr__(self, "component_names", tuple(self.component_names))
            n_names = 1 if "grid" in self.facts else self.state_shape[-1]
            if len(self.component_names) != n_names:
                raise DataError(f"data.component_names={self.component_names}: {n_names} name(s) are needed.")
            if len(set(self.component_names)) < n_names:
                names = ", ".join(map(str, self.component_names))
                raise DataError(f"two components have one name ({names}); give data.component_names=[...], each once.")
        for name in ("names", "first_rows"):
            values = getattr(self, name)
            if values is not None and len(values) != self.n_trajectories:
                raise DataError(f"{name}: one is needed for each of {self.n_trajectories} trajectories.")
        if self.times is not None and self.first_rows is not None:
            raise DataError("times and first_rows: give only one, they both say when a trajectory begins.")

    def _require_finite(self, number: int, values: StateArray) -> None:
        for start, block in iterate_blocks(values):
            if block.dtype.kind != "f":
                return
            fine = np.abs(block) < LARGEST_VALUE  # False for nan as well
            if self.masked:
                fine |= np.isnan(block)
            if fine.all():
                continue
            row, *component = (int(axis) for axis in np.argwhere(~fine)[0])
            raise DataError(
                f"{self.name(number)} holds {block[(row, *component)]} at time index {start + row}, "
                f"component {tuple(component)}; values must be finite and below {LARGEST_VALUE:g}: "
                "remove, interpolate or rescale them."
            )


def column_names(
    state_shape: tuple[int, ...], component_names: tuple[str, ...], body_names: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """What every number of a state is called: its component, with body or place where there are such.

    Args:
        state_shape: of one state.
        component_names: one per entry of the last axis, one for a field.
        body_names: of the bodies where states are (bodies, axes).
    """
    if len(state_shape) == 1 and len(component_names) == state_shape[0]:
        return component_names
    if body_names is not None:
        return tuple(f"{body}_{name}" for body in body_names for name in component_names)
    name = component_names[0] if len(component_names) == 1 else "x"
    return tuple("_".join([name, *map(str, place)]) for place in np.ndindex(*state_shape))
