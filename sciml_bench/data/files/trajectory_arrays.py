"""The trajectories in a person's files: which files are meant, and how their arrays are taken apart."""

import glob
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.clocks import is_time_name, rises, rises_evenly, unit_of_name
from sciml_bench.data.files.readers import READERS, TABLE_SUFFIXES, read_arrays
from sciml_bench.data.files.text_tables import NO_COLUMN, read_csv
from sciml_bench.data.lazy_states import LazyStates, StateArray, is_on_disk, read_block

LAYOUTS = ("auto", "single", "many")
STEP_NAMES = ("dt", "delta_t", "time_step", "timestep")


@dataclass(frozen=True, eq=False)
class NamedTrajectory:
    """One trajectory of a file.

    Args:
        name: file and place in it, for messages.
        states: with axes (time, *state).
        times: where the file gives them.
        time_step: between two rows, where the file gives that instead.
        time_unit: where the file tells it.
        component_names: where the file gives them.
        component_units: of these, None for one without.
        notes: how the file was read, where it could be read otherwise.
    """

    name: str
    states: StateArray
    times: np.ndarray | None = None
    time_step: float | None = None
    time_unit: str | None = None
    component_names: tuple[str, ...] | None = None
    component_units: tuple[str | None, ...] | None = None
    notes: tuple[str, ...] = ()


def find_files(path: PathType | Sequence[PathType]) -> list[Path]:
    """The files meant by a file, a folder, a pattern, or several of these; "run10" comes after "run9".

    Raises:
        FileNotFoundError: there is no such file, or a folder holds none of a known format.
    """
    if not isinstance(path, str) and isinstance(path, Sequence):
        return [file for part in path for file in find_files(part)]
    place = Path(path).expanduser()
    if place.is_file() or (place.suffix.lower() == ".zarr" and place.is_dir()):
        return [place]
    if place.is_dir():
        candidates = [file for file in place.iterdir() if not file.name.startswith(".")]
        files = [file for file in candidates if file.suffix.lower() in READERS]
        if not files:
            raise FileNotFoundError(f"data.path={path} has no file of a known format ({', '.join(READERS)}).")
        return sorted(files, key=_natural_order)
    files = sorted(map(Path, glob.glob(str(place), recursive=True)), key=_natural_order)
    if not files:
        raise FileNotFoundError(f"data.path={path}: there is no such file or folder (searched from {Path.cwd()}).")
    return files


def read_trajectories(
    path: Path, key: str | None, layout: str, time_column: str | int | None, times_key: str | None = None
) -> list[NamedTrajectory]:
    """The trajectories of one file.

    Beside the arrays of states a file may hold their clock, known by its name (`t`, `time`, …) or because it rises
    evenly, or their step as a single number `dt`; several arrays (time,) beside a clock are the components of one
    trajectory.

    Args:
        path: the file.
        key: name of the array within .npz, .mat and zarr files; without it every array is used.
        layout: "auto", "single" or "many", as in `arrange`.
        time_column: name or number of the column of a text file that holds the time; "none" where there is none.
        times_key: name of the array of times: (time,) for all trajectories, or (batch, time); "none" where there is
            none.

    Raises:
        ConfigurationError: an unknown suffix, key, layout or column.
        DataError: the file cannot be used.
    """
    if path.suffix.lower() in TABLE_SUFFIXES:
        if key is not None:
            raise ConfigurationError(
                f"data.key={key}: {path} is a table, not several arrays; leave it out, and choose columns by their names"
            )
        table = read_csv(path, time_column)
        facts = {"time_unit": table.time_unit, "component_names": table.names or None, "notes": table.notes}
        units = table.units if table.names else None
        return [NamedTrajectory(str(path), table.states, table.times, component_units=units, **facts)]
    if time_column not in (None, NO_COLUMN):
        raise ConfigurationError(
            f"data.time_column={time_column}: only text files ({', '.join(TABLE_SUFFIXES)}) have a time "
            f"column, {path} has none; give data.times_key or data.time_step instead."
        )
    arrays, notes = read_arrays(path, key), []
    times, name, step = None, times_key, None
    if times_key not in (None, NO_COLUMN):
        times = np.asarray(read_arrays(path, times_key)[str(times_key)])
    elif key is None and times_key is None and len(arrays) > 1:
        step = _take_step(arrays, notes)
        name = _clock(arrays)
        times = None if name is None else np.asarray(arrays.pop(name))
        notes += [] if name is None else [f"the array {name} is the time"]
    trajectories = _component_arrays(path, arrays, times, layout)
    if len(arrays) > 1 and len({part.states.shape[1:] for part in trajectories}) > 1:
        shapes = ", ".join(f"{name} {tuple(array.shape)}" for name, array in arrays.items())
        raise DataError(f"data.path={path}: the arrays differ in shape ({shapes}); choose one with data.key=<name>.")
    facts = {"time_step": step, "time_unit": unit_of_name(name or ""), "notes": tuple(notes)}
    grids = [times] * len(trajectories) if times is None or times.ndim == 1 else list(times)
    if len(grids) != len(trajectories):
        raise DataError(
            f"data.times_key={name}: {path} holds {len(grids)} time grids for {len(trajectories)} trajectories; give "
            "one for all, or one for each."
        )
    return [replace(part, times=grid, **facts) for part, grid in zip(trajectories, grids, strict=True)]


