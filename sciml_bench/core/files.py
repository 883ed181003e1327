"""Files that are whole or absent: written beside their name, flushed to disk, then renamed."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.core.plain_types import PathType

TEMPORARY_SUFFIX = ".incomplete"


def write_atomically(path: PathType, write: Callable[[BinaryIO], object]) -> None:
    """Call `write` on a temporary file and give it its name only when every byte is on the disk.

    Args:
        path: the file to make or replace; its folder is made where it is missing.
        write: writes the content into an open binary file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=TEMPORARY_SUFFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: PathType, content: Mapping[str, Any]) -> None:
    """Write strict JSON (no NaN, no infinity) atomically.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    write_atomically(path, lambda file: file.write(text.encode()))


def read_json(path: PathType) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        DataError: the file is not a JSON object.
    """
    try:
        content = json.loads(Path(path).read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid JSON ({error}); remove it and repeat the command") from None
    if not isinstance(content, dict):
        raise DataError(f"{path} does not hold a JSON object; remove it and repeat the command")
    return content


def write_arrays(path: PathType, arrays: Mapping[str, Any]) -> None:
    """Write named numeric arrays as one compressed `.npz`, without pickled objects.

    Raises:
        DataError: an array would need pickling.
    """
    converted = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in converted.items():
        if array.dtype.hasobject:
            raise DataError(f"the array {name!r} holds Python objects; convert it to numbers or text")
    write_atomically(path, lambda file: np.savez_compressed(file, allow_pickle=False, **converted))


def read_arrays(path: PathType) -> dict[str, np.ndarray]:
    """Read every array of an `.npz` file, refusing pickled objects.

    Raises:
        DataError: the file is a single array, as `numpy.save` writes it.
    """
    archive = np.load(path, allow_pickle=False)
    if isinstance(archive, np.ndarray):
        raise DataError(f"{path} holds one array without a name; write it with numpy.savez, which gives it one")
    with archive:
        return {name: archive[name] for name in archive.files}


def remove_incomplete(folder: PathType) -> None:
    """Remove what writers that were killed left below `folder`."""
    for leftover in Path(folder).rglob(f"*{TEMPORARY_SUFFIX}"):
        leftover.unlink(missing_ok=True)
