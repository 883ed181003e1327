"""One cell that holds a time of the day, as people write them: 13:05:00, 13:05, 1:05 PM, with an offset or without."""

import re

_TIME = re.compile(
    r"(?P<hour>\d+):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:[.,]\d+)?))?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"\s*(?P<offset>[Zz]|UTC|GMT|[+-](?:0\d|1[0-4])(?::?\d{2})?)?"
)
_UNIVERSAL = ("Z", "UTC", "GMT")


def time_of_day(cell: str) -> tuple[str, str] | None:
    """Hours, minutes and seconds by ISO 8601, and the offset from universal time; None where a cell is no such time.

    Args:
        cell: such as 13:05:00.5, 13:05, 1:05 PM or 13:05:00Z; with seconds it may be a duration of a day and more.

    Returns:
        such as 13:05:00 and +00:00; the offset is empty where the cell has none.
    """
    found = _TIME.fullmatch(cell)
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
