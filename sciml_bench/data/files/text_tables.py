"""Tables of numbers as text: one row per moment, one column per component, read the way their owner means them.

Columns are separated by commas, semicolons, tabs or blanks. Names may stand in the first line, in a comment before the
numbers, or in PLUMED's `#! FIELDS`; a name may be followed by its unit in brackets, or the units have a line of their
own. The first column may hold names or numbers of the rows; commas may mark decimals where something else separates
columns; the clock may be dates. What cannot be brought together is refused, with its place.
"""

import contextlib
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.calendar_columns import dates_of_numbers, joined_dates
from sciml_bench.data.files.clocks import (
    is_faulty,
    is_time_name,
    restart,
    rises,
    rises_evenly,
    times_of_dates,
    times_of_moments,
    unit_of_name,
)

DELIMITERS = ("\t", ";", ",")
COMMENTS = ("#", "%", "@")
MISSING = ("", "na", "n/a", "nan", "null", "none", "missing", "-", "?", ".")
"""What stands in a cell that has no number; upper case counts as lower case."""
ROW_NAMES = ("", "unnamed: 0", "rownames", "row.names", "index")
NO_COLUMN = "none"
"""The `time_column` of a table without a clock."""

LOGICAL = {"true": 1.0, "false": 0.0}

_DECIMAL_COMMA = re.compile(r"[-+]?\d+(?:,\d+)?(?:[eE][-+]?\d+)?")
_UNIT = re.compile(r"(?P<name>.*?\S)(?:\s*\[(?P<square>[^\[\]]*)\]|\s+\((?P<round>[^(),]*)\))$")


@dataclass(frozen=True, eq=False)
class Table:
    """The content of a text file.

    Args:
        states: all columns but those of the clock and of the rows' names; not a number where a cell is empty.
        names: of these columns, none where the file has none.
        units: of these columns, None for one without.
        times: the clock, where there is one.
        time_unit: of the clock, where the file tells it.
        notes: how the file was read, where it could be read otherwise.
    """

    states: Float[np.ndarray, "time dim"]
    names: tuple[str, ...] = ()
    units: tuple[str | None, ...] = ()
    times: Float[np.ndarray, " time"] | None = None
    time_unit: str | None = None
    notes: tuple[str, ...] = ()


Column = Sequence[str] | Shaped[np.ndarray, " time"]
"""Numbers or moments, where a whole column is that; otherwise cells."""


