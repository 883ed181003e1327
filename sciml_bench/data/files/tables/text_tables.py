"""Tables of numbers as text: one row per moment, one column per component, read the way their owner means them.

Columns are separated by commas, semicolons, tabs or blanks. Names may stand in the first line, in a comment before the
numbers, or in PLUMED's `#! FIELDS`; a name may be followed by its unit in brackets, or the units have a line of their
own. The first column may hold names or numbers of the rows; commas may mark decimals where something else separates
columns; the clock may be dates. What cannot be brought together is refused, with its place.
"""

from collections.abc import Sequence
from pathlib import Path

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.tables.cells import hint_of, is_missing, is_value, number_of
from sciml_bench.data.files.tables.cells_of_lines import cells_of
from sciml_bench.data.files.tables.columns import Columns, Table
from sciml_bench.data.files.tables.parted_tables import table_of
from sciml_bench.data.files.tables.text_lines import read_columns, taken_apart


def read_csv(path: Path, time_column: str | int | None = None, chosen: Sequence[str] = ()) -> Table:
    """Read a table.

    Args:
        path: the file.
        time_column: name or number (from 0) of the column that holds the time; "none" says that there is none. By
            default a column with the name of a clock that rises, or the first of a table without names if it rises
            evenly.
        chosen: names of the columns to read beside the time; all by default.

    Raises:
        ConfigurationError: there is no such column.
        DataError: the file is empty, header and columns do not line up, or a cell is no number.
    """
    lines = taken_apart(path)
    if not lines.body or not _holds_rows(lines):
        raise DataError(
            f"data.path: {path} holds no numbers in a table; give one row of numbers per moment, below a line with the "
            "names of the components, and no words between the numbers."
        )
    read_columns(lines)
    return table_of(lines, time_column, chosen)


def _holds_rows(lines: Columns) -> bool:
    """Whether a text is a table, perhaps one with a fault that can be named: a row of numbers, or a column of them.

    Words of a log may line up by chance: without names, and with blanks between them, their columns are none.
    """
    rows = (cells_of(line, lines.delimiter) for _, line in lines.body)
    if any(any(map(is_value, cells)) and all(is_value(c) or is_missing(c) for c in cells) for cells in rows):
        return True
    rows = [cells_of(line, lines.delimiter) for _, line in lines.body]
    fits = len(rows[0]) - len(lines.header) in (0, 1) if lines.delimiter is None and lines.header else True
    if len(set(map(len, rows))) > 1 or not fits or not (lines.header or lines.delimiter or hint_of(rows[0][0])):
        return False
    return any(
        all(number_of(cell.replace(",", ".")) is not None or is_missing(cell) for cell in c)
        for c in zip(*rows, strict=True)
    )
