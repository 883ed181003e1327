"""Fields whose axes have names as trajectories: which axis is the time, which counts trajectories, what is a state."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.cell_areas import Latitudes
from sciml_bench.data.files.clocks import Clock, are_times, clock_unit, is_time_name, times_of_moments, unit_of_name
from sciml_bench.data.files.contents import Coordinate, Field, Fields, Rows
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.tables.columns import NO_COLUMN
from sciml_bench.data.lazy_states import LazyStates
from sciml_bench.data.trajectories.state_axis import StateAxis
from sciml_bench.data.trajectories.time_origin import MONTH, SECONDS, TimeOrigin

TRAJECTORY_AXES = ("trajectory", "traj", "sample", "batch", "member", "ensemble", "realization", "number", "case")
TRAJECTORY_AXES += ("run", "experiment", "simulation", "trial")
"""What an axis is called that counts trajectories, also in the plural; upper case counts as lower case."""

INITIAL_TIMES = ("init", "init_time", "initial_time", "initialization_time", "reftime", "reference_time", "s")
INITIAL_TIMES += ("forecast_reference_time", "start_date", "start_time")
"""What an axis is called whose entries are forecasts, by the moments at which they begin; a trajectory each."""

SPACE_AXES = ("x", "y", "z", "r", "lat", "latitude", "lon", "longitude", "level", "depth", "height", "altitude")
"""What an axis is called along which a state is a field."""

LATITUDE_AXES = ("lat", "lats", "latitude", "latitudes")
"""What an axis is called along which latitudes stand, where it has no unit that says so."""

_NORTHWARD = re.compile("degrees?_?n(orth)?")
_SINCE_MONTH = re.compile(r"since\s+(\d{1,4})-(0?[1-9]|1[0-2])\b")


def trajectories_of_fields(
    path: Path, content: Fields, key: Sequence[str], layout: str, times_key: str | None
) -> list[NamedTrajectory]:
    """The trajectories of a file whose arrays have named axes.

    The time is the axis of a coordinate that is a clock, or one with the name of a clock; axes with names such as
    `trajectory` and `member` count trajectories; all others are those of a state. Where forecasts are kept by their
    leads, these are the times, and every moment at which a forecast begins is a trajectory. Fields on the same axes are
    the components of one state. A field along one axis in space has a grid.

    Args:
        path: the file.
        content: of the file.
        key: names of the fields to use; by default all that have the time axis.
        layout: "single" takes the first axis for the time, "many" the second and the first for one that counts
            trajectories; "auto" goes by the names.
        times_key: name of the coordinate that is the time; "none" where there is none.

    Raises:
        ConfigurationError: there is no such field or coordinate, or no axis is known to be the time.
        DataError: the fields to use stand on different axes.
    """
    fields = _chosen(path, content, key)
    groups = _groups_with_clocks(content, fields)
    if len(groups) < 2 or times_key not in (None, NO_COLUMN):
        return _of_one_group(path, content, fields, bool(key), layout, times_key)
    found: list[NamedTrajectory] = []
    for group, inside in groups.items():
        parts = _of_one_group(path, inside, dict(inside.fields), bool(key), layout, times_key)
        found += [replace(part, name=part.name.replace(str(path), f"{path}, group {group}", 1)) for part in parts]
    return found


def _groups_with_clocks(content: Fields, fields: dict[str, Field]) -> dict[str, Fields]:
    """The groups of the fields, where each has the same fields on a clock of its own: a trajectory each."""
    groups: dict[str, dict[str, Field]] = {}
    for name, one in fields.items():
        group, _, leaf = name.rpartition("/")
        groups.setdefault(group, {})[leaf] = one
    if "" in groups or len({frozenset(inside) for inside in groups.values()}) > 1:
        return {}
    found: dict[str, Fields] = {}
    for group, inside in groups.items():
        here = {name: one for name, one in content.coordinates.items() if name.rpartition("/")[0] == group}
        own = {name.rpartition("/")[2]: one for name, one in here.items()}
        if not any(_is_clock(name, one) for name, one in own.items()):
            return {}
        found[group] = replace(content, fields=inside, coordinates={**content.coordinates, **own})
    return found


def _of_one_group(
    path: Path, content: Fields, fields: dict[str, Field], chosen: bool, layout: str, times_key: str | None
) -> list[NamedTrajectory]:
    """The trajectories of fields that stand together."""
    notes = list(content.notes)
    clock, time_axis = _clock(path, content, fields, layout, times_key)
    started = {name for name, one in content.coordinates.items() if one.is_clock or one.values.dtype.kind == "M"}
    started = started | set(INITIAL_TIMES) if clock and content.coordinates[clock].is_lead else set()
    if not chosen:
        without = [name for name, one in fields.items() if time_axis not in one.axes]
        notes += [f"{', '.join(without)}: left out, without the axis {time_axis}"] if without else []
        fields = {name: one for name, one in fields.items() if time_axis in one.axes}
    told = {one.note: [name for name, other in fields.items() if other.note == one.note] for one in fields.values()}
    notes += [f"{', '.join(names)}: {note}" for note, names in told.items() if note]
    axes = next(iter(fields.values())).axes
    if any(set(one.axes) != set(axes) for one in fields.values()) or time_axis not in axes:
        shown = ", ".join(f"{name} ({', '.join(one.axes)})" for name, one in fields.items())
        raise DataError(
            f"data.path={path}: the arrays stand on different axes ({shown}); choose one with data.key=<name>, or "
            "several alike with data.key=[<name>, <name>]."
        )
    lengths = dict(zip(axes, next(iter(fields.values())).values.shape, strict=True))
    if any(dict(zip(one.axes, one.values.shape, strict=True)) != lengths for one in fields.values()):
        shown = ", ".join(f"{name} {one.values.shape}" for name, one in fields.items())
        raise DataError(
            f"data.path={path}: the arrays differ in length ({shown}); choose among them with data.key=<name>."
        )
    others = [axis for axis in axes if axis != time_axis]
    counting = [axis for axis in others if axis in started or axis.lower() in started or _counts(axis, axes, layout)]
    state = [axis for axis in axes if axis != time_axis and axis not in counting]
    notes += [f"{clock} is the time"] if clock is not None else []
    facts = _components(fields, {axis: lengths[axis] for axis in state}, content)
    facts |= {"time_step": content.time_step, "notes": tuple(notes), "latitudes": _latitudes(content, state, fields)}
    facts["axes"] = _axes(content, state, lengths, several=len(fields) > 1)
    found = []
    for numbers in np.ndindex(*(lengths[axis] for axis in counting)):
        place = dict(zip(counting, numbers, strict=True))
        rows = Rows([*fields.values()], time_axis, state, place, stacked=len(fields) > 1 or not state)
        where = "".join(f", {axis} {_label(content, axis, number)}" for axis, number in place.items())
        times, unit, origin = (None, None, None) if clock is None else _times(clock, content, place)
        told = {"time_unit": unit, "time_origin": origin, **facts}
        found.append(NamedTrajectory(f"{path}{where}", LazyStates(rows), times, **told))
    return found


def _chosen(path: Path, content: Fields, key: Sequence[str]) -> dict[str, Field]:
    """Fields of numbers; a name may leave out the groups that it stands in."""
    fields = {name: one for name, one in content.fields.items() if one.values.dtype.kind in "biuf" and one.axes}
    if not key:
        if not fields:
            raise DataError(f"data.path={path}: the file holds no array of numbers with an axis.")
        return fields
    found: dict[str, Field] = {}
    for part in key:
        group = {name: one for name, one in fields.items() if name == part or name.startswith(f"{part}/")}
        group = group or {name: one for name, one in fields.items() if name.split("/")[-1] == part}
        if not group:
            raise ConfigurationError(
                f"data.key={part}: {path} has no array of this name; its arrays are {', '.join(content.fields)}."
            )
        found |= group
    return found


def _clock(
    path: Path, content: Fields, fields: dict[str, Field], layout: str, times_key: str | None
) -> tuple[str | None, str]:
    """The coordinate that is the time, where there is one, and the axis that it stands along."""
    used = [axis for one in fields.values() for axis in one.axes]
    coordinates = content.coordinates
    if times_key not in (None, NO_COLUMN):
        if times_key not in coordinates:
            raise ConfigurationError(
                f"data.times_key={times_key}: {path} has no coordinate of this name; it has "
                f"{', '.join(coordinates) or 'none'}."
            )
        return times_key, coordinates[str(times_key)].axes[-1]
    clocks = [name for name, one in coordinates.items() if one.axes[-1] in used and _is_clock(name, one)]
    begun = {coordinates[name].axes[-1] for name in clocks} | {axis for axis in used if axis.lower() in INITIAL_TIMES}
    leads = [name for name, one in coordinates.items() if one.is_lead and one.axes[0] in used]
    ahead = [name for name in leads if begun - {coordinates[name].axes[0]}]
    # of forecasts their leads, then what the file says is the time, then an axis of that name, then any array
    clocks = list(dict.fromkeys([*clocks, *leads]))
    clocks.sort(key=lambda name: (name not in ahead, not coordinates[name].is_clock, name not in used))
    axis = coordinates[clocks[0]].axes[-1] if clocks else next(filter(is_time_name, used), None)
    if layout != "auto":
        axis = next(iter(fields.values())).axes[0 if layout == "single" else 1]
    axis = axis or (content.growing_axis if content.growing_axis in used else None)
    if axis is None:
        first, *others = {one.axes for one in fields.values()}
        if others or len(first) > 2:
            raise ConfigurationError(
                f"data.layout=auto: no axis of {path} has the name of a time ({', '.join(dict.fromkeys(used))}); say "
                "data.layout=single where the first is the time, data.layout=many where the second is, or name the "
                "array of times with data.times_key."
            )
        axis = used[0]
    names = [name for name in clocks if coordinates[name].axes[-1] == axis and times_key != NO_COLUMN]
    return (names[0] if names else None), axis


def _is_clock(name: str, one: Coordinate) -> bool:
    if one.is_clock or one.values.dtype.kind == "M":
        return True
    name, rows = name.split("/")[-1], one.values.reshape(-1, one.values.shape[-1])
    if one.values.dtype.kind not in "iuf" or not is_time_name(name):
        return False
    return one.values.shape[-1] == 1 or all(are_times(name, row) for row in rows)


def _counts(axis: str, axes: tuple[str, ...], layout: str) -> bool:
    if layout != "auto":
        return layout == "many" and axis == axes[0]
    name = axis.split("/")[-1].lower()
    return name in TRAJECTORY_AXES or name.removesuffix("s") in TRAJECTORY_AXES or name == "trajectories"


def _components(fields: dict[str, Field], state: dict[str, int], content: Fields) -> dict[str, Any]:
    """Names and units of the components of a state, the grid of a field and the names of bodies."""
    leaves = [name.split("/")[-1] for name in fields]
    names = tuple(leaves if len(set(leaves)) == len(leaves) else fields)
    units = tuple(one.unit for one in fields.values())
    if not state or len(fields) > 1:
        return {"component_names": names, "component_units": units}
    *others, axis = state
    along = content.coordinates.get(axis)
    if along is not None and not others and _is_space(axis, along):
        grid = tuple(along.values.astype(float).tolist())
        return {"component_names": names, "component_units": units, "grid": grid}
    if others and (along is None or _is_space(axis, along)):  # a field over several axes
        return {"component_names": names, "component_units": units}
    labels = [] if along is None or along.values.dtype.kind not in "iuUO" else list(map(str, along.values))
    if labels and along is not None and along.values.dtype.kind in "iu":
        labels = [f"{names[0]}_{label}" for label in labels]
    labels = labels or [names[0]] * (state == {axis: 1})
    facts: dict[str, Any] = {"component_units": units * state[axis]}
    if labels and len(set(labels)) == len(labels):
        facts["component_names"] = tuple(labels)
        bodies = content.coordinates.get(others[0]) if len(others) == 1 else None
        if bodies is not None and bodies.values.dtype.kind in "UO":
            facts["body_names"] = tuple(map(str, bodies.values))
    return facts


def _axes(content: Fields, state: list[str], lengths: dict[str, int], several: bool) -> tuple[StateAxis, ...] | None:
    """What stands along the axes of a state; None where no position is told along any of them."""
    found = []
    for axis in state:
        along = content.coordinates.get(axis)
        if along is None or along.values.dtype.kind not in "iufUMO" or along.values.shape != (lengths[axis],):
            found.append(StateAxis(axis))
            continue
        moments = along.values.dtype.kind in "MO"
        found.append(StateAxis(axis, tuple(map(str, along.values) if moments else along.values.tolist())))
    known = any(axis.positions is not None for axis in found)
    return (*found, *[StateAxis("component")] * several) if known else None


def _latitudes(content: Fields, state: list[str], fields: dict[str, Field]) -> Latitudes | None:
    """Those along an axis of a state, by its name or by the unit that conventions have for it."""
    for number, axis in enumerate(state):
        along = content.coordinates.get(axis)
        if along is None or along.values.dtype.kind not in "iuf" or along.values.ndim != 1:
            continue
        unit = (along.unit or "").lower()
        if axis.split("/")[-1].lower() in LATITUDE_AXES or _NORTHWARD.fullmatch(unit):
            degrees = np.rad2deg(along.values) if unit.startswith("rad") else along.values
            return Latitudes(number, tuple(degrees.astype(float).tolist()), several=len(fields) > 1)
    return None


def _is_space(axis: str, along: Coordinate) -> bool:
    """Whether a state is a field along this axis: by its name, its unit, or because its numbers are no counters."""
    values = along.values
    if values.dtype.kind not in "iuf" or len(values) < 2:
        return False
    ordered = bool((np.diff(values) > 0).all() or (np.diff(values) < 0).all())
    named = axis.split("/")[-1].lower() in SPACE_AXES
    return ordered and (named or along.unit is not None or values.dtype.kind == "f")


def _label(content: Fields, axis: str, number: int) -> str:
    coordinate = content.coordinates.get(axis)
    return str(number) if coordinate is None else str(coordinate.values[number])


def _times(name: str, content: Fields, place: dict[str, int]) -> Clock:
    """The clock of one trajectory; of a forecast it counts from the moment at which that begins."""
    coordinate = content.coordinates[name]
    values = coordinate.values[tuple(place[axis] for axis in coordinate.axes[:-1])]
    if values.dtype.kind in "MO":
        return times_of_moments(values, None if coordinate.unit is None else clock_unit(coordinate.unit))
    unit = unit_of_name(name.split("/")[-1]) if coordinate.unit is None else clock_unit(coordinate.unit)
    begun = [content.coordinates[axis].values[number] for axis, number in place.items() if axis in content.coordinates]
    begun = [moment for moment in begun if isinstance(moment, np.datetime64) or hasattr(moment, "calendar")]
    known = coordinate.is_lead and begun and unit in (*SECONDS, MONTH)
    if unit == MONTH and (since := _SINCE_MONTH.search(str(coordinate.unit))):  # months, which no calendar decodes
        return Clock(values.astype(np.float64), unit, TimeOrigin(f"{int(since[1]):04d}-{int(since[2]):02d}", MONTH))
    return Clock(values.astype(np.float64), unit, TimeOrigin.of(begun[0], str(unit)) if known else None)
