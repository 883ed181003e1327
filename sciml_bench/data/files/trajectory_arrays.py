"""The trajectories in a person's files: which files are meant, and how their arrays are taken apart."""

import glob
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.plain_types import PathType
from sciml_bench.data.files.array_groups import trajectories_of_arrays
from sciml_bench.data.files.contents import Arrays, Fields, Rows
from sciml_bench.data.files.formats.signal_files import header_of
from sciml_bench.data.files.labelled_fields import trajectories_of_fields
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.readers import SUFFIXES, TABLE_SUFFIXES, is_table, read_content, read_table, suffix_of
from sciml_bench.data.files.tables.columns import NO_COLUMN
from sciml_bench.data.lazy_states import LazyStates, StateArray, is_on_disk, read_block, read_from

LAYOUTS = ("auto", "single", "many")


def find_files(path: PathType | Sequence[PathType]) -> list[Path]:
    """The files meant by a file, a folder, a pattern, or several of these, each once; "run10" comes after "run9".

    Raises:
        FileNotFoundError: there is no such file, or a folder holds none of a known format.
    """
    if not isinstance(path, str) and isinstance(path, Sequence):
        return list(dict.fromkeys(file for part in path for file in find_files(part)))  # patterns may overlap
    place = Path(path).expanduser()
    if place.is_file() or (place.suffix.lower() == ".zarr" and place.is_dir()):
        return [place]
    if place.is_dir():
        candidates = [file for file in place.iterdir() if not file.name.startswith(".")]
        known = [file for file in candidates if suffix_of(file) in SUFFIXES]
        files = [file for file in known if header_of(file) in (None, file)]  # samples come with their header
        if not files:
            raise FileNotFoundError(f"data.path={path} has no file of a known format ({', '.join(SUFFIXES)}).")
        return sorted(files, key=_natural_order)
    files = sorted(map(Path, glob.glob(str(place), recursive=True)), key=_natural_order)
    if not files:
        raise FileNotFoundError(f"data.path={path}: there is no such file or folder (searched from {Path.cwd()}).")
    return files


def read_trajectories(
    path: Path,
    key: str | Sequence[str] | None,
    layout: str,
    time_column: str | int | None,
    times_key: str | None = None,
    topology: PathType | None = None,
    absent_is_missing: bool = False,
) -> list[NamedTrajectory]:
    """The trajectories of one file.

    Beside the arrays of states a file may hold their clock, known by its name (`t`, `time`, …) or because it rises
    evenly, or their step as a single number `dt`; several arrays (time,) beside a clock are the components of one
    trajectory. Arrays in groups, structures or cells are taken apart group by group, each with its own clock or that
    of a group around it.

    Args:
        path: the file.
        key: name of the array of states, of a group, a column or a signal, or several of these; without it everything
            is used.
        layout: "auto", "single" or "many", as in `arrange`.
        time_column: name or number of the column of a table that holds the time; "none" where there is none.
        times_key: name of the array of times: (time,) for all trajectories, or (batch, time); "none" where there is
            none.
        topology: file with the names of the atoms of a molecule.
        absent_is_missing: whether values in chunks that a zarr store lacks are not a number.

    Raises:
        ConfigurationError: an unknown suffix, key, layout or column.
        DataError: the file cannot be used.
    """
    keys = (key,) if isinstance(key, str) else tuple(key or ())
    wants_times = times_key not in (None, NO_COLUMN)
    if is_table(path):
        if wants_times:
            raise ConfigurationError(
                f"data.times_key={times_key}: {path} is a table; name the column of its times with data.time_column."
            )
        table = read_table(path, time_column, keys)
        units = table.units if table.names else None
        return [
            NamedTrajectory(
                f"{path}{label}",
                part.states,
                part.times,
                time_unit=part.time_unit,
                time_origin=part.time_origin,
                component_names=part.names or None,
                component_units=units,
                notes=part.notes,
            )
            for label, part in (table.parts or {"": table}).items()
        ]
    if time_column not in (None, NO_COLUMN):
        raise ConfigurationError(
            f"data.time_column={time_column}: only tables ({', '.join(TABLE_SUFFIXES)}) have a time "
            f"column, {path} has none; give data.times_key or data.time_step instead."
        )
    content = read_content(path, keys, topology, absent_is_missing)
    if isinstance(content, Fields):
        return trajectories_of_fields(path, content, keys, layout, times_key)
    if isinstance(content, Arrays):
        return trajectories_of_arrays(path, content, keys, layout, times_key)
    if wants_times:
        raise ConfigurationError(
            f"data.times_key={times_key}: {path} has a clock of its own; leave data.times_key out."
        )
    return content


def in_memory(found: Sequence[NamedTrajectory]) -> list[NamedTrajectory]:
    """The same trajectories, with states of their own where they lay on disk.

    A chunk of a file may hold rows of many trajectories: what is used for the most part is read once, whole.

    Raises:
        DamagedRowsError: a file is damaged.
    """
    sources: dict[int, Any] = {}
    used: dict[int, float] = {}
    for part in found:
        for source in _sources(part.states):
            sources[id(source)] = source
            used[id(source)] = used.get(id(source), 0) + math.prod(part.states.shape) / len(_sources(part.states))
    whole = [key for key, source in sources.items() if 2 * used[key] >= math.prod(source.shape)]
    loaded = {key: read_from(sources[key], (slice(None),) * len(sources[key].shape)) for key in whole}
    return [replace(part, states=_read(part.states, loaded)) for part in found]


def _sources(states: StateArray) -> list[Any]:
    if not isinstance(states, LazyStates):
        return []
    return states.source.sources if isinstance(states.source, Rows) else [states.source]


def _read(states: StateArray, loaded: Mapping[int, np.ndarray]) -> np.ndarray:
    if not is_on_disk(states):
        return read_block(states)
    if isinstance(states, LazyStates):
        source = states.source
        source = source.read_from(loaded) if isinstance(source, Rows) else loaded.get(id(source), source)
        states = LazyStates(source, states.trajectory, states.start, states.stop)
    return np.array(read_block(states))


def _natural_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", str(path))]