def _component_arrays(
    path: Path, arrays: dict[str, Any], times: np.ndarray | None, layout: str
) -> list[NamedTrajectory]:
    """Every array as trajectories; arrays (time,) beside their clock as components of one."""
    shapes = {tuple(array.shape) for array in arrays.values()}
    if times is not None and len(arrays) > 1 and shapes == {times.shape} and layout != "many":
        states = np.column_stack([np.asarray(array) for array in arrays.values()])
        return [NamedTrajectory(str(path), states, component_names=tuple(arrays))]
    parts: list[NamedTrajectory] = []
    for name, array in arrays.items():
        parts += arrange(array, layout, f"{path}, array {name}" if name else str(path))
    return parts


def _take_step(arrays: dict[str, Any], notes: list[str]) -> float | None:
    """Take out single numbers, which are no trajectory; the time step if one has its name."""
    step = None
    for name in [name for name, array in arrays.items() if math.prod(array.shape) == 1]:
        value = float(np.asarray(arrays.pop(name)).ravel()[0])
        if name.lower() in STEP_NAMES:
            step = value
        notes.append(f"{name} is the time between two rows" if step == value else f"{name}={value:g} is left out")
    return step


def _clock(arrays: dict[str, Any]) -> str | None:
    """The array that is the clock of the others: by its name, or as the only one that rises evenly."""
    single = {name: array for name, array in arrays.items() if len(array.shape) == 1}
    named = [name for name, array in single.items() if is_time_name(name) and rises(np.asarray(array))]
    if named:
        return named[0]
    even = [name for name, array in single.items() if rises_evenly(np.asarray(array, dtype=np.float64))]
    lengths = {name: array.shape[0] for name, array in single.items()}
    fits = [name for name in even if all(lengths[name] in array.shape[:2] for array in arrays.values())]
    return fits[0] if len(fits) == 1 else None


def arrange(array: Any, layout: str, name: str) -> list[NamedTrajectory]:
    """Take an array apart into trajectories with axes (time, *state); nothing large is read.

    Args:
        array: a NumPy array, a memory map or a zarr array.
        layout: "auto", "single" or "many".
        name: where the array comes from.

    Raises:
        ConfigurationError: the layout does not fit, or "auto" would have to guess.
    """
    n_axes = len(array.shape)
    if layout == "auto" and n_axes > 3:
        raise ConfigurationError(
            f"data.layout=auto: {name} has {n_axes} axes {tuple(array.shape)}; say data.layout=single for "
            "(time, *state) or data.layout=many for (batch, time, *state)."
        )
    if n_axes < (2 if layout == "many" else 1):
        raise ConfigurationError(f"data.layout={layout}: {name} has the shape {tuple(array.shape)}, too few axes.")
    several = layout == "many" or (layout == "auto" and n_axes == 3)
    if n_axes == (2 if several else 1):
        array = np.asarray(array)[..., None]
    on_disk = not isinstance(array, np.ndarray)
    if not several:
        return [NamedTrajectory(name, LazyStates(array) if on_disk else array)]
    return [
        NamedTrajectory(f"{name}, row {row}", LazyStates(array, trajectory=row) if on_disk else array[row])
        for row in range(array.shape[0])
    ]


def in_memory(states: StateArray) -> np.ndarray:
    """The states as an array of their own where they lay on disk."""
    return np.array(read_block(states)) if is_on_disk(states) else read_block(states)


def _natural_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", str(path))]
