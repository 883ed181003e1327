"""Parquet and Feather: tables whose columns have types, read by the same rules as text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.clocks import times_of_dates
from sciml_bench.data.files.formats.numpy_files import unreadable
from sciml_bench.data.files.packages import imported
from sciml_bench.data.files.tables.columns import Columns, Table
from sciml_bench.data.files.tables.parted_tables import table_of
from sciml_bench.data.files.tables.stacked_trajectories import tells_apart
from sciml_bench.data.files.tables.times_of_day import durations

UNIT_KEYS = (b"units", b"unit")


def read_parquet(path: Path, time_column: str | int | None = None, chosen: Sequence[str] = ()) -> Table:
    """The columns of a Parquet file.

    Args:
        path: the file.
        time_column: as in `read_csv`.
        chosen: names of the columns to read beside the time; all by default.

    Raises:
        ConfigurationError: there is no such column.
        DataError: pyarrow is missing, the file is damaged, or a column holds no numbers.
    """
    parquet = imported(path, "pyarrow.parquet", "files")
    return _table(path, lambda: parquet.ParquetFile(path).read(), time_column, chosen)


def read_feather(path: Path, time_column: str | int | None = None, chosen: Sequence[str] = ()) -> Table:
    """The columns of a Feather (Arrow) file; see `read_parquet`."""
    feather = imported(path, "pyarrow.feather", "files")
    return _table(path, lambda: feather.read_table(path), time_column, chosen)


def _table(path: Path, read: Any, time_column: str | int | None, chosen: Sequence[str]) -> Table:
    imported(path, "pandas", "files")
    arrow = imported(path, "pyarrow", "files")
    try:
        stored = read()
        frame = stored.to_pandas()
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise unreadable(path, error) from error
    units = {field.name: _unit(field.metadata) for field in stored.schema}
    notes = []
    named = [name for name in frame.index.names if name is not None]
    if named or frame.index.dtype.kind == "M":
        frame = frame.reset_index()
        notes.append(f"the index {', '.join(map(str, named)) or 'of dates'} is a column")
    names = [str(name) for name in frame.columns]
    columns, text = [], {}
    for place, name in enumerate(names):
        values = frame.iloc[:, place]
        found = [*map(str, values)] if tells_apart(name) and values.dtype.kind == "O" else _values(values)
        columns.append(np.full(len(frame), np.nan) if found is None else found)
        text |= {name: str(values.dtype)} if found is None else {}
        if getattr(values.dtype, "kind", "O") == "m":
            units[name] = "s"
    # a column of text may be the dates of the clock, and is in nobody's way where others are chosen
    wanted = [name for name in text if not chosen or name in chosen]
    if wanted:
        others = [name for name in names if name not in text]
        raise DataError(
            f"data.path={path}: the column {wanted[0]} holds {text[wanted[0]]}, not numbers; choose others with "
            f"data.key=[{', '.join(others)}], or write it as numbers."
        )
    if not len(frame) or not columns:
        raise DataError(f"data.path={path} holds no rows; expected one row per moment and one column per component.")
    if isinstance(time_column, str) and time_column in text:
        raise ConfigurationError(f"data.time_column={time_column}: the column holds text that is no date (ISO 8601).")
    found = Columns(path, header=names, units=[units.get(name) for name in names], columns=columns, notes=notes)
    return table_of(found, time_column, chosen)


def _unit(metadata: dict[bytes, bytes] | None) -> str | None:
    return next((metadata[key].decode() for key in UNIT_KEYS if metadata and key in metadata), None)


def _values(column: Any) -> Shaped[np.ndarray, " time"] | Sequence[str] | None:
    """The numbers, moments or dates of a column of pandas; None where it holds something else."""
    kind = getattr(column.dtype, "kind", "O")
    if kind == "M":
        plain = column.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(column.dtype, "tz", None) else column
        return plain.to_numpy()
    if kind == "m":
        return column.to_numpy() / np.timedelta64(1, "s")
    if kind in "biuf":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype.name == "category":
        return None
    present = [*column[column.notna()]]  # cells may be lists
    if present and all(type(cell).__name__ == "Decimal" for cell in present):
        return column.astype(float).to_numpy()
    cells = [str(cell) for cell in present]
    is_clock = times_of_dates(cells[:1]) or durations(cells[:1])
    return cells if len(cells) == len(column) and is_clock else None
