"""The columns of a table, text or not, parted into clock and states."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.clocks import (
    ROUNDED,
    Clock,
    is_faulty,
    is_time_name,
    restart,
    rises,
    rises_evenly,
    unit_of_name,
)
from sciml_bench.data.files.tables.cells import number_of, numbers, once_named
from sciml_bench.data.files.tables.clock_columns import column_number, dates_of, join_dates
from sciml_bench.data.files.tables.columns import Columns, Table
from sciml_bench.data.files.tables.headers import leave_out_row_names, line_up
from sciml_bench.data.files.tables.stacked_trajectories import by_trajectory, require_names_of_stacked
from sciml_bench.data.files.tables.times_of_day import time_of_day, told_of_times

_FEW = 5
"""Rows among which numbers may well rise by nearly equal steps by chance."""


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
    line_up(lines)
    first = leave_out_row_names(lines)
    if isinstance(time_column, int) and 0 <= time_column < len(lines.header) - first:
        time_column = lines.header[first + time_column]
    if stacked := by_trajectory(lines, first, time_column, chosen):
        parts = {name: _part_of(name, part, time_column, chosen) for name, part in stacked.items()}
        return replace(next(iter(parts.values())), parts=parts)
    if time_column is None and not lines.header:
        require_names_of_stacked(lines)
    time_column = join_dates(lines, first, chosen, time_column)
    header = lines.header[first:]
    number = column_number(lines, time_column, first)
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
    dates = None if number is None else dates_of(lines.columns[number], lines.header[number] if header else "")
    clock = None if number is None else lines.columns[number]
    if clock is not None and dates is not None and not isinstance(clock, np.ndarray):
        lines.notes += told_of_times([*clock], lines.path)
    values = [
        np.empty(0) if dates is not None and place == number else numbers(lines, column, place, kept[place])
        for place, column in enumerate(lines.columns)
    ]
    return _table(lines, values, number, dates, guess=time_column is None)


def _part_of(name: str, part: Columns, time_column: str | int | None, chosen: Sequence[str]) -> Table:
    try:
        return table_of(part, time_column, chosen)
    except DataError as error:
        raise DataError(str(error).replace(str(part.path), f"{part.path}{name}", 1)) from error


def _table(lines: Columns, values: list[np.ndarray], number: int | None, dates: Clock | None, guess: bool) -> Table:
    """The columns parted into clock and states."""
    header, units, notes = lines.header, lines.units, list(lines.notes)
    names = header or [f"column {place}" for place in range(len(values))]
    times, unit, origin = dates if dates is not None else (None if number is None else values[number], None, None)
    if number is not None and len(values) == 1 and (dates is not None or not guess):
        raise DataError(
            f"data.path: {lines.path}: nothing but the clock {names[number]} is read, and no state; give it a column "
            "of numbers beside the clock, or name one that it has in data.key=[...]"
        )
    if number is not None and (row := restart(np.asarray(times))) is not None:
        said = f"data.path: {lines.path}: the clock {names[number]} begins again in row {row}"
        raise DataError(said + _remedy(lines, number, row))
    is_single_date = dates is not None and len(dates.times) == 1
    rising = guess and times is None and len(values) > 1 and rises_evenly(values[0])
    if rising and not (header and any(map(rises_evenly, values[1:]))):
        number, times, which = 0, values[0], f"column {names[0]}" if header else "first column"
        notes.append(f"the {which} rises evenly and is taken for the time (data.time_column=none: it is a state)")
    elif guess and number is not None and (len(values) == 1 or not (rises(np.asarray(times)) or is_single_date)):
        fault = is_faulty(np.asarray(times)) if len(values) > 1 else None
        if dates is not None and not fault:  # they are no numbers that could be a state
            fault = "do not rise"
        if fault:
            state = "take it for a state with data.time_column=none"
            out = f"{once_named(lines)}leave the clock out with data.time_column=none data.key=[...]"
            raise DataError(
                f"data.path: {lines.path} has the clock {names[number]}, whose times {fault}; sort the rows and remove "
                f"those with a repeated time, or {state if dates is None else out}"
            )
        reason = "is the only one" if len(values) == 1 else "does not increase"
        notes.append(f"the column {names[number]} {reason}, and is taken for a state")
        number = times = origin = None
    elif guess and number is not None:
        notes.append(f"{'the column ' * bool(header)}{names[number]} is the time")
    elif guess and not header and len(values) > 1 and (rises(values[0]) or rises(-values[0])):
        notes.append("the first column rises or falls throughout and is a state (data.time_column=0: it is the time)")
    elif guess and header and number is None and _may_be_rounded(values[0]):
        notes.append(f"{names[0]} rises almost evenly and is a state (data.time_column={names[0]}: it is the time)")
    if number is not None:
        # of dates the file may tell the zone
        unit = unit or units[number] or (unit_of_name(header[number]) if header else None)
    states = [place for place in range(len(values)) if place != number]
    counting = [header[p] for p in states if header and _is_clock_as_well(header[p], values[p])]
    if counting and number is not None:
        notes.append(f"{', '.join(counting)} counts the rows or the time: data.observe or data.key chooses the others")
    return Table(
        np.column_stack([values[place] for place in states]),
        tuple(header[place] for place in states) if header else (),
        tuple(units[place] for place in states),
        times,
        unit,
        origin,
        tuple(notes),
    )


def _may_be_rounded(values: np.ndarray) -> bool:
    return len(values) > _FEW and bool(np.all(np.diff(values) > 0)) and rises_evenly(values, within=ROUNDED)


def _is_clock_as_well(name: str, values: np.ndarray) -> bool:
    return len(values) > 2 and bool(np.all(np.diff(values) == 1) or (is_time_name(name) and rises(values)))


def _remedy(lines: Columns, number: int, row: int) -> str:
    """What to do about a clock that begins again in a row: of dates, of times of the day, or of numbers."""
    clock = lines.columns[number]
    below = "trajectories that stand one below another need a file each (data.path=<folder>) or a column id"
    if (isinstance(clock, np.ndarray) and clock.dtype.kind != "M") or number_of(str(clock[row])) is not None:
        return f"; {below}, or take it for a state with data.time_column=none"
    if not isinstance(clock, np.ndarray) and time_of_day(clock[row]) is not None:
        below = f"if that is a gap over midnight, give the dates in a column beside the clock, but {below}"
    else:
        below += f", or {once_named(lines)}leave the clock out with data.time_column=none data.key=[...]"
    return f", with {clock[row]} after {clock[row - 1]}; {below}"
