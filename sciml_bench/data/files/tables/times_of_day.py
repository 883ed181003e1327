"""Times as hours, minutes and seconds, or with their unit as MATLAB writes them; beside a column of dates or alone."""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.data.files.clocks import times_of_dates

_OF_DAY = re.compile(r"(\d+):(\d{2}):(\d{2}(?:[.,]\d+)?)")
_WITH_UNIT = re.compile(r"([-+]?[\d.]+(?:[eE][-+]?\d+)?) (sec|min|hr|days?|yrs?)")
_UNITS = {"sec": "s", "min": "min", "hr": "hour", "day": "day", "days": "day", "yr": "year", "yrs": "year"}
_DAY = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}")


def durations(cells: Sequence[str]) -> tuple[Float[np.ndarray, " time"], str] | None:
    """The times and their unit of cells such as 00:01:30.5 or `1.5 sec`; None where some are none.

    Args:
        cells: of a column that is the clock.
    """
    of_day = [_OF_DAY.fullmatch(cell) for cell in cells]
    if cells and all(of_day):
        parts = [[float(part.replace(",", ".")) for part in found.groups()] for found in of_day if found]
        return np.array(parts) @ np.array([3600.0, 60.0, 1.0]), "s"
    with_unit = [_WITH_UNIT.fullmatch(cell) for cell in cells]
    units = {_UNITS[found[2]] for found in with_unit if found}
    if not cells or not all(with_unit) or len(units) != 1:
        return None
    return np.array([float(found[1]) for found in with_unit if found]), units.pop()


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
