"""Zarr stores of format 2 and 3, folders and zip files: arrays in groups, or fields with named axes as xarray writes.

The two formats disagree about fill values. In format 2 the fill value is what xarray takes for missing, and zarr's own
default is 0, which would make every true zero a missing value: here a fill value of 0 is no mark of missing values in
either format. A chunk that is not in the store reads as the fill value; how many there are is told.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.contents import Arrays, Fields
from sciml_bench.data.files.formats.netcdf_files import UNDECODED, fields_of_groups
from sciml_bench.data.files.packages import imported

AXES_OF_FORMAT_2 = "_ARRAY_DIMENSIONS"
"""The attribute in which xarray keeps the names of the axes."""


def read_zarr(path: Path) -> Arrays | Fields:
    """The arrays of a store by name, unread; a single array has the name "".

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
    notes = [note for name, array in arrays.items() for note in _notes(name or "the array", array)]
    numbers = [array for array in arrays.values() if array.dtype.kind in "biuf"]
    if not single and numbers and all(_axes(array) is not None for array in numbers):
        return _fields(path, store, notes)
    found = Arrays({}, notes=notes)
    for name, array in arrays.items():
        if array.dtype.kind in "USTO" and array.ndim == 1 and not array.dtype.hasobject:
            found.texts[name] = tuple(map(str, array[:]))
            continue
        # what fits on a page is no states on disk
        found.arrays[name] = np.asarray(array[:]) if array.ndim == 1 and name else array
        unit = array.attrs.get("units", array.attrs.get("unit"))
        found.units |= {} if unit is None else {name: str(unit)}
    return found


def _arrays(group: Any, prefix: str) -> list[tuple[str, Any]]:
    """All arrays of a group and of those in it."""
    found = [(prefix + name, array) for name, array in sorted(group.arrays())]
    for name, inner in sorted(group.groups()):
        found += _arrays(inner, f"{prefix}{name}/")
    return found


def _axes(array: Any) -> tuple[str, ...] | None:
    axes = getattr(array.metadata, "dimension_names", None) or array.attrs.get(AXES_OF_FORMAT_2)
    return None if axes is None or None in axes else tuple(axes)


def _notes(name: str, array: Any) -> list[str]:
    if array.dtype.kind not in "biuf" or not array.ndim:
        return []
    absent = array.nchunks - array.nchunks_initialized
    fill = 0 if array.fill_value is None else array.fill_value
    if not absent or not np.isfinite(fill):
        return []
    return [f"{absent} of {array.nchunks} chunks of {name} are not in the store and read as {fill:g}"]


def _fields(path: Path, store: Any, notes: list[str]) -> Fields:
    xarray = imported(path, "xarray", "files")
    try:
        groups = xarray.open_groups(store, engine="zarr", chunks=None, consolidated=False, **UNDECODED)
    except (ValueError, KeyError, OSError, TypeError) as error:
        raise DataError(f"data.path={path} cannot be read as a zarr group: {error}.") from error
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
    return found
