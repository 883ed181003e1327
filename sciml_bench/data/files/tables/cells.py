"""What stands in a cell of a table: a number, true or false, a date, or nothing."""

import re

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.clocks import times_of_dates
from sciml_bench.data.files.tables.columns import Column, Columns

MISSING = ("", "na", "n/a", "nan", "null", "none", "missing", "-", "?", ".")
"""What stands in a cell that has no number; upper case counts as lower case."""

LOGICAL = {"true": 1.0, "false": 0.0}


def numbers(lines: Columns, column: Column, place: int, in_file: int) -> Float[np.ndarray, " time"]:
    """The numbers of a column; not a number where there is none."""
    name = f"{in_file} ({lines.header[place] if lines.header else f'column {in_file}'})"
    if isinstance(column, np.ndarray):
        if column.dtype.kind not in "biuf":
            raise DataError(
                f"data.path: {lines.path}, column {name} holds dates and is not the clock; choose other columns with "
                "data.key=[...]."
            )
        return column.astype(np.float64, copy=False)
    decimal = lines.delimiter != "," and any("," in cell for cell in column)
    values = np.full(len(column), np.nan)
    for row, cell in enumerate(column):
        number = cell.replace(",", ".") if decimal else cell
        if is_number(number):
            values[row] = float(number)
        elif cell.lower() in LOGICAL:
            values[row] = LOGICAL[cell.lower()]
        elif cell.lower() not in MISSING:
            where = f"line {lines.body[row][0]}" if lines.body else f"row {row}"
            raise DataError(
                f"data.path: {lines.path}, {where}, column {name}: {cell!r} is not a number{_hint(cell)}; remove the "
                "text, fill the gap, or choose other columns with data.key=[...]."
            )
    return values


def is_value(cell: str) -> bool:
    """Whether a cell belongs under a header: a number, with a decimal comma or not, or a date."""
    if is_number(cell) or is_number(cell.replace(",", ".")) or cell.lower() in LOGICAL:
        return True
    return times_of_dates([cell]) is not None


def is_number(cell: str) -> bool:
    """Whether a cell is a number, with a decimal point."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _hint(cell: str) -> str:
    """What a cell seems to be that is no number."""
    if re.match(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d{2}", cell):
        return " (dates are written as 2020-01-31 or 2020-01-31T12:00:00)"
    return " (commas are no decimals where they separate columns)" if re.fullmatch(r"[-+]?\d+,\d+", cell) else ""
