"""Which column of a table is its clock: by its name, because it holds dates, or because somebody said so."""

from collections.abc import Sequence

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.clocks import Clock, is_time_name, restart, rises, times_of_dates, times_of_moments
from sciml_bench.data.files.tables.calendar_columns import dates_of_numbers, joined_dates
from sciml_bench.data.files.tables.cells import numbers
from sciml_bench.data.files.tables.columns import NO_COLUMN, Column, Columns
from sciml_bench.data.files.tables.times_of_day import dates_with_times, durations


def column_number(lines: Columns, time_column: str | int | None, first: int) -> int | None:
    """Where the clock stands behind the rows' names; None where there is none."""
    path, header, columns = lines.path, lines.header[first:], lines.columns[first:]
    n_columns = len(columns)
    if time_column == NO_COLUMN and NO_COLUMN not in header:
        return None
    if time_column is None:
        named = [place for place, name in enumerate(header) if is_time_name(name)]
        of_dates = [place for place in range(n_columns) if dates_of(columns[place][:1]) is not None]
        # T is more often a temperature than the time, and an hour or a day may stand beside a date
        possible = sorted([*named, *of_dates], key=lambda place: header[place : place + 1] == ["T"])
        return next((place for place in possible if _rising(lines, first + place)), next(iter(possible), None))
    if time_column in header:
        return header.index(str(time_column))
    if isinstance(time_column, int) and 0 <= time_column < n_columns > 1:
        return time_column
    clocks = [name for place, name in enumerate(header) if is_time_name(name) or _rising(lines, first + place)]
    available = ", ".join(clocks or header) if header else f"0 to {n_columns - 1}, the file has no header"
    raise ConfigurationError(
        f"data.time_column={time_column}: {path} has no such column besides the states; choose among {available}."
    )


def dates_of(column: Column, name: str = "") -> Clock | None:
    """The times, where a column holds dates or durations; numbers such as 20200131 where it has the name of a clock.

    Args:
        column: of a table.
        name: of the column, to look for dates among numbers.
    """
    moments = column if isinstance(column, np.ndarray) and column.dtype.kind == "M" else None
    if moments is None and is_time_name(name):
        moments = dates_of_numbers(name, column)
    if moments is not None:
        return times_of_moments(moments)
    if isinstance(column, np.ndarray):
        return None
    return times_of_dates([*column]) or durations([*column])


def join_dates(lines: Columns, first: int, chosen: Sequence[str], time_column: str | int | None) -> str | int | None:
    """One column of dates for a date and a time of the day, or year, month, day and hour; none beside a clock.

    Args:
        lines: the columns.
        first: columns that only name the rows.
        chosen: as in `read_csv`; none of them is joined.
        time_column: as in `read_csv`; it may name the date or the time of the day where nothing is chosen.

    Returns:
        the column of times, as it is called then.
    """
    header, columns = lines.header[first:], lines.columns[first:]
    with_times = dates_with_times(header or [""] * len(columns), columns)
    joined = with_times or joined_dates(header, columns)
    if joined is None:
        return time_column
    places, dates = joined
    parts = [header[place] if header else f"column {place}" for place in places]
    if time_column is not None and (chosen or not with_times or not {time_column} & {*parts, *places}):
        return time_column
    others = [place for place, name in enumerate(header) if place not in places and is_time_name(name)]
    others = others if with_times else [places[0], *others]
    rivals = time_column is None and any(_rising(lines, first + place) for place in others)
    if set(parts) & set(chosen) or rivals:
        return time_column
    begin = first + places[0]
    lines.columns[begin], lines.header[begin : begin + 1] = dates, ["date"] * bool(header)
    for place in sorted(places[1:], reverse=True):
        for entries in (lines.columns, lines.header, lines.units):
            del entries[first + place : first + place + 1]
    lines.notes.append(f"{', '.join(parts)} make the date")
    return time_column if time_column is None else "date" if header else places[0]


def _rising(lines: Columns, place: int) -> bool:
    """Whether a column can be a clock: it holds dates or numbers, and rises."""
    column = lines.columns[place]
    try:
        found = dates_of(column, lines.header[place]) if lines.header else None
        times = found.times if found is not None else numbers(lines, column, place, place)
    except DataError:
        return False
    return rises(times) and restart(times) is None
