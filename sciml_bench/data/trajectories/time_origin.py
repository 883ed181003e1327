"""The moment from which the times of a trajectory count, and the dates that they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from sciml_bench.data.files.packages import imported

SECONDS = {"day": 86400, "hour": 3600, "s": 1}
"""Units in which times are told where they are whole, the largest first."""

MONTH = "month"
"""The other unit of a clock that has an origin: months differ in length."""

_DECIMALS = {"day": 3, "hour": 3, "s": 6}
"""Of a second, to which a moment is rounded: what decimals of a day can tell."""

OF_EVERY_DAY = "proleptic_gregorian"
"""The calendar of every day, by its name in the CF conventions."""

_MIXED, _REFORM = ("standard", "gregorian"), "1582-10-15"
"""Calendars that are the same from this day on."""

_ROUNDING = 1e-6
_MIDNIGHT, _WHOLE = "T00:00:00.000000", ".000000"


@dataclass(frozen=True)
class TimeOrigin:
    """The moment at which a clock shows 0, and what it counts.

    Args:
        moment: by ISO 8601, such as 1871-01-01 or 1871-01-01T06:00:00; 1871-01 where months are counted.
        unit: day, hour, s or month.
        calendar: by its name in the CF conventions, such as noleap or 360_day.
    """

    moment: str
    unit: str
    calendar: str = OF_EVERY_DAY

    @classmethod
    def of(cls, moment: Any, unit: str) -> "TimeOrigin | None":
        """The origin of a clock that shows 0 at a moment.

        Args:
            moment: a datetime64, or an object of cftime.
            unit: that it counts.

        Returns:
            None where the moment is missing.
        """
        if isinstance(moment, np.datetime64):
            if np.isnat(moment):
                return None
            text, calendar = str(moment.astype("datetime64[us]")), OF_EVERY_DAY
        else:
            text, calendar = moment.isoformat(timespec="microseconds"), str(moment.calendar)
            calendar = OF_EVERY_DAY if calendar in _MIXED and text >= _REFORM else calendar
        return cls(text.rpartition("-")[0] if unit == MONTH else _shortened([text])[0], unit, calendar)

    @classmethod
    def at(cls, date: str, time: float, unit: str, calendar: str) -> "TimeOrigin":
        """The origin of a clock that shows `time` at a date.

        Raises:
            ValueError: the date is none by ISO 8601.
        """
        back = -np.floor(time + _ROUNDING) if unit == MONTH else -time
        (moment,) = _shortened(cls(date, unit, calendar)._moments(np.array([back])))
        if moment == "NaT":  # of an empty date
            raise ValueError(f"{date!r} is no date")
        return cls(moment, unit, calendar)

    def times_of(self, times: Float[np.ndarray, " time"], other: "TimeOrigin") -> Float[np.ndarray, " time"]:
        """What this clock shows at times of another one, where both count every day, or months.

        Args:
            times: of the other; of a clock that counts months, or a single time where it does not.
            other: its origin.
        """
        if self.unit == MONTH:
            begun, begins = (
                np.datetime64(one.moment, "us").astype("datetime64[M]").astype(int) for one in (self, other)
            )
            return begins - begun + (times if other.unit == MONTH else np.zeros(len(times)))
        between = (np.datetime64(other.moment, "us") - np.datetime64(self.moment, "us")) / np.timedelta64(1, "s")
        return (times * SECONDS.get(other.unit, np.nan) + between) / SECONDS[self.unit]

    @property
    def in_months(self) -> "TimeOrigin":
        """That of a clock which counts months from the one that the moment lies in."""
        if self.unit == MONTH:
            return self
        return TimeOrigin(self.moment.partition("T")[0].rpartition("-")[0], MONTH, self.calendar)

    def _moments(self, times: Float[np.ndarray, " time"]) -> list[str]:
        """The months in which times lie; of a clock that counts anything else moments, down to microseconds."""
        if self.unit == MONTH:
            year, _, month = self.moment.rpartition("-")
            months = 12 * int(year) + int(month) - 1 + np.floor(times + _ROUNDING).astype(int)
            return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in months.tolist()]
        passed = np.rint(1e6 * np.round(times * SECONDS[self.unit], _DECIMALS[self.unit])).astype(np.int64)
        if self.calendar == OF_EVERY_DAY:
            moments = np.datetime64(self.moment, "us") + passed.astype("timedelta64[us]")
            return np.datetime_as_string(moments).tolist()
        cftime = imported(Path(self.calendar), "cftime", "files", "calendar")
        dates = cftime.num2date(passed, f"microseconds since {self.moment}", self.calendar)
        return [date.isoformat(timespec="microseconds") for date in dates]


def dates_of(times: Float[np.ndarray, "batch time"], origins: Sequence[TimeOrigin]) -> Shaped[np.ndarray, "batch time"]:
    """The dates of times by ISO 8601, all of them written alike: without the time of the day where all are midnights.

    Args:
        times: one row for each origin.
        origins: from which they count.

    Raises:
        DataError: a calendar needs a package that is missing.
    """
    texts = [text for origin, row in zip(origins, times, strict=True) for text in origin._moments(row)]
    return np.array(_shortened(texts)).reshape(times.shape)


def _shortened(texts: Sequence[str]) -> list[str]:
    """Moments without what all of them lack: the time of the day, or decimals of a second."""
    end = next((end for end in (_MIDNIGHT, _WHOLE) if all(text.endswith(end) for text in texts)), "")
    return [text.removesuffix(end) for text in texts]
