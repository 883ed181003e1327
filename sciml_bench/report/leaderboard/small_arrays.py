"""The small arrays of a run that a report needs, read from arrays.npz without trusting a byte of it."""

import io
import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.report.runs import require_own_file

LARGEST_FILE = 2**30
"""Bytes of arrays.npz."""

LARGEST_ARRAY = 2**18
"""Bytes of one array, unpacked: 32 768 numbers."""

MOST_ARRAYS = 64

START = "start_"
"""On what the names of scores per start begin."""

SCORED_ROWS = f"{START}scored_rows"
"""How many rows of each start have values, where not all have."""

HORIZON = ("horizon_times", "error_against_horizon", "persistence_error_against_horizon", "mean_error_against_horizon")
"""Errors against the horizon, (rows,) each."""


def small_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Scores per start and errors against the horizon: one axis of numbers each; others are passed over.

    Args:
        folder: of a run.

    Returns:
        none where the run left no arrays.

    Raises:
        DataError: the file is refused, or cannot be read.
    """
    path = folder / "arrays.npz"
    require_own_file(path, LARGEST_FILE)
    try:
        with zipfile.ZipFile(path) as archive:
            found = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            wanted = [name for name in found if name.startswith(START) or name in HORIZON][:MOST_ARRAYS]
            return {name: _vector(archive, found[name]) for name in wanted}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"arrays.npz cannot be read ({error})") from None


def _vector(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    """One array; what its header claims has to be there before memory is taken for it."""
    if info.file_size > LARGEST_ARRAY:
        raise DataError(f"{info.filename} has {info.file_size} bytes, more than the {LARGEST_ARRAY} that are read")
    content = archive.read(info)
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise DataError(f"{info.filename} has a header that is not read here")
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    if kind.kind not in "fiu" or len(shape) != 1:
        raise DataError(f"{info.filename} holds no list of numbers")
    if math.prod(shape) * kind.itemsize != len(content) - file.tell():
        raise DataError(f"{info.filename} has another length than it says")
    return np.frombuffer(content, kind, offset=file.tell()).astype(np.float64)
