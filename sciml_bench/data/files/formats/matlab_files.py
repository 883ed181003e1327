"""MATLAB files: up to version 7 through SciPy, version 7.3 (HDF5, its axes in reverse) through h5py.

Fields of structures are called `run.x`, those of an array of structures `run(2).x`, cells `x{3}`; characters are text.
Row and column vectors become one component. What MATLAB stores as objects (tables, strings, dates, functions) is left
out and named.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.data.files.contents import Arrays
from sciml_bench.data.files.formats.hdf5_files import opened_hdf5
from sciml_bench.data.files.formats.numpy_files import unreadable

HDF5_SIGNATURE = b"\x89HDF"


def read_mat(path: Path) -> Arrays:
    """All variables of a MATLAB file; those of version 7.3 stay on disk.

    Raises:
        DataError: the file is truncated or not of this format.
    """
    with path.open("rb") as file:
        header = file.read(516)
    found = Arrays({}, separator=".")
    if header.startswith(HDF5_SIGNATURE) or HDF5_SIGNATURE in header[512:]:
        opened = opened_hdf5(path)
        for name in opened:
            if not name.startswith("#"):
                _keep_stored(found, opened, name, opened[name])
        return found
    for name, value in _loaded(path).items():
        if not name.startswith("__"):
            _keep_loaded(found, name, value)
    return found


def _loaded(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat  # imported late: it takes longer than everything else in this room
    from scipy.io.matlab import MatReadError

    # SciPy's reader meets damaged bytes with whatever exception the place in the file happens to raise.
    damage = (ValueError, TypeError, KeyError, IndexError, EOFError, OSError, NotImplementedError, zlib.error)
    try:
        return loadmat(path, struct_as_record=False)
    except (*damage, MatReadError) as error:
        raise unreadable(path, error) from error


def _keep_loaded(found: Arrays, name: str, value: Any) -> None:
    """A variable of SciPy's reader, taken apart."""
    from scipy.io.matlab import MatlabFunction, MatlabOpaque, mat_struct

    if isinstance(value, (MatlabOpaque, MatlabFunction)):
        _leave_out(found, name, "object")
    elif isinstance(value, mat_struct):
        for field, inner in vars(value).items():
            if field != "_fieldnames":
                _keep_loaded(found, f"{name}.{field}", inner)
    elif not isinstance(value, np.ndarray):  # a sparse matrix
        found.arrays[name] = value.toarray()
    elif value.dtype.kind == "O":
        entries = list(value.ravel(order="F"))
        structures = all(isinstance(entry, mat_struct) for entry in entries)
        _keep_several(found, name, entries, "()" if structures else "{}", _text_loaded, _keep_loaded)
    elif value.dtype.kind == "U":
        found.texts[name] = tuple(str(row).rstrip() for row in value.ravel())
    elif value.size:
        found.arrays[name] = _vector(value)
    else:
        _leave_out(found, name, "empty array")


def _text_loaded(value: Any) -> str | None:
    return str(value.ravel()[0]) if isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.size else None


def _keep_several(found: Arrays, name: str, entries: Sequence[Any], brackets: str, text_of: Any, keep: Any) -> None:
    """Cells or an array of structures: text together, everything else under a number of its own."""
    texts = [text_of(entry) for entry in entries]
    if texts and all(text is not None for text in texts):
        found.texts[name] = tuple(map(str, texts))
        return
    single = len(entries) == 1 and brackets == "()"
    for number, entry in enumerate(entries, start=1):
        keep(found, name if single else f"{name}{brackets[0]}{number}{brackets[1]}", entry)


