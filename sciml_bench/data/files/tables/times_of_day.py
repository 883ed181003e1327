"""Times as hours, minutes and seconds, or with their unit as MATLAB writes them; beside a column of dates or alone."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.clocks import Clock, is_time_name, restart, time_of_day, times_of_dates
from sciml_bench.data.files.tables.calendar_columns import dates_of_numbers
from sciml_bench.data.files.written_dates import year_first

_WITH_UNIT = re.compile(r"([-+]?[\d.]+(?:[eE][-+]?\d+)?) (sec|min|hr|days?|yrs?)")
_UNITS = {"sec": "s", "min": "min", "hr": "hour", "day": "day", "days": "day", "yr": "year", "yrs": "year"}
_A_DAY = 86400.0
_WITHOUT_SECONDS = re.compile(r"\d+:\d{2}")
_DAY = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}")


def durations(cells: Sequence[str]) -> Clock | None:
    """The times of cells such as 00:01:30.5 or `1.5 sec`; None where some are none.

    Args:
        cells: of a column that is the clock.
    """
    of_day = _times_of_day(cells)
    if of_day is not None:
        return Clock(of_day + _A_DAY * _midnights(of_day), "s")
    with_unit = [_WITH_UNIT.fullmatch(cell) for cell in cells]
    units = {_UNITS[found[2]] for found in with_unit if found}
    if not cells or not all(with_unit) or len(units) != 1:
        return None
    return Clock(np.array([float(found[1]) for found in with_unit if found]), units.pop())


def told_of_times(cells: Sequence[str], path: Path) -> list[str]:
    """How dates or times of the day are read where they could be read otherwise, in words.

    Raises:
        DataError: only some of them tell their offset from universal time.
    """
    of_day, offsets = _times_of_day(cells), _offsets(cells)
    if any(offsets) and not all(offsets):
        with_one, without = (cells[[bool(one) for one in offsets].index(known)] for known in (True, False))
        raise DataError(
            f"data.path: {path}: {with_one!r} tells its offset from universal time and {without!r} does not; write the "
            "offset in every row of the clock, or in none"
        )
    n, told = 0 if of_day is None else int(_midnights(of_day)[-1]), []
    if n:
        told.append(f"the clock passes midnight {f'{n} times' if n > 1 else 'once'}: from there on it is the next day")
    if of_day is not None and all(map(_WITHOUT_SECONDS.fullmatch, cells)):
        told.append(f"the clock such as {cells[0]} is read as hours and minutes")
    if len(set(offsets)) > 1:
        told.append("the offsets of the clock from universal time differ: it is read in universal time")
    return told


def dates_with_times(
    header: Sequence[str], columns: Sequence[Sequence[str] | np.ndarray]
) -> tuple[list[int], list[str]] | None:
    """The places of a column of dates and of one of times of the day, and both as one column; None without such two.

    Of several such columns the one counts that has the name of a clock.
    """
    days = {p: found for p, column in enumerate(columns) if (found := _days(header[p], column)) is not None}
    clocks = {p: found for p, column in enumerate(columns) if p not in days and (found := _iso_times(column))}
    places = [[p for p in found if len(found) == 1 or is_time_name(header[p])] for found in (list(days), list(clocks))]
    if list(map(len, places)) != [1, 1]:
        return None
    day, clock = places[0][0], places[1][0]
    return [day, clock], [f"{one}T{time}" for one, time in zip(days[day], clocks[clock], strict=True)]


def _days(name: str, column: Sequence[str] | np.ndarray) -> list[str] | None:
    """The cells of a column of dates, also of whole days among moments, and of numbers such as 20200131."""
    if not isinstance(column, np.ndarray):
        cells = year_first([*column]) or [*column]
        if all(map(_DAY.fullmatch, cells)):
            return cells if times_of_dates(cells) else None
    moments = column if isinstance(column, np.ndarray) and column.dtype.kind == "M" else None
    if moments is None and is_time_name(name):
        moments = dates_of_numbers("", column)
    if moments is None or (moments != moments.astype("datetime64[D]")).any():  # also of one that is missing
        return None
    return np.datetime_as_string(moments, unit="D").tolist()


def _iso_times(column: Sequence[str] | np.ndarray) -> list[str] | None:
    found = [None] if isinstance(column, np.ndarray) else [time_of_day(cell) for cell in column]
    return None if None in found else ["".join(one) for one in found if one]


def _offsets(cells: Sequence[str]) -> list[str]:
    """Of dates or times of the day from universal time; empty where they have none, or are something else."""
    cells = year_first(cells) or cells
    times = [time_of_day(re.split("[T ]", cell, maxsplit=1)[-1] if _DAY.match(cell) else cell) for cell in cells]
    return ["" if time is None else time[1] for time in times]


def _times_of_day(cells: Sequence[str]) -> Float[np.ndarray, " time"] | None:
    found = [time_of_day(cell) for cell in cells]
    if not cells or None in found:
        return None
    parts = [[float(part) for part in one[0].split(":")] for one in found if one]
    return np.array(parts) @ np.array([3600.0, 60.0, 1.0])


def _midnights(times: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """How often a clock of the time of day, in seconds, has passed midnight before every row.

    It falls by at least half a day then. Where it falls by less, or to where the table begins by another step than
    usual, its rows are in disorder or of several trajectories, and none is counted.
    """
    steps = np.diff(times)
    falls = steps[steps < 0]
    if not len(falls) or times.max() > _A_DAY or (falls > -_A_DAY / 2).any():
        return np.zeros(len(times))
    as_usual = (falls + _A_DAY <= 1.5 * np.median(np.abs(steps))).all()
    return np.cumsum([0.0, *(steps < 0)]) if as_usual or restart(times) is None else np.zeros(len(times))
