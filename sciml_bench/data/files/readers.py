"""One reader per file format: what a file holds, by its suffix, unread where the format allows it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.data.files.clocks import times_of_moments
from sciml_bench.data.files.contents import Arrays, Fields
from sciml_bench.data.files.formats.column_files import read_feather, read_parquet
from sciml_bench.data.files.formats.hdf5_files import read_hdf5
from sciml_bench.data.files.formats.matlab_files import read_mat
from sciml_bench.data.files.formats.molecular_files import MOLECULAR_SUFFIXES, read_molecule
from sciml_bench.data.files.formats.netcdf_files import read_netcdf
from sciml_bench.data.files.formats.numpy_files import read_npy, read_npz
from sciml_bench.data.files.formats.signal_files import header_of, read_edf, read_wfdb
from sciml_bench.data.files.formats.zarr_stores import read_zarr
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.tables.columns import Table
from sciml_bench.data.files.tables.text_tables import read_csv

COMPLEX = {"real", "imag"}
"""Fields of a record that is a complex number, as HDF5 and MATLAB store it."""

Content = Arrays | Fields | list[NamedTrajectory]

ARRAY_READERS: dict[str, Callable[[Path], Content]] = {
    ".npy": read_npy,
    ".npz": read_npz,
    ".mat": read_mat,
    ".zarr": read_zarr,
    ".zip": read_zarr,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
    ".nc": read_netcdf,
    ".nc4": read_netcdf,
    ".cdf": read_netcdf,
}
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".colvar", ".xvg", ".lvm", ".log", ".lammps")
"""Of tables; but .dat is also that of the samples of a WFDB record."""
PACKED = (".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".7z", ".rar")
"""Of files that hold others; of these only text in .gz is read."""
TABLE_READERS: dict[str, Callable[[Path, str | int | None, Sequence[str]], Table]] = {
    **dict.fromkeys(TEXT_SUFFIXES, read_csv),
    ".parquet": read_parquet,
    ".feather": read_feather,
}
SIGNAL_READERS: dict[str, Callable[[Path, Sequence[str]], list[NamedTrajectory]]]
SIGNAL_READERS = {".hea": read_wfdb, ".edf": read_edf, ".bdf": read_edf}
TABLE_SUFFIXES = tuple(TABLE_READERS)
SUFFIXES = (*TABLE_READERS, *ARRAY_READERS, *SIGNAL_READERS, *MOLECULAR_SUFFIXES)


def suffix_of(path: Path) -> str:
    """The suffix in lower case, such as ".csv"; PLUMED's COLVAR (and COLVAR.1) has none, and counts as ".colvar".

    Text that gzip has packed (`mine.csv.gz`) counts as what it is unpacked.
    """
    suffix = path.suffix.lower()
    if suffix == ".gz" and path.with_suffix("").suffix.lower() in TEXT_SUFFIXES:
        suffix = path.with_suffix("").suffix.lower()
    return ".colvar" if suffix not in SUFFIXES and path.name.startswith("COLVAR") else suffix


def is_table(path: Path) -> bool:
    """Whether a file is a table with one row per moment."""
    return suffix_of(path) in TABLE_READERS and header_of(path) is None


def read_table(path: Path, time_column: str | int | None = None, chosen: Sequence[str] = ()) -> Table:
    """A table.

    Args:
        path: the file.
        time_column: as in `read_csv`.
        chosen: names of the columns to read beside the time; all by default.

    Raises:
        ConfigurationError: there is no such column.
        DataError: the file cannot be used.
    """
    return TABLE_READERS[suffix_of(path)](_not_empty(path), time_column, chosen)


def read_content(
    path: Path, keys: Sequence[str] = (), topology: PathType | None = None, absent_is_missing: bool = False
) -> Content:
    """What a file holds that is no table.

    Args:
        path: the file.
        keys: of the signals to read; arrays are all opened.
        topology: file with the names of the atoms of a molecule.
        absent_is_missing: as in `read_zarr`.

    Raises:
        ConfigurationError: the suffix is unknown, or there is no such signal.
        DataError: the file cannot be used.
    """
    suffix = suffix_of(path)
    if suffix in MOLECULAR_SUFFIXES:
        return read_molecule(_not_empty(path), topology)
    header = header_of(path)
    if header is not None:
        return read_wfdb(header, keys)
    if suffix in SIGNAL_READERS:
        return SIGNAL_READERS[suffix](_not_empty(path), keys)
    if suffix not in ARRAY_READERS:
        text = ": rename a table of numbers to .txt" if suffix in ("", ".out", ".asc", ".prn") else ""
        text = ": unpack it first" if suffix in PACKED else text
        known = ", ".join(SUFFIXES)
        raise ConfigurationError(f"data.path={path}: unknown suffix {path.suffix!r}; known are {known}{text}.")
    reader = ARRAY_READERS[suffix]
    content = read_zarr(_not_empty(path), absent_is_missing) if reader is read_zarr else reader(_not_empty(path))
    if isinstance(content, Arrays):
        _make_plain(content)
        _require_numbers(path, content, keys)
    return content


def read_arrays(path: Path, key: str | None = None) -> dict[str, Any]:
    """The arrays of a file by name, or only the one named `key`.

    Args:
        path: the file.
        key: of one of them.

    Raises:
        ConfigurationError: the suffix is unknown, or there is no array of this name.
        DataError: the file cannot be used.
    """
    keys = () if key is None else (key,)
    content = Arrays({"": read_table(path).states}) if is_table(path) else read_content(path, keys)
    if isinstance(content, Fields):
        content = Arrays({name: one.values for name, one in content.fields.items()})
    elif not isinstance(content, Arrays):
        content = Arrays({"": content[0].states})
    return {name: content.arrays[name] for name in content.names_of(path, keys)}


def _make_plain(content: Arrays) -> None:
    """Records (NumPy's structured arrays, tables in HDF5) become an array for each field, and moments numbers."""
    for name, array in list(content.arrays.items()):
        if array.dtype.kind == "M" and len(array.shape) == 1 and array.shape[0]:
            clock = times_of_moments(np.asarray(array[:]))
            content.arrays[name] = clock.times
            content.units |= {} if clock.unit is None else {name: clock.unit}
            content.origins |= {} if clock.origin is None else {name: clock.origin}
        fields = array.dtype.names or ()
        if fields and len(array.shape) == 1 and set(fields) != COMPLEX:
            del content.arrays[name]
            values = array[:]
            content.arrays |= {f"{name}{content.separator}{one}" if name else one: values[one] for one in fields}


def _require_numbers(path: Path, content: Arrays, keys: Sequence[str]) -> None:
    if not content.arrays:
        raise DataError(f"data.path={path}: the file holds no array of numbers.")
    for name in content.names_of(path, keys):
        kind = content.arrays[name].dtype
        if kind.kind not in "biuf":
            raise DataError(
                f"data.path={path}: array {name!r} has the type {kind}; only real numbers can be used "
                "(no objects, text or complex values): choose another with data.key or convert it."
            )


def _not_empty(path: Path) -> Path:
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"data.path={path}: the file is empty.")
    return path
