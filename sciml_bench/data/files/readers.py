"""One reader per file format; each returns the arrays of a file by name, on disk where the format allows it."""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.text_tables import read_csv

HDF5_SIGNATURE = b"\x89HDF"


def read_npy(path: Path) -> dict[str, Any]:
    """One array as a memory map.

    Raises:
        DataError: the file is truncated, not of this format, or holds objects.
    """
    try:
        return {"": np.load(path, mmap_mode="r", allow_pickle=False)}
    except (ValueError, EOFError, OSError) as error:
        raise _unreadable(path, error) from error


def read_npz(path: Path) -> dict[str, Any]:
    """All arrays of an archive in their order, in memory.

    Raises:
        DataError: the archive is truncated, not of this format, or holds objects.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise _unreadable(path, error) from error


def read_mat(path: Path) -> dict[str, Any]:
    """All variables of a MATLAB file up to version 7, in memory; row and column vectors become one component.

    Raises:
        DataError: the file is truncated, not of this format, of version 7.3, or holds cells or structures.
    """
    from scipy.io import loadmat  # imported late: it takes longer than everything else in this room
    from scipy.io.matlab import MatReadError

    with path.open("rb") as file:
        header = file.read(516)
    if header.startswith(HDF5_SIGNATURE) or HDF5_SIGNATURE in header[512:]:
        raise DataError(
            f"data.path={path} is a MATLAB file of version 7.3 (HDF5), which is not read here: "
            "save it in MATLAB with save(..., '-v7'), or convert it to .npy."
        )
    # SciPy's reader meets damaged bytes with whatever exception the place in the file happens to raise.
    damage = (ValueError, TypeError, KeyError, IndexError, EOFError, OSError, NotImplementedError, zlib.error)
    try:
        variables = loadmat(path)
    except (*damage, MatReadError) as error:
        raise _unreadable(path, error) from error
    arrays = {name: value for name, value in variables.items() if not name.startswith("__")}
    return {name: value.ravel() if value.ndim == 2 and 1 in value.shape else value for name, value in arrays.items()}


def open_zarr(path: Path) -> dict[str, Any]:
    """The arrays of a zarr folder or zip file by name, unread; a single array has the name "".

    Raises:
        DataError: zarr is not installed, or the store is damaged; zarr itself refuses chunks that are pickled objects.
    """
    try:
        import zarr
        from zarr.storage import ZipStore
    except ImportError as error:
        raise DataError(f"data.path={path} needs the zarr package: pip install sciml-bench[files].") from error
    try:
        store = ZipStore(path, mode="r") if path.is_file() else path
        opened = zarr.open(store, mode="r")
        return {"": opened} if isinstance(opened, zarr.Array) else dict(opened.arrays())
    except (ValueError, KeyError, OSError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"data.path={path} cannot be read as a zarr array or group: {error}.") from error


def read_table(path: Path) -> dict[str, Any]:
    """The columns of a text file as one array, without a time column."""
    return {"": read_csv(path).states}


READERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    ".npy": read_npy,
    ".npz": read_npz,
    ".mat": read_mat,
    ".csv": read_table,
    ".tsv": read_table,
    ".txt": read_table,
    ".zarr": open_zarr,
    ".zip": open_zarr,
}
TABLE_SUFFIXES = tuple(suffix for suffix, reader in READERS.items() if reader is read_table)


def read_arrays(path: Path, key: str | None = None) -> dict[str, Any]:
    """The arrays of a file by name, or only the one named `key`.

    Raises:
        ConfigurationError: the suffix is unknown, or there is no array of this name.
        DataError: the file cannot be used.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ConfigurationError(f"data.path={path}: unknown suffix {path.suffix!r}; known are {', '.join(READERS)}.")
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"data.path={path}: the file is empty.")
    arrays = reader(path)
    if key is not None:
        if key not in arrays:
            names = ", ".join(name for name in arrays if name) or "none: leave data.key out"
            raise ConfigurationError(f"data.key={key}: {path} has no array of this name; its arrays are {names}.")
        arrays = {key: arrays[key]}
    if not arrays:
        raise DataError(f"data.path={path}: the file holds no array.")
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise DataError(
                f"data.path={path}: array {name!r} has the type {array.dtype}; only real numbers can be used "
                "(no objects, cells, text or complex values): choose another with data.key or convert it."
            )
    return arrays


def _unreadable(path: Path, error: Exception) -> DataError:
    if "Object arrays" in str(error) or "Python objects" in str(error):
        return DataError(
            f"data.path={path} holds an object array, which is never loaded: save numbers of one type, "
            "and trajectories of different length as separate arrays of an .npz."
        )
    return DataError(f"data.path={path} cannot be read; it is truncated or not a {path.suffix} file ({error}).")