def _keep_stored(found: Arrays, file: Any, name: str, value: Any, around: tuple[str, ...] = ()) -> None:
    """A variable of an HDF5 file, taken apart."""
    kind, inner = _kind(value), (*around, value.name)
    if value.name in around:
        _leave_out(found, name, "loop")
    elif kind in ("function_handle", "opaque") or "MATLAB_object_decode" in value.attrs:
        _leave_out(found, name, "object")
    elif hasattr(value, "keys"):
        if "MATLAB_sparse" in value.attrs:
            found.arrays[name] = _sparse(value)
            return
        _keep_structure(found, file, name, value, inner)
    elif value.attrs.get("MATLAB_empty", 0):
        _leave_out(found, name, "empty array")
    elif kind == "cell" or value.dtype.kind == "O":
        _keep_several(
            found,
            name,
            _entries(file, value),
            "{}",
            _text_stored,
            lambda content, where, entry: _keep_stored(content, file, where, entry, inner),
        )
    elif kind == "char":
        found.texts[name] = tuple(row.rstrip() for row in _characters(value))
    elif value.dtype.kind in "biuf":
        array = Reversed(value)
        found.arrays[name] = _vector(array[:]) if 1 in value.shape else array
    else:
        found.arrays[name] = value  # complex numbers, which are refused with their name


def _keep_structure(found: Arrays, file: Any, name: str, group: Any, around: tuple[str, ...]) -> None:
    """A structure, or an array of them, whose fields are arrays of references."""
    fields = list(group)
    arrays = [field for field in fields if not hasattr(group[field], "keys")]
    several = [field for field in arrays if group[field].dtype.kind == "O" and not _kind(group[field])]
    length = group[several[0]].size if several else 1
    for field in fields:
        if several and field in several and length > 1:
            for number, entry in enumerate(_entries(file, group[field]), start=1):
                _keep_stored(found, file, f"{name}({number}).{field}", entry, around)
        else:
            _keep_stored(found, file, f"{name}.{field}", group[field], around)


def _kind(value: Any) -> str:
    kind = value.attrs.get("MATLAB_class", b"")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _entries(file: Any, references: Any) -> list[Any]:
    """What the references of a cell array point to, column by column as MATLAB counts."""
    return [file[reference] for reference in np.asarray(references).ravel()]


def _text_stored(value: Any) -> str | None:
    if _kind(value) != "char" or hasattr(value, "keys") or value.attrs.get("MATLAB_empty", 0):
        return None
    return _characters(value)[0]


def _characters(value: Any) -> list[str]:
    """The rows of an array of characters, whose codes are those of UTF-16."""
    codes = np.atleast_2d(np.asarray(value)).T.astype("<u2")
    return [row.tobytes().decode("utf-16-le", errors="replace") for row in np.ascontiguousarray(codes)]


def _sparse(group: Any) -> np.ndarray:
    from scipy.sparse import csc_array

    n_rows, columns = int(group.attrs["MATLAB_sparse"]), np.asarray(group["jc"]).astype(np.int64)
    if "data" not in group:
        return np.zeros((n_rows, len(columns) - 1))
    values, rows = np.asarray(group["data"]), np.asarray(group["ir"]).astype(np.int64)
    return csc_array((values, rows, columns), shape=(n_rows, len(columns) - 1)).toarray()


class Reversed:
    """An array on disk with its axes in reverse, as MATLAB stores them; read where it is sliced along the first two.

    Args:
        stored: with `shape`, `dtype` and slicing.
    """

    def __init__(self, stored: Any) -> None:
        self._stored, self.shape, self.dtype = stored, tuple(stored.shape[::-1]), stored.dtype

    def __getitem__(self, place: Any) -> np.ndarray:
        places = place if isinstance(place, tuple) else (place,)
        full = (*places, *[slice(None)] * (len(self.shape) - len(places)))
        return np.asarray(self._stored[full[::-1]]).T

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype)


def _vector(value: np.ndarray) -> np.ndarray:
    return value.ravel() if value.ndim == 2 and 1 in value.shape else value


def _leave_out(found: Arrays, name: str, what: str) -> None:
    found.notes.append(f"{name}, {'an' if what[0] in 'aeo' else 'a'} {what}, is left out")
