"""Times as hours, minutes and seconds, or with their unit as MATLAB writes them; beside a column of dates or alone."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.data.files.clocks import restart, times_of_dates

_OF_DAY = re.compile(r"(\d+):(\d{2}):(\d{2}(?:[.,]\d+)?)")
_WITH_UNIT = re.compile(r"([-+]?[\d.]+(?:[eE][-+]?\d+)?) (sec|min|hr|days?|yrs?)")
_UNITS = {"sec": "s", "min": "min", "hr": "hour", "day": "day", "days": "day", "yr": "year", "yrs": "year"}
_A_DAY = 86400.0
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


def told_midnights(cells: Sequence[str]) -> list[str]:
    """That a clock passes midnight, in words; none where it does not.

    Args:
        cells: of a column that is the clock.
    """
    of_day = _times_of_day(cells)
    n = 0 if of_day is None else int(_midnights(of_day)[-1])
    return [f"the clock passes midnight {f'{n} times' if n > 1 else 'once'}: from there on it is the next day"] * (
        n > 0
    )


def dates_with_times(columns: Sequence[Sequence[str] | np.ndarray]) -> tuple[list[int], list[str]] | None:
    """The places of a column of dates and of one of times of the day, and both as one column; None without such two.

    Args:
        columns: of a table.
    """
    text = {place: column for place, column in enumerate(columns) if not isinstance(column, np.ndarray)}
    days = [p for p, column in text.items() if all(map(_DAY.fullmatch, column)) and times_of_dates([*column])]
    clocks = [place for place, column in text.items() if all(map(_OF_DAY.fullmatch, column))]
    if len(days) != 1 or len(clocks) != 1:
        return None
    times = [cell.replace(",", ".") for cell in columns[clocks[0]]]
    times = [f"0{time}" if time[1] == ":" else time for time in times]
    return [days[0], clocks[0]], [f"{day}T{time}" for day, time in zip(columns[days[0]], times, strict=True)]


def _times_of_day(cells: Sequence[str]) -> Float[np.ndarray, " time"] | None:
    found = [_OF_DAY.fullmatch(cell) for cell in cells]
    if not cells or not all(found):
        return None
    parts = [[float(part.replace(",", ".")) for part in one.groups()] for one in found if one]
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
