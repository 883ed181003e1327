"""Dates of times, against those of pandas, cftime and Python, or written by hand."""

import datetime
import sys

import numpy as np
import pandas
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.description import built, describe
from sciml_bench.data import StateAxis, TimeOrigin
from sciml_bench.data.trajectories import dates_of

cftime = pytest.importorskip("cftime")


def dates(origin, times):
    return dates_of(np.array([times], dtype=float), [origin])[0].tolist()


@pytest.mark.parametrize(("unit", "step"), [("day", "D"), ("hour", "h"), ("s", "s")])
@pytest.mark.parametrize("start", ["1899-12-30", "2000-02-28T18:30:15"])
def test_days_hours_and_seconds_are_those_of_pandas(unit, step, start):
    times = np.array([-3, 0, 1, 59, 366, 100_000])
    expected = pandas.Timestamp(start) + pandas.to_timedelta(times, unit=step)
    assert [*pandas.to_datetime(dates(TimeOrigin(start, unit), times), format="ISO8601")] == [*expected]


def test_all_dates_of_a_table_are_written_alike():
    origin = TimeOrigin("2020-02-28", "day")
    assert dates(origin, [0, 1, 2]) == ["2020-02-28", "2020-02-29", "2020-03-01"]
    assert dates(origin, [0, 0.5]) == ["2020-02-28T00:00:00", "2020-02-28T12:00:00"]
    assert dates(TimeOrigin("2020-02-28", "s"), [0, 0.25]) == [
        "2020-02-28T00:00:00.000000",
        "2020-02-28T00:00:00.250000",
    ]
    later = TimeOrigin("2021-01-01T12:00:00", "day")
    both = dates_of(np.array([[0.0, 1], [0, 1]]), [origin, later])
    assert both.tolist() == [
        ["2020-02-28T00:00:00", "2020-02-29T00:00:00"],
        ["2021-01-01T12:00:00", "2021-01-02T12:00:00"],
    ]


def test_decimals_of_days_and_hours_lose_no_second():
    """A tenth of a day after 40 000 days is not exact in floating point."""
    rows = np.arange(0, 50_000, 0.1)
    expected = pandas.Timestamp("1850-01-01") + pandas.to_timedelta(np.arange(len(rows)) * 8640, unit="s")
    assert dates(TimeOrigin("1850-01-01", "day"), rows) == [*expected.strftime("%Y-%m-%dT%H:%M:%S")]


def test_months_are_told_without_a_day():
    expected = pandas.period_range("1871-11", periods=40, freq="M").strftime("%Y-%m")
    assert dates(TimeOrigin("1871-11", "month"), np.arange(40)) == [*expected]
    # a step that was added up forty times, half a month, and back
    assert dates(TimeOrigin("1871-11", "month"), [1 - 1e-9, 1.5, -1, -11]) == [
        "1871-12",
        "1871-12",
        "1871-10",
        "1870-12",
    ]


@pytest.mark.parametrize("calendar", ["noleap", "all_leap", "360_day", "julian"])
def test_other_calendars_are_those_of_cftime(calendar):
    days = np.array([-400, 0, 1, 59, 60, 366, 4000])
    start = cftime.datetime(1999, 12, 30, 6, calendar=calendar)
    expected = [(start + datetime.timedelta(days=int(day))).strftime("%Y-%m-%dT%H:%M:%S") for day in days]
    origin = TimeOrigin.of(start, "day")
    assert origin == TimeOrigin("1999-12-30T06:00:00", "day", calendar)
    assert dates(origin, days) == expected
    assert dates(TimeOrigin.of(start, "hour"), 24 * days) == expected


def test_the_29th_of_february_by_hand():
    for calendar, expected in {"noleap": "2000-03-01", "360_day": "2000-02-29", "all_leap": "2000-02-29"}.items():
        assert dates(TimeOrigin("2000-02-28", "day", calendar), [1]) == [expected]
    assert dates(TimeOrigin("2000-02-28", "day", "360_day"), [2]) == ["2000-02-30"]


def test_the_usual_calendar_is_another_before_its_reform():
    modern = TimeOrigin.of(cftime.datetime(1900, 1, 1, calendar="standard"), "day")
    assert modern == TimeOrigin("1900-01-01", "day", "proleptic_gregorian")
    early = TimeOrigin.of(cftime.datetime(1582, 10, 4, calendar="standard"), "day")
    assert early.calendar == "standard"
    assert dates(early, [1]) == ["1582-10-15"]


def test_origins_of_moments():
    assert TimeOrigin.of(np.datetime64("2020-01-31"), "day") == TimeOrigin("2020-01-31", "day")
    assert TimeOrigin.of(np.datetime64("2020-01-31T05"), "hour") == TimeOrigin("2020-01-31T05:00:00", "hour")
    assert TimeOrigin.of(np.datetime64("2020-01-31", "ns"), "month") == TimeOrigin("2020-01", "month")
    assert TimeOrigin.of(np.datetime64("NaT"), "s") is None


@pytest.mark.parametrize(
    ("date", "time", "origin"),
    [
        ("2020-03-01", 2.0, TimeOrigin("2020-02-28", "day")),
        ("2020-03-01T06:00:00", 30.0, TimeOrigin("2020-02-29", "hour")),
        ("2020-03", 3.0, TimeOrigin("2019-12", "month")),
        ("2020-03", 3.5, TimeOrigin("2019-12", "month")),
        ("2000-03-01", 1.0, TimeOrigin("2000-02-28", "day", "noleap")),
    ],
)
def test_the_origin_of_a_clock_that_shows_a_time_at_a_date(date, time, origin):
    assert TimeOrigin.at(date, time, origin.unit, origin.calendar) == origin


@pytest.mark.parametrize("date", ["", "Feb-20", "31/01/2020"])
@pytest.mark.parametrize("unit", ["day", "month"])
def test_what_is_no_date_has_no_origin(date, unit):
    with pytest.raises(ValueError, match=r"is no date|invalid literal|parsing datetime"):
        TimeOrigin.at(date, 1.0, unit, "proleptic_gregorian")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cftime", None)
    assert dates(TimeOrigin("2000-01-01", "day"), [1]) == ["2000-01-02"]
    with pytest.raises(
        DataError, match=r"calendar=noleap needs the package cftime: pip install 'sciml-bench\[files\]'"
    ):
        dates(TimeOrigin("2000-01-01", "day", "noleap"), [1])


def test_origins_and_axes_are_stored_as_plain_values():
    for value in (TimeOrigin("2000-01", "month", "360_day"), StateAxis("level", (1000, 2.5)), StateAxis("x")):
        assert built(describe({"kept": (value,)}))["kept"] == (value,)
