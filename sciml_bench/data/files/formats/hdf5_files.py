"""HDF5: groups of arrays, and the two layouts of simulated fields that benchmarks publish.

The Well: fields (trajectory, time, *space, *components) in groups by the rank of their tensors, with `dimensions`.
PDEBench: fields (batch, time, *space) beside `t-coordinate`, which has one entry more than there are frames, or a
group for each trajectory with `data` and `grid`. Files with labelled axes are NetCDF in all but name, and MDTraj's hold
a molecule.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.contents import Arrays, Coordinate, Field, Fields
from sciml_bench.data.files.formats.molecular_files import molecule
from sciml_bench.data.files.formats.netcdf_files import read_netcdf
from sciml_bench.data.files.formats.numpy_files import unreadable
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.packages import imported

CACHE_BYTES = 64 * 2**20
"""Chunks that hold rows of several trajectories are read once for all of them up to this size."""

RANKS = ("t0_fields", "t1_fields", "t2_fields")
AXES = "xyz"


def opened_hdf5(path: Path) -> Any:
    """The file, which stays open for what is read from it later.

    Raises:
        DataError: h5py is missing, or the file cannot be opened.
    """
    h5py = imported(path, "h5py", "files")
    try:
        return h5py.File(path, "r", rdcc_nbytes=CACHE_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error


def read_hdf5(path: Path) -> Arrays | Fields | list[NamedTrajectory]:
    """The arrays of a file, unread; fields with their axes where the file has them.

    Raises:
        DataError: a package is missing, or the file cannot be used.
    """
    file = opened_hdf5(path)
    if "Pande" in _texts(file.attrs.get("conventions", ())):
        return [_molecule(path, file)]
    well = _the_well(file) if "dimensions" in file and any(rank in file for rank in RANKS) else None
    if isinstance(well, Fields):
        return well
    if "t-coordinate" in file or ("t" in file and "x-coordinate" in file):
        return _pdebench(path, file)
    groups = [name for name in file if hasattr(file[name], "keys")]
    if groups and all("data" in file[name] and "grid" in file[name] for name in groups):
        return _pdebench_groups(file, groups)
    arrays = dict(_arrays(file, ""))
    if any(array.is_scale or any(len(axis) for axis in array.dims) for array in arrays.values()):
        file.close()
        return read_netcdf(path)
    found = Arrays({}, fault=well)
    for name, array in arrays.items():
        if array.dtype.kind in "OSU":
            found.texts[name] = _texts(array[()]) if array.shape else ()
        elif 0 in array.shape:
            found.notes.append(f"{name}, an empty array, is left out")
        else:
            # what fits on a page is no states on disk
            found.arrays[name] = np.asarray(array) if array.ndim < 2 else array
            unit = _unit(array)
            found.units |= {} if unit is None else {name: unit}
    return found


def _arrays(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """All arrays of a group and of those in it; links to elsewhere are not followed."""
    for name in group:
        if "Hard" not in type(group.get(name, getlink=True)).__name__:
            continue
        value = group[name]
        if hasattr(value, "keys"):
            yield from _arrays(value, f"{prefix}{name}/")
        elif hasattr(value, "dims") and value.shape is not None:
            yield prefix + name, value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text.decode() if isinstance(text, bytes) else str(text) for text in np.atleast_1d(value).ravel())


def _unit(array: Any) -> str | None:
    unit = array.attrs.get("units", array.attrs.get("unit"))
    return None if unit is None else _texts(unit)[0] or None


def _the_well(file: Any) -> Fields | str:
    """Fields in groups by rank, vectors and tensors one for each component; or what is wrong with attributes."""
    dimensions = file["dimensions"]
    if "spatial_dims" not in dimensions.attrs:
        return "the group dimensions lacks the attribute spatial_dims, with the names of the axes in space"
    space = list(_texts(dimensions.attrs["spatial_dims"]))
    coordinates: dict[str, Coordinate] = {}
    for name in filter(dimensions.__contains__, ["time", *space]):
        values = np.asarray(dimensions[name])
        own = ("trajectory", name) if values.ndim == 2 else (name,)
        if values.ndim == len(own):
            coordinates[name] = Coordinate(values, own, is_clock=name == "time")
    fields: dict[str, Field] = {}
    notes: list[str] = []
    for rank, group in ((rank, file[name]) for rank, name in enumerate(RANKS) if name in file):
        for name, array in _arrays(group, ""):
            if not (array.attrs.get("sample_varying", True) and array.attrs.get("time_varying", True)):
                notes.append(f"{name}: left out, the same in all trajectories or at all times")
                continue
            varying = np.atleast_1d(array.attrs.get("dim_varying", [True] * len(space)))
            axes = ("trajectory", "time", *(axis for axis, varies in zip(space, varying, strict=False) if varies))
            lengths = [coordinates[axis].values.shape[-1] if axis in coordinates else None for axis in axes]
            fits = all(n in (None, m) for n, m in zip(lengths, array.shape, strict=False))
            if len(axes) + rank != array.ndim or len(varying) != len(space) or not fits:
                told = ", ".join(axis if n is None else f"{axis} {n}" for axis, n in zip(axes, lengths, strict=True))
                said = f"spatial_dims ({', '.join(space)}) and dim_varying {varying.astype(bool).tolist()}"
                return f"{name} {array.shape} does not have the axes ({told}), which the attributes {said} tell"
            for place in np.ndindex(array.shape[len(axes) :]):
                label = "".join(f"_{space[number] if number < len(space) else number}" for number in place)
                fields[f"{group.name.strip('/')}/{name}{label}"] = Field(_Component(array, place), axes, _unit(array))
    return Fields(fields, coordinates, notes=notes)


class _Component:
    """One component of an array of vectors or tensors, whose axes are the last.

    Args:
        array: with `shape`, `dtype` and slicing.
        place: of the component.
    """

    def __init__(self, array: Any, place: tuple[int, ...]) -> None:
        self._array, self._place, self.dtype = array, place, array.dtype
        self.shape, self.chunks = tuple(array.shape[: array.ndim - len(place)]), getattr(array, "chunks", None)

    def __getitem__(self, where: tuple[Any, ...]) -> np.ndarray:
        return np.asarray(self._array[(*where, *self._place)])


def _pdebench(path: Path, file: Any) -> Fields:
    """Fields (batch, time, *space) with their coordinates at the root."""
    places = {axis: np.asarray(file[f"{axis}-coordinate"]) for axis in AXES if f"{axis}-coordinate" in file}
    times = np.asarray(file["t-coordinate" if "t-coordinate" in file else "t"])
    fields: dict[str, Field] = {}
    for name, array in _arrays(file, ""):
        if array.ndim == 2 + len(places) and "coordinate" not in name:
            fields[name] = Field(array, ("batch", "time", *places), _unit(array))
    if not fields:
        raise DataError(f"data.path={path}: no array has axes (batch, time, {', '.join(places)}).")
    n_frames = {array.values.shape[1] for array in fields.values()}
    # the last moment is the one after the last frame
    notes = []
    if n_frames == {times.shape[-1] - 1}:
        times, notes = times[..., :-1], ["t-coordinate has one entry more than there are frames, which is left out"]
    elif n_frames != {times.shape[-1]}:
        raise DataError(f"data.path={path}: {times.shape[-1]} times for {sorted(n_frames)} frames.")
    clock = Coordinate(times, ("time",) if times.ndim == 1 else ("batch", "time"), is_clock=True)
    return Fields(fields, {"time": clock} | _along(places), notes=notes)


def _pdebench_groups(file: Any, groups: list[str]) -> Fields | Arrays:
    """A group per trajectory: `data` (time, *space, components) with `grid/t` and `grid/x`."""
    first = file[groups[0]]
    places = {axis: np.asarray(first["grid"][axis]) for axis in AXES if axis in first["grid"]}
    arrays = [file[name]["data"] for name in groups]
    times = np.stack([np.asarray(file[name]["grid"]["t"]) for name in groups])
    n_components = arrays[0].shape[-1] if arrays[0].ndim == len(places) + 2 else 0
    axes = ("trajectory", "time", *places)
    stack = _Stack(arrays)
    fields = {
        f"data_{number + 1}" if n_components > 1 else "data": Field(_Component(stack, (number,)), axes)
        for number in range(n_components)
    } or {"data": Field(stack, axes)}
    own = {"trajectory": Coordinate(np.array(groups), ("trajectory",))}
    clock = Coordinate(times, ("trajectory", "time"), is_clock=True)
    return Fields(fields, {"time": clock} | own | _along(places))


class _Stack:
    """Arrays of one shape as one with a first axis.

    Args:
        arrays: with `shape`, `dtype` and slicing.
    """

    def __init__(self, arrays: list[Any]) -> None:
        self._arrays, self.dtype = arrays, arrays[0].dtype
        self.shape, self.ndim = (len(arrays), *arrays[0].shape), 1 + arrays[0].ndim

    def __getitem__(self, where: tuple[Any, ...]) -> np.ndarray:
        first, rest = where[0], tuple(where[1:])
        if isinstance(first, slice):
            return np.stack([np.asarray(array[rest]) for array in self._arrays[first]])
        return np.asarray(self._arrays[first][rest])


def _along(places: dict[str, np.ndarray]) -> dict[str, Coordinate]:
    return {axis: Coordinate(values, (axis,)) for axis, values in places.items() if values.ndim == 1}


def _molecule(path: Path, file: Any) -> NamedTrajectory:
    """MDTraj's own format: positions in nanometres, times in picoseconds, the atoms as JSON."""
    atoms = None
    if "topology" in file:
        chains = json.loads(_texts(np.asarray(file["topology"]))[0])["chains"]
        atoms = [
            f"{residue['name']}{residue.get('resSeq', residue['index'])}-{atom['name']}"
            for chain in chains
            for residue in chain["residues"]
            for atom in residue["atoms"]
        ]
    times = np.asarray(file["time"], dtype=np.float64) if "time" in file else None
    return molecule(path, file["coordinates"], times, atoms)
