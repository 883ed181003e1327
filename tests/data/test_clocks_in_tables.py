"""Clocks as people write them, in one column or two: read as their owner means them, or refused in one sentence."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.readers import read_table
from sciml_bench.data.files.tables.columns import Table
from sciml_bench.data.files.tables.text_tables import read_csv

N_ROWS = 12
MINUTES = 660 + 5 * np.arange(N_ROWS) * 4  # from 11:00 on, over noon
X = np.round(np.sin(np.arange(N_ROWS)), 3)
AS_WRITTEN = {
    "with seconds": [f"{m // 60:02d}:{m % 60:02d}:00" for m in MINUTES],
    "without": [f"{m // 60}:{m % 60:02d}" for m in MINUTES],
    "in halves": [f"{(m // 60 - 1) % 12 + 1}:{m % 60:02d} {'AP'[m // 720]}M" for m in MINUTES],
    "in halves, with seconds": [f"{(m // 60 - 1) % 12 + 1}:{m % 60:02d}:00{'ap'[m // 720]}.m." for m in MINUTES],
    "universal": [f"{m // 60:02d}:{m % 60:02d}:00Z" for m in MINUTES],
    "with an offset": [f"{m // 60:02d}:{m % 60:02d}+02:00" for m in MINUTES],
}


def table(folder: Path, header: str, *columns: Sequence[object] | np.ndarray, **options: object) -> Table:
    path = folder / "x.csv"
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]) + "\n")
    return read_csv(path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("names", ["day,time", "Date,Time", "date,clock"])
@pytest.mark.parametrize("day", ["2020-01-31", "2020/1/31", "20200131"])
@pytest.mark.parametrize("cells", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_a_date_and_a_time_of_the_day_are_one_clock(tmp_path, names, day, cells):
    found = table(tmp_path, f"{names},x", [day] * N_ROWS, cells, X)
    assert (found.names, found.time_unit) == (("x",), "s")
    np.testing.assert_array_equal(found.times, 60.0 * (MINUTES - MINUTES[0]))
    assert f"{names.replace(',', ', ')} make the date" in found.notes


@pytest.mark.parametrize("cells", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_a_time_of_the_day_is_a_clock_alone_and_behind_its_date(tmp_path, cells):
    alone = table(tmp_path, "time,x", cells, X)
    np.testing.assert_array_equal(alone.times, 60.0 * MINUTES)
    assert any("read as hours and minutes" in note for note in alone.notes) == (cells == AS_WRITTEN["without"])
    stamps = table(tmp_path, "time,x", [f"2020-01-31 {cell}" for cell in cells], X)
    np.testing.assert_array_equal(stamps.times, 60.0 * (MINUTES - MINUTES[0]))


def test_a_day_of_numbers_stays_a_state_and_of_two_clocks_the_named_one_counts(tmp_path):
    cells = AS_WRITTEN["with seconds"]
    assert table(tmp_path, "day,time,x", np.arange(N_ROWS) // 6, cells, X).names == ("day", "x")
    assert table(tmp_path, "day,time,x", np.arange(N_ROWS) // 6, np.arange(N_ROWS), X).names == ("day", "x")
    found = table(tmp_path, "date,took,time,x", ["2020-01-31"] * N_ROWS, ["0:05:00"] * N_ROWS, cells, X, chosen=["x"])
    assert (found.names, np.asarray(found.times)[1]) == (("x",), 1200.0)


def test_columns_of_types_are_joined_as_well(tmp_path):
    frame = pd.DataFrame({"day": pd.to_datetime(["2020-01-31"] * N_ROWS), "time": AS_WRITTEN["with seconds"], "x": X})
    frame.to_parquet(tmp_path / "x.parquet")
    found = read_table(tmp_path / "x.parquet")
    assert (found.names, np.asarray(found.times)[1]) == (("x",), 1200.0)


def test_midnight_at_the_end_of_a_day_begins_the_next(tmp_path):
    found = table(tmp_path, "date,time,x", [*["2020-01-31"] * 2, "2020-02-01"], ["22:30", "24:00", "1:30"], X[:3])
    np.testing.assert_array_equal(found.times, [0, 5400, 10800])


def test_offsets_are_taken_to_universal_time_and_told_and_half_of_them_is_refused(tmp_path):
    summer = [f"2020-03-29 01:{m}:00+01:00" for m in (40, 50)] + [f"2020-03-29 03:{m}:00+02:00" for m in ("00", 10)]
    found = table(tmp_path, "time,x", summer, X[:4])
    np.testing.assert_array_equal(found.times, [0, 600, 1200, 1800])
    assert any("offsets of the clock" in note for note in found.notes)
    half = [cell.replace("+01:00", "") for cell in summer]
    with pytest.raises(
        DataError, match=r"data\.path: .*'2020-03-29 03:00:00\+02:00' tells .* write the offset in every"
    ):
        table(tmp_path, "time,x", half, X[:4])
    with pytest.raises(DataError, match="write the offset in every row"):
        table(tmp_path, "time,x", [cell[11:] for cell in half], X[:4])


def test_what_is_no_time_of_the_day_is_refused(tmp_path):
    for cell in ("25:30", "13:61", "13:05 PM", "0:10 AM"):
        with pytest.raises(DataError, match=r"times of the day as 12:00:00"):
            table(tmp_path, "time,x", [cell, "14:00", "15:00"], X[:3])


def test_a_gap_over_midnight_asks_for_the_dates(tmp_path):
    cells = [f"{hour}:{minute}0:00" for hour in ("22", "03") for minute in range(4)]
    with pytest.raises(
        DataError, match=r"row 4, with 03:00:00 after 22:30:00; if that is a gap over midnight, .* dates"
    ):
        table(tmp_path, "time,x", cells, X[:8])
    days = [f"2020-01-{day}" for day in ("30", "31") for _ in range(4)]
    assert np.asarray(table(tmp_path, "date,time,x", days, cells, X[:8]).times)[4] == 5 * 3600
    with pytest.raises(DataError, match=r"row 4, with 2020-01-30 after 2020-02-02; .* data.time_column=none data.key="):
        table(tmp_path, "date,x", ["2020-01-30", "2020-01-31", "2020-02-01", "2020-02-02"] * 2, X[:8])


@pytest.mark.parametrize("options", [{}, {"time_column": "date"}, {"chosen": ["date"]}])
def test_a_clock_alone_is_no_record(tmp_path, options):
    days = [f"2020-01-{day + 10}" for day in range(N_ROWS)]
    columns = (days, X) if "chosen" in options else (days,)
    with pytest.raises(DataError, match=r"nothing but the clock date is read, and no state; .* column of numbers"):
        table(tmp_path, ",".join(["date", "x"][: len(columns)]), *columns, **options)


@pytest.mark.parametrize(
    "text",
    [
        "INFO: started\nINFO: done\n",
        "one story\nwithout numbers\nin it\n",
        "[2020-01-01 00:00:01] epoch 1 loss 0.1\n[2020-01-01 00:00:02] epoch 2 loss 0.2\n",
        "2020-01-01 00:00:01,123 INFO loss 0.1\n2020-01-01 00:00:02,456 INFO loss 0.2\n",
        "Epoch 1 loss=0.5\nEpoch 2 of 5 loss=0.4\n",
    ],
)
@pytest.mark.parametrize("name", ["run.log", "run.txt"])
def test_a_log_without_a_table_is_told_to_be_one(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match="holds no numbers in a table; give one row of numbers per moment"):
        read_csv(tmp_path / name)


def test_a_table_with_words_in_a_column_is_still_told_which(tmp_path):
    with pytest.raises(DataError, match=r"line 2, column 1 .name.: 'hare' is not a number"):
        table(tmp_path, "name,x", ["hare"] * N_ROWS, X)
    assert table(tmp_path, "name,x", ["hare"] * N_ROWS, X, chosen=["x"]).names == ("x",)


def untitled(folder: Path, *columns: Sequence[object] | np.ndarray, separator: str = ",", **options: object) -> Table:
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.to_csv(folder / "x.txt", index=False, header=False, sep=separator)
    return read_csv(folder / "x.txt", **options)  # type: ignore[arg-type]


DAYS = [f"2020-01-{day + 10}" for day in range(N_ROWS)]
STAMPS = [f"2020-01-01 {hour:02d}:00:00" for hour in range(N_ROWS)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("cells", "unit"),
    [
        (DAYS, "day"),
        (STAMPS, "hour"),
        ([cell.replace(" ", "T") + "Z" for cell in STAMPS], "hour"),
        ([f"2020-{month + 1:02d}" for month in range(N_ROWS)], "month"),
    ],
)
def test_dates_of_a_table_without_a_header_are_its_clock(tmp_path, cells, unit, separator):
    for columns in ((cells, X, -X), (X, cells, -X)):
        found = untitled(tmp_path, *columns, separator=separator)
        assert (found.names, found.time_unit) == ((), unit)
        np.testing.assert_array_equal(found.times, np.arange(N_ROWS))
        np.testing.assert_array_equal(found.states, np.column_stack([X, -X]))


@pytest.mark.parametrize("separator", [",", " "])
def test_a_date_and_a_time_of_the_day_without_a_header_are_one_clock(tmp_path, separator):
    frame = pd.DataFrame([stamp.split() for stamp in STAMPS])
    found = untitled(tmp_path, frame[0], frame[1], X, separator=separator)
    assert (found.time_unit, found.states.shape) == ("hour", (N_ROWS, 1))
    np.testing.assert_array_equal(found.times, np.arange(N_ROWS))
    assert "column 0, column 1 make the date" in found.notes


def test_a_remedy_without_a_header_asks_for_names_first(tmp_path):
    with pytest.raises(
        DataError, match=r"column 0 .* holds dates .*data.time_column=0 makes it that.*; name the columns in"
    ):
        untitled(tmp_path, DAYS, X, time_column="none")
    with pytest.raises(
        DataError, match=r"the clock column 0, whose times decrease; .*name the columns in a first line"
    ):
        untitled(tmp_path, DAYS[::-1], X)


def test_a_first_column_that_may_be_a_clock_but_has_no_name_is_told(tmp_path):
    for times in (np.arange(N_ROWS) ** 2, np.arange(N_ROWS)[::-1]):
        assert any("(data.time_column=0: it is the time)" in note for note in untitled(tmp_path, times, X).notes)
    assert untitled(tmp_path, X, np.arange(N_ROWS)).notes == ()


@pytest.mark.parametrize("name", ["t", "time", "day", "hour"])
def test_the_clock_that_a_person_names_leaves_the_other_among_the_states(tmp_path, name):
    found = table(tmp_path, f"date,{name},x", DAYS, np.arange(N_ROWS) / 4, X, time_column="date")
    assert (found.names, found.time_unit) == ((name, "x"), "day")
    assert any(f"{name} counts the rows or the time" in note for note in found.notes)
    chosen = table(tmp_path, f"{name},date,x", np.arange(N_ROWS) / 4, DAYS, X, time_column="date", chosen=["x"])
    assert (chosen.names, chosen.time_unit) == (("x",), "day")
    with pytest.raises(DataError, match=r"\(date\) holds dates and is not the clock \(data.time_column=date makes it"):
        table(tmp_path, f"date,{name},x", DAYS, np.arange(N_ROWS) / 4, X, time_column=name)


@pytest.mark.parametrize("named", ["date", "time", 0, 1])
def test_either_half_of_a_date_names_both(tmp_path, named):
    cells = [stamp.split() for stamp in STAMPS]
    found = table(tmp_path, "date,time,x", *zip(*cells, strict=True), X, time_column=named)
    assert (found.names, found.time_unit, np.asarray(found.times)[1]) == (("x",), "hour", 1)


def test_a_clock_in_disorder_is_refused_and_no_state(tmp_path):
    with pytest.raises(DataError, match=r"the clock t, whose times are in disorder; sort the rows"):
        table(tmp_path, "t,x", np.random.default_rng(0).permutation(N_ROWS), X)


@pytest.mark.parametrize("name", ["decimal_date", "Decimal Year", "fractional.year"])
def test_years_with_decimals_are_a_clock_although_they_are_rounded(tmp_path, name):
    years = np.round(1958.2027 + np.arange(N_ROWS) / 12, 4)
    found = table(tmp_path, f"{name},co2", years, X)
    np.testing.assert_array_equal(found.times, years)
    assert (found.time_unit, found.names) == ("year", ("co2",))
