"""Dates with the year behind day and month, as people write them: 31.01.2020, 31/01/2020 and 01/31/2020."""

import re
from collections.abc import Sequence

from sciml_bench.core.errors import DataError

_YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[T ](.*))?")


def year_first(cells: Sequence[str]) -> list[str] | None:
    """Dates with the year first, as ISO 8601 writes them; None where a cell is no date with the year last.

    Between points the day comes first. Otherwise a number above twelve anywhere in the column tells which is the day; a
    single cell without one only shows that it is a date.

    Args:
        cells: such as 31.01.2020, 31.01.2020 13:05 or 1/31/2020.

    Raises:
        DataError: either number may be the month throughout a column.
    """
    if not cells or _YEAR_LAST.fullmatch(cells[0]) is None:  # most columns of a table are none
        return None
    found = [_YEAR_LAST.fullmatch(cell) for cell in cells]
    marks = {one[2] for one in found if one}
    if not all(found) or len(marks) != 1:
        return None
    pairs = [(int(one[1]), int(one[3])) for one in found if one]
    above = [max(numbers) > 12 for numbers in zip(*pairs, strict=True)]
    if all(above) or (marks == {"."} and above[1]):
        return None
    if marks != {"."} and len(cells) > 1 and not any(above) and any(first != second for first, second in pairs):
        raise DataError(
            f"data.path: in dates such as {cells[0]} either number may be the month, in all {len(cells)} rows; write "
            "the year first, as in 2020-01-31"
        )
    day = 0 if marks == {"."} or above[0] else 1
    ordered = [(one[4], pair[1 - day], pair[day], one[5]) for one, pair in zip(found, pairs, strict=True) if one]
    return [
        f"{year}-{month:02d}-{of_month:02d}{' ' * bool(time)}{time or ''}" for year, month, of_month, time in ordered
    ]
