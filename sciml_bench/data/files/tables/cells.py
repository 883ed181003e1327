"""What stands in a cell of a table: a number as programmes write it, true or false, a date, or nothing."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.clocks import is_time_name, times_of_dates
from sciml_bench.data.files.tables.columns import Column, Columns
from sciml_bench.data.files.tables.times_of_day import durations

SPREADSHEET_ERRORS = ("#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!")
MISSING = ("", "na", "n/a", "nan", "null", "none", "missing", "-", "?", ".", *SPREADSHEET_ERRORS)
"""What stands in a cell that has no number; upper case counts as lower case."""
LOGICAL = {"true": 1.0, "false": 0.0}

_NO_NUMBER = re.compile(r"\*+|[-+]?1\.#(?:qnan|snan|ind)\d*", re.IGNORECASE)
"""What Fortran writes where a number is too wide, and Microsoft's C where it is none."""
_FORTRAN = re.compile(r"(?![-+]?\d+[dDqQ]\d)([-+]?(?:\d+\.?\d*|\.\d+))[dDqQ]([-+]?\d+)|([-+]?\d*\.\d+)([-+]\d{3})")
"""1D+02 and 1.0D2, but not 2020Q1, and 1.0-101, whose exponent leaves no room for its letter."""
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_GROUPED_BY_POINTS = re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?")
_COMMA = re.compile(r"[-+]?[\d,]*,\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")


def numbers(lines: Columns, column: Column, place: int, in_file: int) -> Float[np.ndarray, " time"]:
    """The numbers of a column; not a number where there is none."""
    # lines are counted from 1; in a file without names columns are chosen by numbers from 0
    name = f"{in_file + 1} ({lines.header[place]})" if lines.header else f"{in_file} (counted from 0)"
    choose = f"{once_named(lines)}choose other columns with data.key=[{','.join(_others(lines, place)) or '...'}]."
    clock = lines.header[place] if lines.header else in_file
    told = f"holds dates and is not the clock (data.time_column={clock} makes it that); {choose}"
    if isinstance(column, np.ndarray):
        if column.dtype.kind not in "biuf":
            raise DataError(f"data.path: {lines.path}, column {name} {told}")
        return column.astype(np.float64, copy=False)
    groups, decimals = _marks(lines, column, name)
    values = np.full(len(column), np.nan)
    for row, cell in enumerate(column):
        number = number_of(cell.replace(groups, "").replace(decimals, "."))
        if number is not None:
            values[row] = number
        elif cell.lower() in LOGICAL:
            values[row] = LOGICAL[cell.lower()]
        elif not is_missing(cell):
            row = _row_of_the_fault(column, row)
            if row is None:
                raise DataError(f"data.path: {lines.path}, column {name} {told}")
            cell = column[row]
            where = f"line {lines.body[row][0]}" if lines.body else f"row {row}"
            if lines.header and len({*column}) < len(column) and not any(map(is_value, column)):
                choose = f"call it id where it tells trajectories apart, or {choose}"
            raise DataError(
                f"data.path: {lines.path}, {where}, column {name}: {cell!r} is not a number{hint_of(cell)}; remove the "
                f"text, fill the gap, or {choose}"
            )
    return values


def _others(lines: Columns, place: int) -> list[str]:
    """The names of other columns that begin with a number and do not call themselves a clock."""
    firsts = [(name, str(column[0])) for name, column in zip(lines.header, lines.columns, strict=False)]
    beside = firsts[:place] + firsts[place + 1 :]
    return [name for name, cell in beside if number_of(cell) is not None and not is_time_name(name)]


def once_named(lines: Columns) -> str:
    """What comes before a choice by names, in words."""
    return "" if lines.header else "name the columns in a first line and "


def is_value(cell: str) -> bool:
    """Whether a cell belongs under a header: a number, with a comma in it or not, or a date."""
    if number_of(cell) is not None or number_of(cell.replace(",", ".")) is not None or cell.lower() in LOGICAL:
        return True
    return any(grouped.fullmatch(cell) for grouped in (_GROUPED, _GROUPED_BY_POINTS)) or _is_date(cell)


def number_of(cell: str) -> float | None:
    """The number of a cell, with a decimal point; None where it is none."""
    try:
        return float(cell)
    except ValueError:
        found = _FORTRAN.fullmatch(cell)
        return None if found is None else float(f"{found[1] or found[3]}e{found[2] or found[4]}")


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no number."""
    return cell.lower() in MISSING or _NO_NUMBER.fullmatch(cell) is not None


def _marks(lines: Columns, column: Sequence[str], name: str) -> tuple[str, str]:
    """What groups thousands in the numbers of a column, and what marks decimals.

    1,014 may be either; one number of the table that cannot be tells. Semicolons and tabs separate columns where commas
    mark decimals; between commas a number with one stands in quotes, and without a hint it is refused.

    Raises:
        DataError: it may be either, and nothing in the table tells.
    """
    commas, points = ([cell for cell in column if mark in cell] for mark in ",.")
    by_points = bool(points) and all(map(_GROUPED_BY_POINTS.fullmatch, points))
    if not by_points and (not commas or any(map(_is_decimal, commas))):
        return "", "," if commas else "."
    cells = [cell for other in lines.columns if not isinstance(other, np.ndarray) for cell in other if "," in cell]
    decimal = any(map(_is_decimal, cells))
    if by_points and (decimal or any("," in cell for cell in points)):
        number = points[0].replace(".", "").replace(",", ".")
        lines.notes.append(f"{points[0]} in column {name} is {number}")
        return ".", ","
    if not commas or decimal:
        return "", "," if commas else "."
    grouped = any(cell.count(",") > 1 for cell in cells) or _has_points(lines)
    if grouped or lines.delimiter != ",":
        if lines.delimiter != ",":
            lines.notes.append(f"{commas[0]} in column {name} is {commas[0].replace(',', '' if grouped else '.')}")
        return (",", ".") if grouped else ("", ",")
    raise DataError(
        f"data.path: {lines.path}, column {name}: in {commas[0]!r} the comma may mark decimals or group thousands; "
        "write it with a decimal point, or without the comma."
    )


def _is_decimal(cell: str) -> bool:
    """Whether the comma of a cell can only mark decimals."""
    return _COMMA.fullmatch(cell) is not None and not _GROUPED.fullmatch(cell)


def _has_points(lines: Columns) -> bool:
    """Whether points mark decimals somewhere in a table."""
    if any(isinstance(column, np.ndarray) for column in lines.columns):
        return True
    return any(
        "." in cell and number_of(cell.replace(",", "")) is not None for column in lines.columns for cell in column
    )


def _row_of_the_fault(column: Sequence[str], row: int) -> int | None:
    """The row whose cell is no date, where the one of `row` is; None where all are dates."""
    if not _is_date(column[row]):
        return row
    return next((place for place, cell in enumerate(column) if not _is_date(cell)), None)


def _is_date(cell: str) -> bool:
    return (times_of_dates([cell]) or durations([cell])) is not None


def hint_of(cell: str) -> str:
    """What a cell seems to be that is no number."""
    if re.match(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d{2}", cell):
        return " (dates are written as 2020-01-31 or 2020-01-31T12:00:00, times of the day as 12:00:00)"
    return ""
