"""The trajectories in a person's files: which files are meant, and how their arrays are taken apart."""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.readers import READERS, TABLE_SUFFIXES, read_arrays
from sciml_bench.data.files.text_tables import read_csv
from sciml_bench.data.lazy_states import LazyStates, StateArray, is_on_disk, read_block

LAYOUTS = ("auto", "single", "many")


@dataclass(frozen=True, eq=False)
class NamedTrajectory:
    """One trajectory of a file.

    Args:
        name: file and place in it, for messages.
        states: with axes (time, *state).
        times: where the file gives them.
    """

    name: str
    states: StateArray
    times: np.ndarray | None = None


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


def read_trajectories(path: Path, key: str | None, layout: str, time_column: str | int | None) -> list[NamedTrajectory]:
    """The trajectories of one file.

    Args:
        path: the file.
        key: name of the array within .npz, .mat and zarr files; without it every array is used.
        layout: "auto", "single" or "many", as in `arrange`.
        time_column: name or number of the column of a text file that holds the time.

    Raises:
        ConfigurationError: an unknown suffix, key, layout or column.
        DataError: the file cannot be used.
    """
    if time_column is not None:
        if path.suffix.lower() not in TABLE_SUFFIXES:
            raise ConfigurationError(
                f"data.time_column={time_column}: only text files ({', '.join(TABLE_SUFFIXES)}) have a time "
                f"column, {path} has none; give data.time_step instead."
            )
        table = read_csv(path, time_column)
        return [NamedTrajectory(str(path), table.states, table.times)]
    arrays = read_arrays(path, key)
    trajectories = []
    for name, array in arrays.items():
        place = f"{path}, array {name}" if name else str(path)
        trajectories += arrange(array, layout, place)
    if len(arrays) > 1 and len({part.states.shape[1:] for part in trajectories}) > 1:
        shapes = ", ".join(f"{name} {tuple(array.shape)}" for name, array in arrays.items())
        raise DataError(f"data.path={path}: the arrays differ in shape ({shapes}); choose one with data.key=<name>.")
    return trajectories


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
