"""Times as hours, minutes and seconds, or with their unit as MATLAB writes them; beside a column of dates or alone."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.data.files.clocks import is_time_name, restart, times_of_dates
from sciml_bench.data.files.tables.calendar_columns import dates_of_numbers
from sciml_bench.data.files.times_of_clocks import time_of_day

_WITH_UNIT = re.compile(r"([-+]?[\d.]+(?:[eE][-+]?\d+)?) (sec|min|hr|days?|yrs?)")
_UNITS = {"sec": "s", "min": "min", "hr": "hour", "day": "day", "days": "day", "yr": "year", "yrs": "year"}
_A_DAY = 86400.0
_WITHOUT_SECONDS = re.compile(r"\d+:\d{2}")
_DAY = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}")


def durations(cells: Sequence[str]) -> tuple[Float[np.ndarray, " time"], str] | None:
    """The times and their unit of cells such as 00:01:30.5 or `1.5 sec`; None where some are none.

    Args:
        cells: of a column that is the clock.
    """
    of_day = _times_of_day(cells)
    if of_day is not None:
        return of_day + _A_DAY * _midnights(of_day), "s"
    with_unit = [_WITH_UNIT.fullmatch(cell) for cell in cells]
    units = {_UNITS[found[2]] for found in with_unit if found}
    if not cells or not all(with_unit) or len(units) != 1:
        return None
    return np.array([float(found[1]) for found in with_unit if found]), units.pop()


def told_of_times(cells: Sequence[str]) -> list[str]:
    """That a clock passes midnight or is read by its offsets, or has no seconds, in words; none where nothing is told.

    Args:
        cells: of a column that is the clock, of dates or of times of the day.
    """
    of_day = _times_of_day(cells)
    n = 0 if of_day is None else int(_midnights(of_day)[-1])
    told = [f"the clock passes midnight {f'{n} times' if n > 1 else 'once'}: from there on it is the next day"] * (
        n > 0
    )
    if of_day is not None and all(map(_WITHOUT_SECONDS.fullmatch, cells)):
        told.append(f"the clock such as {cells[0]} is read as hours and minutes")
    if len(set(_offsets(cells))) > 1:
        told.append("the offsets of the clock from universal time differ: it is read in universal time")
    return told


def fault_of_offsets(cells: Sequence[str]) -> str | None:
    """That some times tell their offset from universal time and others do not, in words; None where all are alike.

    Args:
        cells: of a column that is the clock, of dates or of times of the day.
    """
    offsets = _offsets(cells)
    if all(offsets) or not any(offsets):
        return None
    with_one, without = (cells[[bool(one) for one in offsets].index(known)] for known in (True, False))
    return f"{with_one!r} tells its offset from universal time and {without!r} does not"


def dates_with_times(
    header: Sequence[str], columns: Sequence[Sequence[str] | np.ndarray]
) -> tuple[list[int], list[str]] | None:
    """The places of a column of dates and of one of times of the day, and both as one column; None without such two.

    Of several such columns the one counts that has the name of a clock.

    Args:
        header: names of the columns.
        columns: of a table.
    """
    days = {p: found for p, column in enumerate(columns) if (found := _days(header[p], column)) is not None}
    clocks = {p: found for p, column in enumerate(columns) if p not in days and (found := _iso_times(column))}
    day, clock = _only(header, list(days)), _only(header, list(clocks))
    if day is None or clock is None:
        return None
    return [day, clock], [f"{one}T{time}" for one, time in zip(days[day], clocks[clock], strict=True)]


def _days(name: str, column: Sequence[str] | np.ndarray) -> list[str] | None:
    """The cells of a column of dates, also of whole days among moments, and of numbers such as 20200131."""
    is_text = not isinstance(column, np.ndarray)
    if is_text and all(map(_DAY.fullmatch, column)):
        return [*column] if times_of_dates([*column]) else None
    moments = column if not is_text and column.dtype.kind == "M" else None
    if is_text or moments is None:
        of_numbers = dates_of_numbers(name, column) if is_time_name(name) else None
        moments = None if of_numbers is None or len(str(column[0])) < len("20200131") else of_numbers
    if moments is None or np.isnat(moments).any() or (moments != moments.astype("datetime64[D]")).any():
        return None
    return np.datetime_as_string(moments, unit="D").tolist()


def _only(header: Sequence[str], places: list[int]) -> int | None:
    """The only one of some columns, or the only one with the name of a clock."""
    named = [place for place in places if is_time_name(header[place])] if len(places) > 1 else places
    return named[0] if len(named) == 1 else None


def _iso_times(column: Sequence[str] | np.ndarray) -> list[str] | None:
    found = [None] if isinstance(column, np.ndarray) else [time_of_day(cell) for cell in column]
    return None if None in found else ["".join(one) for one in found if one]


def _offsets(cells: Sequence[str]) -> list[str]:
    """Of dates or times of the day from universal time; empty where they have none, or are something else."""
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
