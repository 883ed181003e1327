"""Header and columns of a table brought together: names, units, and a first column that only names the rows."""

import re
from collections.abc import Sequence

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.clocks import is_time_name, rises_evenly
from sciml_bench.data.files.tables.cells import number_of
from sciml_bench.data.files.tables.cells_of_lines import DECIMAL_COMMA
from sciml_bench.data.files.tables.clock_columns import dates_of
from sciml_bench.data.files.tables.columns import Column, Columns

ROW_NAMES = ("", "unnamed: 0", "rownames", "row.names", "index", "#")

_UNIT = re.compile(r"(?P<name>.*?\S)(?:\s*\[(?P<square>[^\[\]]*)\]|\s+\((?P<round>[^(),]*)\))$")


def line_up(lines: Columns) -> None:
    """As many names and units as columns; one name less where the first column names the rows."""
    n_columns = len(lines.columns)
    commas = lines.delimiter == "," and all(DECIMAL_COMMA.fullmatch(line.strip()) for _, line in lines.body)
    if commas and (len(lines.header), n_columns) == (1, 2) and not _counts_rows(lines.columns[0]):
        raise DataError(
            f"data.path: {lines.path}: the header names one column ({lines.header[0]}), and the commas below it could "
            "mark decimals or a second column; write decimal points, or a name for every column."
        )
    if len(lines.header) == n_columns - 1 > 0 and _may_name_rows(lines):
        lines.header, lines.units = ["", *lines.header], [None, *lines.units]
    elif lines.header and len(lines.header) != n_columns:
        raise DataError(
            f"data.path: {lines.path}: the header names {len(lines.header)} columns ({', '.join(lines.header)}), but "
            f"line {lines.body[0][0]} has {n_columns}; give every column one name, in quotes where it holds a "
            "delimiter."
        )
    if len(lines.units) != n_columns:
        lines.units = [None] * n_columns
    for place, name in enumerate(lines.header):
        found = _UNIT.match(name)
        if found and lines.units[place] is None:
            lines.header[place] = found["name"]
            lines.units[place] = found["square"] or found["round"] or None
    for place, name in enumerate(lines.header):
        if place and not name:
            lines.header[place] = f"column_{place + 1}"
            lines.notes.append(f"the column without a name is called column_{place + 1}")
    named = [name for name in lines.header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise DataError(f"data.path: {lines.path}: two columns have the name {twice[0]!r}; give each its own.")


def _may_name_rows(lines: Columns) -> bool:
    """Whether a first column without a name may hold names: fractions beside a clock with a name are none."""
    values = _numbers_of(lines.columns[0])
    return values.dtype.kind != "f" or not np.any(values % 1 > 0) or not any(map(is_time_name, lines.header))


def leave_out_row_names(lines: Columns) -> int:
    """How many columns at the beginning only name or number the rows: 1 or 0."""
    if not lines.header or lines.header[0].lower() not in ROW_NAMES or len(lines.columns) < 2:
        return 0
    first = lines.columns[0]
    if lines.header[0] and not _counts_rows(first):
        return 0
    if (
        not lines.header[0]
        and not _counts_rows(first)
        and _is_clock(first)
        and not any(map(is_time_name, lines.header))
    ):
        lines.header[0] = "time"  # the index of a data frame, which is written without a name
        return 0
    lines.notes.append("the first column, which names the rows, is left out")
    return 1


def _numbers_of(column: Column) -> np.ndarray:
    return np.array([number_of(cell) for cell in column] if isinstance(column, Sequence) else column)


def _counts_rows(column: Column) -> bool:
    values = _numbers_of(column)
    return values.dtype.kind in "iuf" and bool(np.all(np.diff(values) == 1)) and values[0] in (0, 1)


def _is_clock(column: Column) -> bool:
    return dates_of(column) is not None or (isinstance(column, np.ndarray) and rises_evenly(column))
