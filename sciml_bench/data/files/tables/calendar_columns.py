"""Dates that stand in a table as numbers: 20200131 or 202001 in one column, or year, month and day in one each."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Shaped

_MONTHLY = ("date", "month", "yyyymm")
"""Names of columns in which 202001 is January 2020; under others it is more likely a count."""
_FIRST_YEAR, _LAST_YEAR = 1500, 2200
_PARTS = ("year", "month", "day", "hour")


def dates_of_numbers(name: str, column: Sequence[str] | np.ndarray) -> Shaped[np.ndarray, " entries"] | None:
    """The numbers of a clock as moments, where all of them are such as 20200131 or 202001.

    Args:
        name: of the column.
        column: its cells.
    """
    numbers = _whole_numbers(column)
    if numbers is None or len(numbers) < 2:
        return None
    if (numbers > 10**7).all():
        parts = [numbers // 10**4, numbers // 100 % 100, numbers % 100]
    elif name.strip().lower() in _MONTHLY and (numbers > 10**5).all():
        parts = [numbers // 100, numbers % 100]
    else:
        return None
    return _dates(parts)


def joined_dates(
    header: Sequence[str], columns: Sequence[Sequence[str] | np.ndarray]
) -> tuple[list[int], Shaped[np.ndarray, " entries"]] | None:
    """The places of the columns year, month and, where they are there, day and hour, and the moments they make up.

    Args:
        header: names of the columns.
        columns: in their order.

    Returns:
        None where these columns make up no moments that rise.
    """
    names = [name.strip().lower() for name in header]
    places = []
    for part in _PARTS:
        if names.count(part) != 1:
            break
        places.append(names.index(part))
    numbers = [_whole_numbers(columns[place]) for place in places]
    known = [part for part in numbers if part is not None]
    dates = _dates(known) if len(known) == len(numbers) > 1 else None
    return None if dates is None or not (np.diff(dates) > np.timedelta64(0)).all() else (places, dates)


def _whole_numbers(column: Sequence[str] | np.ndarray) -> Shaped[np.ndarray, " entries"] | None:
    try:
        numbers = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    whole = np.isfinite(numbers).all() and (numbers == np.round(numbers)).all() and (np.abs(numbers) < 2**53).all()
    return numbers.astype(np.int64) if whole else None


def _dates(parts: Sequence[np.ndarray]) -> Shaped[np.ndarray, " entries"] | None:
    """Years, months, days and hours as moments; None where some are none."""
    years, months = parts[:2]
    if ((years < _FIRST_YEAR) | (years > _LAST_YEAR) | (months < 1) | (months > 12)).any():
        return None
    dates = [f"{year:04d}-{month:02d}" for year, month in zip(years, months, strict=True)]
    if len(parts) > 2:
        dates = [f"{date}-{day:02d}" for date, day in zip(dates, parts[2], strict=True)]
    if len(parts) > 3:
        dates = [f"{date}T{hour:02d}" for date, hour in zip(dates, parts[3], strict=True)]
    try:
        return np.array(dates, dtype="datetime64[s]")
    except ValueError:
        return None
