"""Arrays that NumPy wrote: `.npy`, which stays on disk, and `.npz`."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.contents import Arrays


def read_npy(path: Path) -> Arrays:
    """One array as a memory map.

    Raises:
        DataError: the file is truncated, not of this format, or holds objects.
    """
    try:
        return Arrays({"": np.load(path, mmap_mode="r", allow_pickle=False)})
    except (ValueError, EOFError, OSError) as error:
        raise unreadable(path, error) from error


def read_npz(path: Path) -> Arrays:
    """All arrays of an archive in their order, in memory; those of text apart.

    Raises:
        DataError: the archive is truncated, not of this format, or holds nothing but objects.
    """
    content, refused = Arrays({}), None
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                try:
                    array = archive[name]
                except ValueError as error:
                    if not _is_of_objects(error):
                        raise
                    refused, content.fault = error, f"the array {name} holds objects, which are never loaded"
                else:
                    if array.dtype.kind == "U":
                        content.texts[name] = tuple(array.ravel().tolist())
                    else:
                        content.arrays[name] = array
    except (ValueError, EOFError, OSError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise unreadable(path, error) from error
    if refused and not content.arrays:
        raise unreadable(path, refused) from refused
    return content


def unreadable(path: Path, error: Exception) -> DataError:
    """The error for a file that its own package cannot read.

    Args:
        path: the file.
        error: of the package.
    """
    if _is_of_objects(error):
        return DataError(
            f"data.path={path} holds an object array, which is never loaded: save numbers of one type, "
            "and trajectories of different length as separate arrays of an .npz."
        )
    return DataError(f"data.path={path} cannot be read; it is truncated or not a {path.suffix} file ({error}).")


def _is_of_objects(error: Exception) -> bool:
    return "Object arrays" in str(error) or "Python objects" in str(error)
