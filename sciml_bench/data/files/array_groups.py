"""Arrays that only have names as trajectories: which is the clock of which, and what their axes count."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.clocks import Clock, are_times, clock_unit, is_time_name, rises, rises_evenly, unit_of_name
from sciml_bench.data.files.contents import Arrays, Field, Rows
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.tables.columns import NO_COLUMN
from sciml_bench.data.lazy_states import LazyStates, StateArray

STEP_NAMES = ("dt", "delta_t", "time_step", "timestep")


def trajectories_of_arrays(
    path: Path, content: Arrays, keys: Sequence[str], layout: str, times_key: str | None
) -> list[NamedTrajectory]:
    """Every group of arrays on its own clock, or on that of a group around it.

    Args:
        path: the file.
        content: of the file.
        keys: names of the arrays or groups to use; all by default.
        layout: as in `arrange`.
        times_key: name of the array of times, in its group or in the file; "none" where there is none.

    Raises:
        ConfigurationError: there is no such array, or the layout does not fit.
        DataError: the arrays are no trajectories of one system.
    """
    if content.fault and not keys:
        names = ", ".join(content.arrays)
        choice = f"data.key=<name> (of {names}), with data.layout and data.times_key where they are needed"
        raise DataError(f"data.path={path}: {content.fault}; mend that, or read one array without it by {choice}")
    chosen = content.names_of(path, keys)
    groups: dict[str, list[str]] = {}
    for name in chosen:
        groups.setdefault(content.group_of(name), []).append(name)
    found: list[NamedTrajectory] = []
    spare: list[str] = []  # of groups that hold no trajectory
    for group, names in groups.items():
        if len(groups) > 1 and all(_is_named_clock(content, name) for name in names):
            continue  # the clock of the groups in it
        taken = _Group(path, content, group, names, bool(keys))
        parts = taken.trajectories(layout, times_key)
        found, spare = [*found, *parts], [*spare, *([] if parts else taken.notes)]
    if len({part.states.shape[1:] for part in found}) > 1:
        shapes = ", ".join(f"{name} {tuple(content.arrays[name].shape)}" for name in chosen)
        raise DataError(f"data.path={path}: the arrays differ in shape ({shapes}); choose one with data.key=<name>.")
    if not found:
        raise DataError(f"data.path={path}: the file holds no array of states.")
    return [replace(found[0], notes=(*found[0].notes, *spare)), *found[1:]]


def _is_named_clock(content: Arrays, name: str) -> bool:
    array = content.arrays[name]
    return (
        _is_column(array) and is_time_name(leaf := content.leaf_of(name)) and are_times(leaf, np.asarray(array).ravel())
    )


def _is_column(array: Any) -> bool:
    """Whether an array has one axis that counts, as (time,), (time, 1) and (1, time) do."""
    return len(array.shape) == 1 or (len(array.shape) == 2 and 1 in array.shape and max(array.shape) > 1)


class _Group:
    """Arrays that stand together, with those around them."""

    def __init__(self, path: Path, content: Arrays, group: str, names: Sequence[str], chosen: bool) -> None:
        self.path, self.content, self.chosen, self.notes = path, content, chosen, list(content.notes)
        self.arrays = {name: content.arrays[name] for name in names}
        around = [name for name in content.arrays if content.is_around(name, group)]
        self.around = sorted(around, key=lambda name: -len(content.group_of(name)))  # the nearest first

    def trajectories(self, layout: str, times_key: str | None) -> list[NamedTrajectory]:
        """All of the group."""
        clock = None
        step = self._take_step() if len(self.content.arrays) > 1 else None  # beside cells and groups as well
        if times_key not in (None, NO_COLUMN):
            clock = self._named(str(times_key))
        elif times_key is None and len(self.around) > 1:
            clock = self._clock()
            self.notes += [] if clock is None else [f"the array {clock} is the time"]
        if clock is not None:
            self.arrays.pop(clock, None)
        times, unit, origin = (None, None, None) if clock is None else self._times(clock)
        parts = self._taken_apart(times, layout) if self.arrays else []
        grids = [times] * len(parts) if times is None or times.ndim == 1 else list(times)
        if len(grids) != len(parts):
            raise DataError(
                f"data.times_key={clock}: {self.path} holds {len(grids)} time grids for {len(parts)} trajectories; "
                "give one for all, or one for each."
            )
        facts = {"time_step": step, "time_unit": unit, "time_origin": origin, "notes": tuple(self.notes)}
        return [replace(part, times=grid, **facts) for part, grid in zip(parts, grids, strict=True)]

    def _named(self, wanted: str) -> str:
        """An array by its whole name, or by its name in its group."""
        for name in [*self.around, *self.content.arrays]:
            if wanted == name or (name in self.around and wanted == self.content.leaf_of(name)):
                return name
        raise ConfigurationError(
            f"data.times_key={wanted}: {self.path} has no array of this name; its arrays are "
            f"{', '.join(filter(None, self.content.arrays))}."
        )

    def _times(self, name: str) -> Clock:
        unit = self.content.units.get(name)
        times = np.asarray(self.content.arrays[name])
        times = times.ravel() if _is_column(times) else times.reshape(times.shape[:2]) if times.ndim == 3 else times
        unit = unit_of_name(self.content.leaf_of(name)) if unit is None else clock_unit(unit)
        return Clock(times, unit, self.content.origins.get(name))

    def _take_step(self) -> float | None:
        """The time step, if a single number has its name; other single numbers are no trajectory and taken out."""
        step, left_out = None, []
        for name in [name for name in self.around if math.prod(self.content.arrays[name].shape) == 1]:
            value = float(np.asarray(self.content.arrays[name]).ravel()[0])
            if self.content.leaf_of(name).lower() in STEP_NAMES:
                step = value
                self.notes.append(f"{name} is the time between two rows")
                self.arrays.pop(name, None)
            elif name in self.arrays and not self.chosen:
                left_out.append(f"{name}={value:g}")
                del self.arrays[name]
        if left_out:
            shown = left_out if len(left_out) < 5 else [*left_out[:3], f"… ({len(left_out)})"]
            self.notes.append(f"{', '.join(shown)} {'is' if len(left_out) == 1 else 'are'} left out")
        return step

    def _clock(self) -> str | None:
        """The array that is the clock of the others: by its name, or as the only one that rises evenly."""
        if (grids := self._named_grids()) is not None:
            return grids
        # T is more often a temperature than the time, and what is out of order another thing where something rises
        named = [name for name in self.around if _is_named_clock(self.content, name)]
        doubt = {n: (self.content.leaf_of(n) == "T", not rises(np.ravel(self.content.arrays[n]))) for n in named}
        others = [array for name, array in self.arrays.items() if name not in named]
        for name in sorted(named, key=doubt.__getitem__):
            own = name in self.arrays and not self.chosen
            length = (math.prod(self.content.arrays[name].shape),)
            if own or any(set(length) & {*one.shape} for one in others):
                return name
        if self.chosen or len(self.arrays) < 2:
            return None
        single = {name: array for name, array in self.arrays.items() if len(array.shape) == 1}
        even = [name for name, array in single.items() if rises_evenly(np.asarray(array, dtype=np.float64))]
        fits = [n for n in even if all(single[n].shape[0] in array.shape[:2] for array in self.arrays.values())]
        return fits[0] if len(fits) == 1 else None

    def _named_grids(self) -> str | None:
        """The array (batch, time) that has the name of a clock and rises in each row; states have these axes first."""
        for name in self.around:
            array, states = self.content.arrays[name], [one for other, one in self.arrays.items() if other != name]
            shape = tuple(array.shape)[:2]
            fits = states and all(tuple(one.shape[:2]) == shape for one in states)
            named = len(shape) == 2 and is_time_name(self.content.leaf_of(name))
            if fits and named and min(shape) > 1 and math.prod(array.shape) == math.prod(shape):
                rows = np.asarray(array, dtype=np.float64).reshape(shape)
                if all(map(rises, rows)):
                    return name
        return None

    def _taken_apart(self, times: np.ndarray | None, layout: str) -> list[NamedTrajectory]:
        """Every array as trajectories; arrays (time,) beside their clock as components of one."""
        shapes = {tuple(array.shape) for array in self.arrays.values()}
        units = [self.content.units.get(name) for name in self.arrays]
        names = [self.content.leaf_of(name) for name in self.arrays]
        if times is not None and times.ndim == 2:
            if shapes == {times.shape} and len(names) > 1:
                states = np.stack([np.asarray(array) for array in self.arrays.values()], axis=-1)
                parts = arrange(states, "many", str(self.path))
                return [replace(part, component_names=tuple(names), component_units=tuple(units)) for part in parts]
            layout = "many"
        if times is not None and shapes == {times.shape} and layout != "many" and len(names) > 1:
            states = np.column_stack([np.asarray(array) for array in self.arrays.values()])
            return [NamedTrajectory(str(self.path), states, component_names=tuple(names), component_units=tuple(units))]
        if times is not None and layout != "many" and (joined := self._side_by_side(times)) is not None:
            return [joined]
        kinds = {_is_logical(array) for array in self.arrays.values() if len(array.shape) > 1}
        if len(kinds) > 1:
            flags = ", ".join(name for name, array in self.arrays.items() if _is_logical(array))
            raise DataError(
                f"data.path={self.path}: {flags} holds true and false beside arrays of numbers, as a mask does; choose "
                "among them with data.key=<name>, and write missing values as not a number."
            )
        parts: list[NamedTrajectory] = []
        for (name, array), unit in zip(self.arrays.items(), units, strict=True):
            where = f"{self.path}, array {name}" if name else str(self.path)
            several = arrange(array, layout, where, None if times is None else times.shape[-1], self.notes)
            dim = several[0].states.shape[-1]
            labels = {self.content.leaf_of(text).lower(): row for text, row in self.content.texts.items()}
            given = labels.pop("units", labels.pop("unit", None))
            called = next((row for row in labels.values() if len(row) == len(set(row)) == dim), None)
            own = given if given is not None and len(given) == dim else (unit,) * dim if unit else None
            alone = leaf if (leaf := self.content.leaf_of(name)) and several[0].states.shape[1:] == (1,) else None
            facts: dict[str, Any] = {"component_names": called, "component_units": own, "array_name": alone}
            parts += [replace(part, **facts) for part in several]
        return parts

    def _side_by_side(self, times: np.ndarray) -> NamedTrajectory | None:
        """Arrays (time,) and (time, dim) beside their clock as components of one trajectory; None for others."""
        found = self.arrays
        columns = [array.shape[1] if len(array.shape) == 2 else 1 for array in found.values()]
        fit = all(len(array.shape) in (1, 2) and array.shape[0] == len(times) for array in found.values())
        if times.ndim != 1 or not fit or len(set(columns)) < 2 or 1 not in columns:
            return None
        single = [np.asarray(array) for array in found.values() if len(array.shape) == 1]
        if any(rises_evenly(array.astype(np.float64)) for array in single):  # another clock
            return None
        labels: list[str] = []
        for name, n_columns in zip(found, columns, strict=True):
            leaf = self.content.leaf_of(name)
            labels += [leaf] if n_columns == 1 else [f"{leaf}{number}" for number in range(1, n_columns + 1)]
        if len(set(labels)) < len(labels):
            return None
        units = [self.content.units.get(name) for name, n in zip(found, columns, strict=True) for _ in range(n)]
        states = np.column_stack([np.asarray(array) for array in found.values()])
        return NamedTrajectory(str(self.path), states, component_names=tuple(labels), component_units=tuple(units))


def _is_logical(array: Any) -> bool:
    return array.dtype.kind == "b"


def arrange(
    array: Any, layout: str, name: str, n_times: int | None = None, notes: list[str] | None = None
) -> list[NamedTrajectory]:
    """Take an array apart into trajectories with axes (time, *state); nothing large is read.

    Args:
        array: a NumPy array, a memory map, or something else with `shape`, `dtype` and slicing.
        layout: "auto", "single" or "many".
        name: where the array comes from.
        n_times: entries of the clock, where there is one: with "auto" the only axis of this length is the time.
        notes: to which is added how the array was read.

    Raises:
        ConfigurationError: the layout does not fit, or "auto" would have to guess.
    """
    n_axes, shape = len(array.shape), tuple(array.shape)
    if layout == "auto" and n_axes in (2, 3) and shape.count(n_times) == 1:
        if shape[-1] == n_times:
            if notes is not None:
                notes.append(f"the last axis of {name.rpartition(', ')[2]} is the time")
            return _time_last(array, name)
        layout = "single" if shape[0] == n_times else "many"
    if layout == "auto" and n_axes > 3:
        raise ConfigurationError(
            f"data.layout=auto: {name} has {n_axes} axes {shape}; say data.layout=single for "
            "(time, *state) or data.layout=many for (batch, time, *state)."
        )
    if n_axes < (2 if layout == "many" else 1):
        raise ConfigurationError(f"data.layout={layout}: {name} has the shape {shape}, too few axes.")
    several = layout == "many" or (layout == "auto" and n_axes == 3)
    if n_axes == (2 if several else 1):
        array = (array if isinstance(array, np.memmap) else np.asarray(array))[..., None]
    on_disk = not isinstance(array, np.ndarray)
    if not several:
        return [NamedTrajectory(name, LazyStates(array) if on_disk else array)]
    return [
        NamedTrajectory(f"{name}, row {row}", LazyStates(array, trajectory=row) if on_disk else array[row])
        for row in range(array.shape[0])
    ]


def _time_last(array: Any, name: str) -> list[NamedTrajectory]:
    """The trajectories of an array with axes (dim, time) or (batch, dim, time)."""
    field = Field(array, ("trajectory", "state", "time")[3 - len(array.shape) :])
    places = [{"trajectory": row} for row in range(array.shape[0])] if len(array.shape) == 3 else [{}]
    found: list[NamedTrajectory] = []
    for row, place in enumerate(places):
        rows = Rows([field], "time", ["state"], place, stacked=False)
        # a memory map stays on disk
        states: StateArray = rows[:] if type(array) is np.ndarray else LazyStates(rows)
        found.append(NamedTrajectory(f"{name}, row {row}" if place else name, states))
    return found
