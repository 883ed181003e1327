"""Tables of numbers as text: one row per moment, one column per component, with or without a header line."""

import warnings
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, DataError, SciMLBenchWarning

DELIMITERS = (",", ";", "\t")
TIME_NAMES = ("t", "time")


class Table(NamedTuple):
    """The content of a text file.

    Args:
        states: all columns but that of time.
        times: the time column, where one was named.
    """

    states: Float[np.ndarray, "time dim"]
    times: Float[np.ndarray, " time"] | None = None


def read_csv(path: Path, time_column: str | int | None = None) -> Table:
    """Read a table whose columns are separated by commas, semicolons, tabs or blanks.

    Args:
        path: the file.
        time_column: name (from the header) or number (from 0) of the column that holds the time.

    Raises:
        ConfigurationError: there is no such time column.
        DataError: the file is empty, holds text below the header, or rows of different length.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            first_line = file.readline()
        delimiter = next((mark for mark in DELIMITERS if mark in first_line), None)
        columns = [cell.strip().strip('"') for cell in first_line.lstrip("#% ").split(delimiter)]
        has_header = first_line.startswith(("#", "%")) or not all(_is_number(cell) for cell in columns)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*input contained no data.*")
            values = np.loadtxt(path, delimiter=delimiter, skiprows=int(has_header), ndmin=2, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"data.path: {path} is not a text file ({error}).") from error
    except ValueError as error:
        raise DataError(f"data.path: {_first_bad_cell(path, delimiter, len(columns), has_header)}") from error
    if values.size == 0:
        raise DataError(f"data.path: {path} holds no numbers; give one row per moment and one column per component.")
    if time_column is None:
        _warn_of_time_column(path, columns if has_header else [])
        return Table(values)
    number = _column_number(path, time_column, columns if has_header else [], values.shape[1])
    return Table(np.delete(values, number, axis=1), values[:, number])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _first_bad_cell(path: Path, delimiter: str | None, n_columns: int, has_header: bool) -> str:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in islice(enumerate(file, start=1), int(has_header), None):
            place, cells = f"{path}, line {number}", line.split("#")[0].strip("\n").split(delimiter)
            for column, cell in enumerate(cells):
                if not _is_number(cell) and line.strip():
                    return f"{place}, column {column}: {cell.strip()!r} is not a number; remove it or fill the gap."
            if len(cells) != n_columns and line.strip():
                return f"{place}: {len(cells)} columns instead of {n_columns}; complete the row."
    return f"{path} cannot be read as a table of numbers."


def _warn_of_time_column(path: Path, header: list[str]) -> None:
    named = [name for name in header if name.lower() in TIME_NAMES]
    if named:
        warnings.warn(
            f"{path}: the column {named[0]!r} is used as a component of the state; "
            f"if it is the time, set data.time_column={named[0]}.",
            SciMLBenchWarning,
            stacklevel=3,
        )


def _column_number(path: Path, time_column: str | int, header: list[str], n_columns: int) -> int:
    if time_column in header:
        return header.index(str(time_column))
    if isinstance(time_column, int) and 0 <= time_column < n_columns > 1:
        return time_column
    available = ", ".join(header) if header else f"0 to {n_columns - 1}, the file has no header"
    raise ConfigurationError(
        f"data.time_column={time_column}: {path} has no such column besides the states; choose among {available}."
    )
