"""What trajectories have to be: of one shape, finite, on a clock that rises, with companions of the same rows."""

from collections.abc import Sequence

import numpy as np

from sciml_bench.core.checks import require_choice
from sciml_bench.core.errors import DataError
from sciml_bench.data.lazy_states import StateArray, is_on_disk, iterate_blocks
from sciml_bench.data.trajectories.observations import INTERPOLATIONS, Observations

LARGEST_VALUE = np.float32(1e30)
"""Networks work in single precision, whose squares overflow beyond this."""
SMALLEST_VALUE = 1e-150
"""Squares of smaller ones are nothing in double precision."""


class MissingError(DataError):
    """A value is missing.

    Args:
        what: which one.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; values must be finite: remove or interpolate them.")
        self.what = what


def require_structure(observations: Observations) -> None:
    """Trajectories of real numbers, all with states of one shape.

    Raises:
        DataError: they are not.
    """
    if not observations.states:
        raise DataError("The data hold no trajectory; give at least one array with axes (time, dim).")
    for number, states in enumerate(observations.states):
        if states.dtype.kind not in "biuf":
            raise DataError(
                f"{observations.name(number)} has the type {states.dtype}; only real numbers can be used "
                "(no objects, text or complex values): convert it first."
            )
        if states.ndim < 2 or 0 in states.shape:
            shape = tuple(states.shape)
            raise DataError(f"{observations.name(number)} has the shape {shape}; expected (time, dim), not empty.")
        if states.shape[1:] != observations.states[0].shape[1:]:
            raise DataError(
                f"{observations.name(number)} has states of shape {tuple(states.shape[1:])}, but "
                f"{observations.name(0)} has {observations.state_shape}; all trajectories need the same state shape."
            )


def require_clock(observations: Observations) -> None:
    """Companions of as many rows, times that rise, a time step that is positive.

    Raises:
        DataError: they have not.
    """
    for name in ("labels", "times", "clean", "inputs", "weights"):
        series = getattr(observations, name)
        if series is None:
            continue
        if [values.shape[0] for values in series] != list(observations.lengths):
            raise DataError(f"{name}: one value is needed for each state of each trajectory {observations.lengths}.")
    for number, times in enumerate(observations.times or ()):
        wrong = np.flatnonzero(~(np.isfinite(times) & (np.diff(times, prepend=-np.inf) > 0)))
        if len(wrong):
            raise DataError(
                f"{observations.name(number)}: the time is {times[wrong[0]]:g} at row {wrong[0]}; times must be finite "
                "and increase: sort the rows, remove those with a repeated time, and part trajectories that stand one "
                "below another."
            )
    require_choice("data.input_interpolation", observations.input_interpolation, INTERPOLATIONS)
    if not (np.isfinite(observations.time_step) and observations.time_step > 0):
        raise DataError(f"time_step={observations.time_step}: the time between two states must be positive.")


def require_companions(observations: Observations) -> None:
    """Truth, inputs, weights, parameters and names that fit the states.

    Raises:
        DataError: they do not.
    """
    for number, clean in enumerate(observations.clean or ()):
        if clean.shape != observations.states[number].shape:
            raise DataError(
                f"clean states of {observations.name(number)} have the shape {tuple(clean.shape)}; expected that of "
                f"the states, {tuple(observations.states[number].shape)}."
            )
    for name, wanted in (("inputs", 2), ("weights", 1)):
        series = getattr(observations, name) or ()
        if any(values.ndim != wanted or values.shape[1:] != next(iter(series)).shape[1:] for values in series):
            raise DataError(f"{name}: expected {'(time, dim_in)' if wanted == 2 else '(time,)'} per trajectory.")
    if observations.input_names is not None:
        n_inputs = observations.inputs[0].shape[1] if observations.inputs else 0
        if len(observations.input_names) != n_inputs:
            raise DataError(f"input_names={observations.input_names}: {n_inputs} name(s) are needed.")
    if any((values < 0).any() for values in observations.weights or ()):
        raise DataError("weights: a state cannot count less than nothing; give numbers of at least 0.")
    for name, values in (observations.parameters or {}).items():
        if values.shape[:1] != (observations.n_trajectories,) or not np.isfinite(values).all():
            raise DataError(f"parameters.{name}: give {observations.n_trajectories} finite values, one per trajectory.")
    if observations.component_names is not None:
        of_field = observations.states[0].ndim > 2 and len(observations.component_names) == 1
        of_field = "grid" in observations.facts or (of_field and "body_names" not in observations.facts)
        n_names = 1 if of_field else observations.state_shape[-1]
        if len(observations.component_names) != n_names:
            raise DataError(f"data.component_names={observations.component_names}: {n_names} name(s) are needed.")
        if len(set(observations.component_names)) < n_names:
            names = ", ".join(map(str, observations.component_names))
            raise DataError(f"two components have one name ({names}); give data.component_names=[...], each once.")
    for name in ("names", "first_rows", "time_origins"):
        values = getattr(observations, name)
        if values is not None and len(values) != observations.n_trajectories:
            raise DataError(f"{name}: one is needed for each of {observations.n_trajectories} trajectories.")
    if observations.times is not None and observations.first_rows is not None:
        raise DataError("times and first_rows: give only one, they both say when a trajectory begins.")


def require_finite(observations: Observations, number: int, values: StateArray) -> None:
    """Values that networks can work with, read in blocks; missing ones only where they are masked.

    Args:
        observations: of which they are.
        number: of the trajectory.
        values: its states, truth, inputs or weights.

    Raises:
        DataError: one is not finite, or too large.
    """
    for start, block in iterate_blocks(values):
        if block.dtype.kind != "f":
            return
        fine = np.abs(block) < LARGEST_VALUE  # False for nan as well
        if observations.masked:
            fine |= np.isnan(block)
        if fine.all():
            continue
        row, *component = (int(axis) for axis in np.argwhere(~fine)[0])
        value = block[(row, *component)]
        place = _place(observations, number, start + row, values, component)
        if np.isnan(value):
            told = f"has no value at {place}" if is_on_disk(values) else f"holds nan at {place}"
            raise MissingError(f"{observations.name(number)} {told}")
        raise DataError(
            f"{observations.name(number)} holds {value} at {place}; values must be finite and below "
            f"{LARGEST_VALUE:g}: remove, interpolate or rescale them."
        )


def _place(observations: Observations, number: int, row: int, values: StateArray, component: Sequence[int]) -> str:
    """A row with its time, and a component by its name, where it has one."""
    unit = "" if observations.time_unit in ("step", "time") else f" {observations.time_unit}"
    acting = any(values is each for each in observations.inputs or ())
    names = observations.named_inputs if acting else observations.named_components
    named = len(component) == 1 and len(names) == values.shape[1]
    told = names[component[0]] if named else ", ".join(map(str, component))
    return f"row {row}, time {observations.time_at(number, row):g}{unit}" + (f", component {told}" if component else "")
