"""Which numbers of a file are its clock: by their name, because they rise evenly, or because they are dates."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Real, Shaped

from sciml_bench.data.files.written_dates import year_first
from sciml_bench.data.trajectories.time_origin import MONTH, SECONDS, TimeOrigin

TIME_NAMES = ("t", "time", "times", "timestamp", "ts", "date", "datetime", "yyyymmdd", "yyyymm", "x_value")
"""What a clock is called whatever its unit, by LabVIEW X_Value; upper case counts as lower case."""

UNIT_NAMES = {
    name: unit
    for unit in ("year", "month", "week", "day", "hour", "minute", "second", "step", "frame")
    for name in (unit, f"{unit}s")
} | {"timestep": "step"}
"""Names of a clock that tell its unit."""

SUFFIXES = ("ns", "us", "ms", "s", "sec", "min", "h", "hr", "d", "ps", "fs", *UNIT_NAMES)
"""What may follow `time_` or `t_` in a name, and is the unit."""

EVEN = 1e-6
"""How far, in steps, numbers may lie from an even rise to be taken for a clock without its name."""

ROUNDED = 0.5
"""How far, in steps, the times of a rounded clock may lie from an even rise."""

DECIMAL_YEARS = ("decimal date", "decimal year", "fractional year", "year fraction", "dec year")
"""Names of dates as years with decimals, rounded as they are, so that they hardly rise evenly."""

FINE_UNITS = {"nanoseconds": 1e9, "microseconds": 1e6, "milliseconds": 1e3}
"""Of a second, units that a machine counts in whatever the duration."""

_SUFFIXED = re.compile(rf"(?:t|time)[_ .-]?({'|'.join(sorted(SUFFIXES, key=len, reverse=True))})$", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-/]\d{1,2}(?:[-/]\d{1,2}(?:[T ].*)?)?$")
_OF_DAY = re.compile(
    r"(?P<hour>\d+):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:[.,]\d+)?))?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"\s*(?P<offset>[Zz]|UTC|GMT|[+-](?:0\d|1[0-4])(?::?\d{2})?)?"
)
_UNIVERSAL = ("Z", "UTC", "GMT")
_QUARTER = re.compile(r"\d{4}[-: ]?Q[1-4]")


class Clock(NamedTuple):
    """Times that a file tells, as numbers.

    Args:
        times: of the rows.
        unit: of these, where it is known.
        origin: the moment from which they count, where they were dates.
    """

    times: Float[np.ndarray, "*trajectories time"]
    unit: str | None = None
    origin: TimeOrigin | None = None


def is_time_name(name: str) -> bool:
    """Whether something of this name is a clock.

    Args:
        name: of a column or of an array, without its unit.
    """
    lower = name.strip().lower()
    return lower in TIME_NAMES or lower in UNIT_NAMES or _is_decimal_year(lower) or _SUFFIXED.match(lower) is not None


def _is_decimal_year(lower: str) -> bool:
    return re.sub("[_.-]", " ", lower) in DECIMAL_YEARS


def unit_of_name(name: str) -> str | None:
    """The unit that the name of a clock tells, as in `day` and `time_ms`."""
    lower = name.strip().lower()
    if _is_decimal_year(lower):
        return "year"
    found = None if lower in TIME_NAMES else _SUFFIXED.match(lower)  # `times` are not in s
    return UNIT_NAMES.get(lower) or (None if found is None else UNIT_NAMES.get(found[1], found[1]))


def rises(values: Real[np.ndarray, " time"]) -> bool:
    """Whether numbers increase, but for a fault here and there, which the record then names."""
    steps = np.diff(np.asarray(values, dtype=np.float64))
    return len(steps) > 0 and bool(np.mean(steps > 0) > 0.9)


def restart(values: Float[np.ndarray, " time"]) -> int | None:
    """The first row in which a clock begins again, where trajectories stand one below another; None where none does."""
    steps = np.diff(values)
    rows = np.flatnonzero(~(steps > 0)) + 1
    if not len(rows) or not np.isfinite(values).all():
        return None
    lengths = np.diff([0, *rows.tolist(), len(values)])
    near = values[0] + 1.5 * np.median(np.abs(steps))
    return int(rows[0]) if lengths[:-1].min() > 2 and (values[rows] <= near).all() else None


def are_times(name: str, values: Real[np.ndarray, " time"]) -> bool:
    """Whether numbers of the name of a clock rise, or are times in another order, which are refused later.

    Args:
        name: without the unit; T is more often a temperature, and a day or an hour may repeat beside a clock.
        values: of them.
    """
    if name == "T" or name.lower() not in TIME_NAMES or not np.ptp(values):
        return rises(values)
    return rises(values) or is_faulty(values) is not None


def is_faulty(values: Real[np.ndarray, " time"]) -> str | None:
    """What is wrong with numbers of the name of a clock that do not rise; None where they are no clock at all."""
    values = np.asarray(values, dtype=np.float64)
    steps = np.diff(values)
    if not len(steps):
        return None
    if np.mean(steps < 0) > 0.9:
        return "decrease"
    if len(values) > 4 and rises_evenly(np.sort(values)):
        return "are in disorder"
    return "repeat" if np.mean(steps >= 0) > 0.9 else None


def rises_evenly(values: Float[np.ndarray, " time"], within: float = EVEN) -> bool:
    """Whether numbers without a name are a clock: three or more, all one step apart.

    Args:
        values: of a column.
        within: how far, in steps, each may lie from an even rise.
    """
    if len(values) < 3 or not np.isfinite(values).all() or values[-1] <= values[0]:
        return False
    even = np.linspace(values[0], values[-1], len(values))
    return bool(np.abs(values - even).max() <= within * (values[-1] - values[0]) / (len(values) - 1))


def clock_unit(text: str) -> str:
    """The unit that a file gives its clock, in the singular; without the moment from which it counts.

    Args:
        text: such as "days", "ms" and "hours since 1900-01-01".
    """
    unit = text.split(" since ")[0].strip()
    return UNIT_NAMES.get(unit.lower(), unit)


def times_of_dates(cells: Sequence[str]) -> Clock | None:
    """Dates and time stamps by ISO 8601 as numbers; see `times_of_moments`.

    A date with an offset from universal time is taken to that time.

    Args:
        cells: such as 2020Q1, 2020-01, 2020-01-31, 2020-01-31T12:00:00Z, 2020-01-31 1:05 PM or 31.01.2020.

    Returns:
        None where a cell is no such date.

    Raises:
        DataError: either number of dates such as 01/02/2020 may be the month.
    """
    if cells and all(map(_QUARTER.fullmatch, cells)):
        cells = [f"{cell[:4]}-{3 * int(cell[-1]) - 2:02d}" for cell in cells]
    cells = year_first(cells) or cells
    if not cells or not all(_DATE.match(cell) for cell in cells):
        return None
    try:
        dates = [_date(cell) for cell in cells]
    except ValueError:
        return None
    return times_of_moments(np.array(dates, dtype="datetime64[us]"))


def time_of_day(cell: str) -> tuple[str, str] | None:
    """Hours, minutes and seconds by ISO 8601, and the offset from universal time; None where a cell is no such time.

    Args:
        cell: such as 13:05:00.5, 13:05, 1:05 PM or 13:05:00Z; with seconds it may be a duration of a day and more.

    Returns:
        such as 13:05:00 and +00:00; the offset is empty where the cell has none.
    """
    found = _OF_DAY.fullmatch(cell)
    if found is None:
        return None
    hour, half, offset = int(found["hour"]), found["half"], found["offset"] or ""
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half in "Pp")
    if found["second"] is None and (hour > 24 or int(found["minute"]) > 59):  # minutes and seconds, or something else
        return None
    seconds = (found["second"] or "00").replace(",", ".")
    return f"{hour:02d}:{found['minute']}:{seconds}", "+00:00" if offset.upper() in _UNIVERSAL else offset


def times_of_moments(moments: Shaped[np.ndarray, " time"], smallest: str | None = None) -> Clock:
    """Moments as numbers, in the largest unit in which they are whole.

    Years keep their number; months, days, hours and seconds count from the first moment, which is the origin. Days
    about the middle of their months, and the last days of them, stand for these.

    Args:
        moments: datetime64, or objects of another calendar with `year`, `month` and `day` that can be subtracted; one
            that is missing gives a time that is not a number.
        smallest: unit in which the file counts, which is not divided; by default the second.
    """
    if moments.dtype.kind == "M":
        starts = moments.astype("datetime64[M]")
        months = starts.astype(np.float64) + 1970 * 12
        within, seconds = _seconds(moments - starts), _seconds(moments - moments[0])
        lengths = _seconds((starts + 1).astype(moments.dtype) - starts)
        absent = np.isnat(moments)
    else:
        first_days = [moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0) for moment in moments]
        months = np.array([12.0 * moment.year + moment.month - 1 for moment in moments])
        within = np.array([(a - b).total_seconds() for a, b in zip(moments, first_days, strict=True)])
        seconds = np.array([(moment - moments[0]).total_seconds() for moment in moments])
        lengths = np.array([86400.0 * moment.daysinmonth for moment in moments])
        absent = np.zeros(len(moments), dtype=bool)
    if absent.any():
        return Clock(np.where(absent, np.nan, seconds), "s", TimeOrigin.of(moments[0], "s"))
    if len(moments) > 1 and _stand_for_months(months, within, lengths):
        if len(set(months % 12)) == 1:
            return Clock(months // 12, "year")
        return Clock(months - months[0], MONTH, TimeOrigin.of(moments[0], MONTH))
    times, unit = times_of_durations(seconds, smallest)
    return Clock(times, unit, TimeOrigin.of(moments[0], unit))


def times_of_durations(
    seconds: Float[np.ndarray, " time"], smallest: str | None = None
) -> tuple[Float[np.ndarray, " time"], str]:
    """Durations in the largest of `SECONDS` in which they are whole, and this unit; as `times_of_moments`."""
    names = list(SECONDS)
    units = names[: names.index(smallest) + 1 if smallest in SECONDS else len(names)]
    unit = next((name for name in units if not (seconds % SECONDS[name]).any()), units[-1])
    return seconds / SECONDS[unit], unit


def _stand_for_months(
    months: Float[np.ndarray, " time"], within: Float[np.ndarray, " time"], lengths: Float[np.ndarray, " time"]
) -> bool:
    """Whether all moments are at the same place in their months, about their middle or on their last day."""
    day = 86400
    if len(set(within)) == 1:
        return True
    once = len(months) > 2 and len(set(months)) == len(months)
    at_end = len(set(lengths - within)) == 1 and bool(np.all(lengths - within <= day))
    return once and (at_end or bool(np.all(np.abs(within - lengths / 2) <= 1.5 * day)))


def _seconds(differences: Shaped[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    return differences / np.timedelta64(1, "s")


def _date(cell: str) -> datetime:
    parts = cell.replace("/", "-").split("-", 2)
    day, *clocks = re.split("[T ]", parts[2] if len(parts) > 2 else "1", maxsplit=1)
    clock = clocks[0] if clocks else ""
    time, offset = time_of_day(clock) or (clock, "")
    at_end = time.startswith("24:00:00")  # of the day, as loggers write midnight
    time = time.replace("24", "00", 1) if at_end else time
    date = datetime.fromisoformat(f"{parts[0]}-{int(parts[1]):02d}-{int(day):02d}{'T' * bool(time)}{time}{offset}")
    date += timedelta(days=at_end)
    return date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date
