"""Zarr stores of format 2 and 3, folders and zip files: arrays in groups, or fields with named axes as xarray writes.

The two formats disagree about fill values. In format 2 the fill value is what xarray takes for missing, and zarr's own
default is 0, which would make every true zero a missing value: here a fill value of 0 is no mark of missing values in
either format. A chunk that is not in the store reads as the fill value, or as missing where somebody said what to do
with missing values; how many there are is told. It may well be one of true numbers: zarr leaves out what holds nothing
but the fill value, and where that is null nothing but 0.

A store keeps no order of its arrays, and each opening may list them in another one: they come by their names.
"""

import math
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.contents import Arrays, Fields
from sciml_bench.data.files.formats.netcdf_files import UNDECODED, fields_of_groups
from sciml_bench.data.files.packages import imported

AXES_OF_FORMAT_2 = "_ARRAY_DIMENSIONS"
"""The attribute in which xarray keeps the names of the axes."""


def read_zarr(path: Path, absent_is_missing: bool = False) -> Arrays | Fields:
    """The arrays of a store by name, unread; a single array has the name "".

    Args:
        path: of the store.
        absent_is_missing: whether what stands in chunks that are not in the store is not a number.

    Raises:
        DataError: a package is missing, or the store is damaged; zarr itself refuses chunks that are pickled objects.
    """
    zarr = imported(path, "zarr", "files")
    storage = imported(path, "zarr.storage", "files")
    try:
        store = storage.ZipStore(path, mode="r") if path.is_file() else path
        opened = zarr.open(store, mode="r")
        single = isinstance(opened, zarr.Array)
        arrays = {"": opened} if single else dict(_arrays(opened, ""))
    except (ValueError, KeyError, OSError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"data.path={path} cannot be read as a zarr array or group: {error}.") from error
    filled = {name: array for name, array in arrays.items() if _fills_with_number(array)}
    there = _names_in(path) if filled else set()
    pieces = {name: _pieces(array, there) for name, array in filled.items()}
    absent = {name: piece for name, piece in pieces.items() if piece[1].any()}
    notes = [
        f"{one.sum()} of {one.size} {'shards' if arrays[name].shards else 'chunks'} of {name or 'the array'} "
        + "are not in the store and "
        + ("count as missing" if absent_is_missing else f"read as {arrays[name].fill_value or 0:g}")
        for name, (_, one) in absent.items()
    ]
    chunked = absent if absent_is_missing else {}
    numbers = [array for array in arrays.values() if array.dtype.kind in "biuf"]
    if not single and numbers and all(_axes(array) is not None for array in numbers):
        return _fields(path, store, notes, chunked)
    found = Arrays({}, notes=notes)
    for name, stored in arrays.items():
        array = _WithAbsent(stored, *chunked[name]) if name in chunked else stored
        if array.dtype.kind in "USTO" and array.ndim == 1 and not array.dtype.hasobject:
            found.texts[name] = tuple(map(str, array[:]))
            continue
        # what fits on a page is no states on disk
        found.arrays[name] = np.asarray(array[:]) if array.ndim == 1 and name else array
        unit = stored.attrs.get("units", stored.attrs.get("unit"))
        found.units |= {} if unit is None else {name: str(unit)}
    return found


def _arrays(group: Any, prefix: str) -> list[tuple[str, Any]]:
    """All arrays of a group and of those in it."""
    found = [(prefix + name, array) for name, array in sorted(group.arrays())]
    for name, inner in sorted(group.groups()):
        found += _arrays(inner, f"{prefix}{name}/")
    return found


def _axes(array: Any) -> tuple[str, ...] | None:
    if not array.ndim:  # of which format 3 keeps no names
        return ()
    axes = getattr(array.metadata, "dimension_names", None) or array.attrs.get(AXES_OF_FORMAT_2)
    return None if axes is None or None in axes else tuple(axes)


def _fills_with_number(array: Any) -> bool:
    """Whether what is not in the store reads as a number that could be true."""
    return array.dtype.kind in "biuf" and array.ndim > 0 and bool(np.isfinite(array.fill_value or 0))


def _names_in(path: Path) -> set[str]:
    """Of everything in a store, from its root on."""
    in_folder = (file.relative_to(path).as_posix() for file in path.rglob("*"))
    return set(zipfile.ZipFile(path).namelist() if path.is_file() else in_folder)


def _pieces(array: Any, there: set[str]) -> tuple[tuple[int, ...], Bool[np.ndarray, "..."]]:
    """The shape of what the store keeps in one piece, and which of these pieces are absent."""
    shape = array.shards or array.chunks
    counts = [math.ceil(length / size) for length, size in zip(array.shape, shape, strict=True)]
    keys = [f"{array.path}/{array.metadata.encode_chunk_key(place)}".lstrip("/") for place in np.ndindex(*counts)]
    return shape, np.array([key not in there for key in keys]).reshape(counts)


class _WithAbsent:
    """An array that is not a number in the chunks that its store lacks.

    Args:
        values: with `shape`, `dtype` and slicing.
        chunk: shape of a chunk.
        absent: which chunks, in order along every axis.
    """

    def __init__(self, values: Any, chunk: tuple[int, ...], absent: Bool[np.ndarray, "..."]) -> None:
        self._values, self._chunk, self._absent, self.chunks = values, chunk, absent, chunk
        self.shape, self.ndim = tuple(values.shape), len(values.shape)
        self.dtype = np.result_type(values.dtype, np.float32)

    def __getitem__(self, where: Any) -> np.ndarray:
        values = np.asarray(self._values[where]).astype(self.dtype)
        axes = (*(where if isinstance(where, tuple) else (where,)), *[slice(None)] * self.ndim)
        lengths = zip(self.shape, axes, self._chunk, strict=False)
        chunks = [np.atleast_1d(np.arange(length)[places] // size) for length, places, size in lengths]
        values[self._absent[np.ix_(*chunks)].reshape(values.shape)] = np.nan
        return values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype)


def _fields(path: Path, store: Any, notes: list[str], chunked: Mapping[str, Any]) -> Fields:
    xarray = imported(path, "xarray", "files")
    try:
        groups = xarray.open_groups(store, engine="zarr", chunks=None, consolidated=False, **UNDECODED)
    except (ValueError, KeyError, OSError, TypeError) as error:
        raise DataError(f"data.path={path} cannot be read as a zarr group: {error}.") from error
    groups = {place: groups[place][sorted(groups[place].variables)] for place in sorted(groups)}
    for raw in groups.values():
        for name in raw.variables:
            attributes = raw[name].variable.attrs
            if attributes.get("_FillValue", 1) == 0 and not {"scale_factor", "add_offset"} & set(attributes):
                del attributes["_FillValue"]
                raw[name].variable.encoding.pop("_FillValue", None)
                if raw[name].dims and raw[name].ndim and (name not in raw.dims):
                    notes.append(f"zeros of {name} are numbers, not missing, though 0 is its fill value")
    found = fields_of_groups(groups, {})
    found.notes = [*notes, *found.notes]
    lacking = {name: found.fields[name] for name in chunked if name in found.fields}
    cut = {name: replace(one, values=_WithAbsent(one.values, *chunked[name])) for name, one in lacking.items()}
    found.fields = {**found.fields, **cut}
    return found