@dataclass
class Columns:
    """A table taken apart: its columns as they are named, and what stands below, as numbers where all of it is.

    Args:
        path: of the file.
        delimiter: between its columns, where it is text; None for blanks.
        header: names of the columns, none where the file has none.
        units: of the columns, in brackets behind the names where there are none here.
        body: number and text of the lines below the header, where the file is text.
        columns: with one entry per row.
        notes: how the file was read.
    """

    path: Path
    delimiter: str | None = None
    header: list[str] = field(default_factory=list)
    units: list[str | None] = field(default_factory=list)
    body: list[tuple[int, str]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


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
    lines = _taken_apart(path)
    if not lines.body:
        raise DataError(
            f"data.path: {path} holds no numbers; expected one row per moment and one column per component."
        )
    _read_columns(lines)
    return table_of(lines, time_column, chosen)


def table_of(lines: Columns, time_column: str | int | None, chosen: Sequence[str]) -> Table:
    """Clock and states of the columns of a file.

    Args:
        lines: the columns.
        time_column: as in `read_csv`.
        chosen: as in `read_csv`.

    Raises:
        ConfigurationError: there is no such column.
        DataError: header and columns do not line up, or a cell is no number.
    """
    _line_up(lines)
    first = _leave_out_row_names(lines)
    if time_column is None:
        _join_dates(lines, first, chosen)
    header = lines.header[first:]
    number = _column_number(lines, time_column, first)
    unknown = [name for name in chosen if name not in header]
    if unknown:
        names = ", ".join(header) or "none: leave data.key out"
        raise ConfigurationError(
            f"data.key={unknown[0]}: {lines.path} has no column of this name; its columns are {names}."
        )
    # in the file's order, in which the clock may stand anywhere
    places = [place for place in range(len(lines.columns) - first) if not chosen or header[place] in chosen]
    if number is not None and number not in places:
        places = sorted([*places, number])
    kept = [first + place for place in places]
    lines.header = [lines.header[place] for place in kept] if header else []
    lines.units = [lines.units[place] for place in kept]
    lines.columns = [lines.columns[place] for place in kept]
    number = None if number is None else places.index(number)
    dates = None if number is None else _dates(lines.columns[number], lines.header[number] if header else "")
    values = [
        np.empty(0) if dates is not None and place == number else _numbers(lines, column, place, kept[place])
        for place, column in enumerate(lines.columns)
    ]
    return _table(lines, values, number, dates, guess=time_column is None)


def _taken_apart(path: Path) -> Columns:
    """Delimiter, header, units and rows; comments and empty lines are passed over."""
    text = _text_of(path)
    found, comments, body = Columns(path), [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith(COMMENTS):
            comments += [line.strip()] if not body else []
        elif line.strip():
            body.append((number, line.split("#")[0] if "#" in line and '"' not in line else line))
    if not body:
        return found
    found.delimiter = _delimiter(body[-1][1])
    first, second = (_cells(line, found.delimiter) for _, line in (body[0], body[min(1, len(body) - 1)]))
    if not any(map(_is_value, first)) or _is_header(first, second):
        whole = _names(text.splitlines()[body[0][0] - 1], found.delimiter)  # # may belong to a name
        found.header = whole if len(whole) == len(second) else _names(body[0][1], found.delimiter)
        body = body[1:]
    else:
        found.header = _header_of_comments(comments, found.delimiter, len(first))
    below = _cells(body[0][1], found.delimiter) if body else []
    if found.header and any(below) and not any(cell.lower() in MISSING[1:] or _is_value(cell) for cell in below):
        found.units, body = [cell.strip("[]() ") or None for cell in below], body[1:]
    found.body = body
    return found


def _text_of(path: Path) -> str:
    """The text of a file, as most programmes write it, or as older ones of Windows and Excel do."""
    content = path.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        with contextlib.suppress(UnicodeDecodeError):
            if b"\0" not in content:
                return content.decode("cp1252")
        raise DataError(f"data.path: {path} is not a text file ({error}).") from error


def _read_columns(lines: Columns) -> None:
    """The columns: numbers at once where there is nothing else, otherwise cells."""
    try:
        values = np.loadtxt([line for _, line in lines.body], delimiter=lines.delimiter, quotechar='"', ndmin=2)
    except ValueError:
        rows = [_cells(line, lines.delimiter) for _, line in lines.body]
        # a delimiter at the end of every line makes no column
        if all(not cells[-1] and len(cells) > max(1, len([name for name in lines.header if name])) for cells in rows):
            rows = [cells[:-1] for cells in rows]
            lines.header = lines.header[:-1] if lines.header and not lines.header[-1] else lines.header
        for (number, _), cells in zip(lines.body, rows, strict=True):
            if len(cells) != len(rows[0]):
                raise DataError(
                    f"data.path: {lines.path}, line {number}: {len(cells)} columns instead of {len(rows[0])}; "
                    "complete the row."
                ) from None
        lines.columns = [*zip(*rows, strict=True)]
    else:
        lines.columns = [*values.T]


def _is_header(first: list[str], second: list[str]) -> bool:
    """Whether the first row holds names that look like numbers here and there, such as `1`, above numbers."""
    return any(not _is_value(cell) for cell in first) and sum(map(_is_value, first)) < sum(map(_is_value, second))


def _delimiter(line: str) -> str | None:
    bare = re.sub(r'"[^"]*"', "", line)
    cells = bare.split()
    if "\t" not in bare and ";" not in bare and len(cells) > 1 and all(map(_DECIMAL_COMMA.fullmatch, cells)):
        return None
    return next((mark for mark in DELIMITERS if mark in bare), None)


def _cells(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return next(csv.reader([" ".join(line.split())], delimiter=" "))
    return [cell.strip() for cell in next(csv.reader([line.strip(" ")], delimiter=delimiter, skipinitialspace=True))]


def _names(line: str, delimiter: str | None) -> list[str]:
    """The names of a header line; between blanks a unit in brackets belongs to the name before it."""
    if delimiter is None and '"' not in line:
        line = re.sub(r"\s+(?=[\[(])", "\0", line.strip())
        return [name.replace("\0", " ") for name in line.split()]
    return _cells(line, delimiter)


def _header_of_comments(comments: list[str], delimiter: str | None, n_columns: int) -> list[str]:
    """The names in the comments before the numbers: PLUMED's fields, or the last line with as many as columns."""
    fields = [line.split()[2:] for line in comments if line.startswith("#! FIELDS")]
    if fields:
        return fields[0]
    for line in reversed(comments):
        bare = line.lstrip("#%@! ")
        names = _names(bare, delimiter if delimiter is not None and delimiter in bare else _delimiter(bare))
        if len(names) == n_columns and not all(map(_is_number, names)):
            return names
    return []


def _line_up(lines: Columns) -> None:
    """As many names and units as columns; one name less where the first column names the rows."""
    n_columns = len(lines.columns)
    commas = lines.delimiter == "," and all(_DECIMAL_COMMA.fullmatch(line.strip()) for _, line in lines.body)
    if commas and (len(lines.header), n_columns) == (1, 2) and not _counts_rows(lines.columns[0]):
        raise DataError(
            f"data.path: {lines.path}: the header names one column ({lines.header[0]}), and the commas below it could "
            "mark decimals or a second column; write decimal points, or a name for every column."
        )
    if len(lines.header) == n_columns - 1 > 0:
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
    named = [name for name in lines.header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise DataError(f"data.path: {lines.path}: two columns have the name {twice[0]!r}; give each its own.")


def _leave_out_row_names(lines: Columns) -> int:
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


def _counts_rows(column: Column) -> bool:
    numbers = isinstance(column, np.ndarray) and column.dtype.kind in "iuf"
    return numbers and bool(np.all(np.diff(column) == 1)) and column[0] in (0, 1)


def _is_clock(column: Column) -> bool:
    return _dates(column) is not None or (isinstance(column, np.ndarray) and rises_evenly(column))


def _dates(column: Column, name: str = "") -> tuple[np.ndarray, str] | None:
    """The times and their unit, where a column holds dates; numbers such as 20200131 where it has the name of a clock.

    Args:
        column: of a table.
        name: of the column, to look for dates among numbers.
    """
    moments = column if isinstance(column, np.ndarray) and column.dtype.kind == "M" else None
    if moments is None and is_time_name(name):
        moments = dates_of_numbers(name, column)
    if moments is not None:
        return times_of_moments(moments)
    return None if isinstance(column, np.ndarray) else times_of_dates([*column])


def _join_dates(lines: Columns, first: int, chosen: Sequence[str]) -> None:
    """One column of dates for those of year, month, day and hour, unless another one is the clock."""
    header, columns = lines.header[first:], lines.columns[first:]
    joined = joined_dates(header, columns)
    if joined is None:
        return
    places, dates = joined
    parts = [header[place] for place in places]
    others = [place for place, name in enumerate(header) if place not in places and is_time_name(name)]
    if set(parts) & set(chosen) or any(_rising(lines, first + place) for place in [places[0], *others]):
        return
    lines.columns[first + places[0]], lines.header[first + places[0]] = dates, "date"
    for place in sorted(places[1:], reverse=True):
        del lines.columns[first + place], lines.header[first + place], lines.units[first + place]
    lines.notes.append(f"{', '.join(parts)} make the date")


def _rising(lines: Columns, place: int) -> bool:
    """Whether a column can be a clock: it holds dates or numbers, and rises."""
    column = lines.columns[place]
    try:
        found = _dates(column, lines.header[place]) if lines.header else None
        times = found[0] if found is not None else _numbers(lines, column, place, place)
    except DataError:
        return False
    return rises(times) and restart(times) is None


def _column_number(lines: Columns, time_column: str | int | None, first: int) -> int | None:
    """Where the clock stands behind the rows' names; None where there is none."""
    path, header, columns = lines.path, lines.header[first:], lines.columns[first:]
    n_columns = len(columns)
    if time_column == NO_COLUMN and NO_COLUMN not in header:
        return None
    if time_column is None:
        named = [place for place, name in enumerate(header) if is_time_name(name)]
        of_dates = [place for place in range(n_columns) if header and _dates(columns[place][:1]) is not None]
        # T is more often a temperature than the time, and an hour or a day may stand beside a date
        possible = sorted([*named, *of_dates], key=lambda place: header[place].strip() == "T")
        return next((place for place in possible if _rising(lines, first + place)), next(iter(possible), None))
    if time_column in header:
        return header.index(str(time_column))
    if isinstance(time_column, int) and 0 <= time_column < n_columns > 1:
        return time_column
    available = ", ".join(header) if header else f"0 to {n_columns - 1}, the file has no header"
    raise ConfigurationError(
        f"data.time_column={time_column}: {path} has no such column besides the states; choose among {available}."
    )


def _table(
    lines: Columns,
    values: list[np.ndarray],
    number: int | None,
    dates: tuple[np.ndarray, str] | None,
    guess: bool,
) -> Table:
    """The columns parted into clock and states."""
    header, units, notes = lines.header, lines.units, list(lines.notes)
    names = header or [f"column {place}" for place in range(len(values))]
    times, unit = dates if dates is not None else (None if number is None else values[number], None)
    if number is not None and (row := restart(np.asarray(times))) is not None:
        raise DataError(
            f"data.path: {lines.path}: the clock {names[number]} begins again in row {row}; trajectories that stand "
            "one below another need a file each (data.path=<folder>), or take it for a state with "
            "data.time_column=none"
        )
    if guess and times is None and not header and len(values) > 1 and rises_evenly(values[0]):
        number, times = 0, values[0]
        notes.append("the first column rises evenly and is taken for the time (data.time_column=none: it is a state)")
    elif guess and number is not None and (len(values) == 1 or not rises(np.asarray(times))):
        if len(values) > 1 and (fault := is_faulty(np.asarray(times))):
            raise DataError(
                f"data.path: {lines.path} has the clock {names[number]}, whose times {fault}; sort the rows and remove "
                "those with a repeated time, or take it for a state with data.time_column=none"
            )
        reason = "is the only one" if len(values) == 1 else "does not increase"
        notes.append(f"the column {names[number]} {reason}, and is taken for a state")
        number = times = None
    elif guess and number is not None:
        notes.append(f"the column {names[number]} is the time")
    if number is not None:
        unit = units[number] or unit or (unit_of_name(header[number]) if header else None)
    states = [place for place in range(len(values)) if place != number]
    return Table(
        np.column_stack([values[place] for place in states]),
        tuple(header[place] for place in states) if header else (),
        tuple(units[place] for place in states),
        times,
        unit,
        tuple(notes),
    )


def _hint(cell: str) -> str:
    """What a cell seems to be that is no number."""
    if re.match(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d{2}", cell):
        return " (dates are written as 2020-01-31 or 2020-01-31T12:00:00)"
    return " (commas are no decimals where they separate columns)" if re.fullmatch(r"[-+]?\d+,\d+", cell) else ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_value(cell: str) -> bool:
    """Whether a cell belongs under a header: a number, with a decimal comma or not, or a date."""
    if _is_number(cell) or _is_number(cell.replace(",", ".")) or cell.lower() in LOGICAL:
        return True
    return times_of_dates([cell]) is not None


def _numbers(lines: Columns, column: Column, place: int, in_file: int) -> Float[np.ndarray, " time"]:
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
        if _is_number(number):
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
