"""Dates with the year last, packed text, rounded clocks without a name, and what a straight line has filled."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.missing.missing_values import without_missing
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.sources import TrajectoryFiles

DAYS = pd.date_range("2020-01-20", periods=40)
X = np.sin(np.arange(40.0))


def written(tmp_path: Path, clock: list[str], name: str = "mine.csv") -> Path:
    path = tmp_path / name
    rows = [f"{time},{value}" for time, value in zip(clock, X, strict=True)]
    path.write_text("\n".join(["date,x", *rows]) + "\n")
    return path


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y 06:30", "%m/%d/%Y 6:30 AM"])
def test_the_year_may_stand_last(tmp_path: Path, form: str) -> None:
    record = TrajectoryFiles(written(tmp_path, DAYS.strftime(form).tolist())).load()
    assert record.component_names == ("x",)
    assert record.time_unit == "day"
    np.testing.assert_array_equal(record.times_of(0), np.arange(40))


def test_a_date_and_a_time_of_the_day_stand_in_two_columns(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    hours = [f"{number % 24:02d}:00" for number in range(40)]
    days = (pd.Timestamp("2020-01-31") + pd.to_timedelta(np.arange(40) // 24, unit="D")).strftime("%d.%m.%Y")
    rows = [f"{day},{hour},{value}" for day, hour, value in zip(days, hours, X, strict=True)]
    path.write_text("\n".join(["date,clock,x", *rows]) + "\n")
    record = TrajectoryFiles(path).load()
    assert (record.time_unit, record.component_names) == ("hour", ("x",))
    np.testing.assert_array_equal(record.times_of(0), np.arange(40))


def test_dates_that_may_be_read_both_ways_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, DAYS.strftime("%m/%d/%Y").tolist())
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "1/1/2020,1", "2/1/2020,2", "3/1/2020,3"]) + "\n")
    with pytest.raises(
        DataError, match=r"1/1/2020 either number may be the month, in all 3 rows; write the year first"
    ):
        TrajectoryFiles(path).load()


def test_packed_text_is_read_as_what_it_is_unpacked(tmp_path: Path) -> None:
    path = written(tmp_path, DAYS.strftime("%Y-%m-%d").tolist())
    packed = tmp_path / "packed" / "mine.csv.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for place in (packed, packed.parent):
        np.testing.assert_array_equal(TrajectoryFiles(place).load().states[0], TrajectoryFiles(path).load().states[0])
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"mine\.csv\.gz cannot be unpacked by gzip"):
        TrajectoryFiles(packed).load()
    with pytest.raises(ConfigurationError, match=r"unknown suffix '\.gz'.*: unpack it first"):
        TrajectoryFiles(packed.rename(tmp_path / "mine.npy.gz")).load()


@pytest.mark.parametrize(("decimals", "told"), [(2, True), (8, False)])
def test_a_rounded_clock_without_its_name_is_told(tmp_path: Path, decimals: int, told: bool) -> None:
    path = tmp_path / "mine.csv"
    rows = [f"{round(number / 30, decimals)},{value}" for number, value in enumerate(X)]
    path.write_text("\n".join(["seq,x", *rows]) + "\n")
    record = TrajectoryFiles(path)
    record.setup()
    reading = str(record.reading)
    assert ("seq rises almost evenly and is a state (data.time_column=seq: it is the time)" in reading) == told
    assert ("seq rises evenly and is taken for the time" in reading) != told


def test_the_longest_run_that_was_filled_is_told() -> None:
    rows = np.arange(len(X))
    (part,) = without_missing(
        [NamedTrajectory("a", np.where((rows > 3) & (rows < 16), np.nan, X)[:, None])], "interpolate"
    )
    assert part.notes == (
        "12 missing values are interpolated (at most 12 rows in a run)",
        "a straight line over 12 rows is no observation: data.missing=split leaves them out",
    )
    (part,) = without_missing([NamedTrajectory("a", np.where(rows % 5 == 2, np.nan, X)[:, None])], "interpolate")
    assert part.notes == ("8 missing values are interpolated",)
