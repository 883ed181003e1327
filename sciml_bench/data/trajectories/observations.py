"""What trajectories consist of, and what can be told of them without making others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from sciml_bench.data.lazy_states import StateArray, is_on_disk, read_block
from sciml_bench.data.regular_clock import keeps_step, whole_steps
from sciml_bench.data.trajectories.time_origin import TimeOrigin
from sciml_bench.systems import System

LINEAR, HOLD = INTERPOLATIONS = ("linear", "hold")
"""How inputs go on from one row to the next."""


@dataclass(frozen=True, eq=False)
class Observations:
    """States on a clock, with what is known of them; see `Trajectories`, which are checked.

    Args:
        states: one array (time, *state) per trajectory, all of the same state shape; memory maps stay memory maps.
        time_step: time between two consecutive states, in `time_unit` (the median where `times` is irregular).
        time_unit: "step" for maps and images, otherwise the system's own unit.
        labels: one array (time,) of class numbers per trajectory, where the states carry labels.
        times: one increasing array (time,) per trajectory, in `time_unit`; by default regular from zero.
        time_origins: the moment from which the times of each trajectory count, where they were dates.
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
        facts: what does not change in time: `grid`, the positions of the points of a one-dimensional field, `axes`,
            what stands along each axis of a state (`StateAxis`), `body_names` of states (bodies, axes), the four bodies
            of each dihedral of a molecule (`dihedral_atoms`), `cell_areas` of a field on a sphere, or the
            `lyapunov_time` of what moves.
        system: the system that was simulated; None for observed data.
        masked: whether rows may have values that are missing (not a number), which a method leaves out.
        missing_times: when the rows of each trajectory were observed that were cut out; nothing goes on across them.
        observed: the same rows in the person's own components, where these are coordinates made of them, such as
            logarithms or delays.
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
    missing_times: tuple[np.ndarray, ...] | None = None
    time_origins: tuple[TimeOrigin, ...] | None = None
    observed: "Observations | None" = None

    @property
    def n_trajectories(self) -> int:
        """Number of trajectories."""
        return len(self.states)

    @cached_property  # it is asked for once for each of many trajectories
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
    def on_disk(self) -> bool:
        """Whether some states are read from disk."""
        return any(is_on_disk(states) for states in self.states)

    @property
    def is_regular(self) -> bool:
        """Whether states stay near places that are `time_step` apart; see `regular_clock.keeps_step`."""
        return self.times is None or all(keeps_step(times, self.time_step) for times in self.times)

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

    def time_at(self, number: int, row: int) -> float:
        """When one state of a trajectory was observed: without the clock of a record that has billions of rows."""
        if self.times is not None:
            return float(self.times[number][row])
        return self.time_step * float(self.first_row(number) + (row if row >= 0 else self.lengths[number] + row))

    def name(self, number: int) -> str:
        """How messages call a trajectory, or one of its pieces between gaps, which have one name."""
        if self.names and self.names.count(self.names[number]) > 1:
            return f"the piece of {self.names[number]} from time {self.time_at(number, 0):g} on"
        return f"trajectory {number}" + (f" ({self.names[number]})" if self.names else "")

    def gaps(self, number: int) -> Int[np.ndarray, " _"] | None:
        """The rows of a trajectory before which rows are missing; None on no regular clock, or where most are."""
        if self.times is None or keeps_step(times := self.times_of(number), self.time_step):
            return np.empty(0, dtype=int)
        whole = whole_steps(times, self.time_step)
        gaps = None if whole is None else np.flatnonzero(whole != 1) + 1
        return None if gaps is None or 2 * len(gaps) > len(times) - 1 else gaps

    def cuts(self, number: int) -> Int[np.ndarray, " _"]:
        """The rows of a trajectory before which rows were cut out, on any clock."""
        if self.missing_times is None:
            return np.empty(0, dtype=int)
        rows = np.unique(np.searchsorted(self.times_of(number), self.missing_times[number]))
        return rows[(rows > 0) & (rows < self.lengths[number])]

    def edges(self, number: int) -> list[int]:
        """The first row of every piece of a trajectory between missing rows, and the end of the last."""
        gaps = self.gaps(number)
        return [
            0,
            *np.union1d(self.cuts(number), [] if gaps is None else gaps).astype(int).tolist(),
            self.lengths[number],
        ]

    def complete_rows(self, number: int) -> Bool[np.ndarray, " time"]:
        """Which rows of a trajectory have all their values."""
        states = read_block(self.states[number]) if self.masked else np.empty((self.lengths[number], 0))
        return np.asarray(~np.isnan(states.reshape(len(states), -1)).any(axis=1))


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
