import datetime
import decimal

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles

pandas = pytest.importorskip("pandas", reason="needs the extra `files`")
arrow = pytest.importorskip("pyarrow", reason="needs the extra `files`")
feather = pytest.importorskip("pyarrow.feather", reason="needs the extra `files`")
parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra `files`")

DAYS = pandas.date_range("2020-02-27", periods=12, freq="D")
X, Y = np.arange(12.0) ** 2, np.cos(np.arange(12.0))
each = pytest.mark.parametrize("suffix", ["parquet", "feather"])


def write(path, frame):
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        feather.write_feather(arrow.Table.from_pandas(frame), str(path))  # pandas itself would refuse an index


def load(path, **options):
    record = TrajectoryFiles(str(path), **{"split": {"train": 1.0}} | options)
    record.setup()
    return record, record.splits["train"]


@each
@pytest.mark.parametrize(
    ("clock", "times", "unit"),
    [
        (DAYS, np.arange(12), "day"),
        (DAYS.tz_localize("Europe/Berlin"), np.arange(12), "day"),
        (pandas.date_range("2020-01-31", periods=12, freq="ME"), np.arange(12), "month"),
        (pandas.date_range("2001-07-01", periods=12, freq="YS-JUL"), 2001 + np.arange(12), "year"),
        (pandas.date_range("2020-01-01", periods=12, freq="90min"), 1.5 * np.arange(12) * 3600, "s"),
        (pandas.date_range("2020-01-01", periods=12, freq="250us"), 2.5e-4 * np.arange(12), "s"),
        (pandas.Series([day.date() for day in DAYS], dtype=object), np.arange(12), "day"),
        (DAYS.strftime("%Y-%m-%d"), np.arange(12), "day"),
    ],
)
def test_dates_are_the_clock_whatever_their_name_and_type(tmp_path, suffix, clock, times, unit):
    path = tmp_path / f"x.{suffix}"
    write(path, pandas.DataFrame({"x": X, "observed": clock, "y": Y}))
    record, found = load(path)
    np.testing.assert_allclose(found.times_of(0), times, rtol=1e-12)
    assert (found.time_unit, found.component_names) == (unit, ("x", "y"))
    np.testing.assert_array_equal(found.states[0], np.column_stack([X, Y]))
    assert "the column observed is the time" in record.reading


@each
def test_an_index_with_a_name_or_of_dates_is_a_column(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    write(path, pandas.DataFrame({"x": X, "y": Y}, index=DAYS))
    record, found = load(path)
    assert (found.component_names, found.time_unit) == (("x", "y"), "day")
    assert "the index of dates is a column" in record.reading
    write(path, pandas.DataFrame({"x": X, "y": Y}, index=pandas.Index(3.0 + np.arange(12), name="time_ms")))
    found = load(path)[1]
    assert (found.times_of(0)[0], found.time_unit) == (3, "ms")
    write(path, pandas.DataFrame({"x": X, "y": Y}))
    assert load(path)[1].component_names == ("x", "y")


@each
def test_columns_of_every_numeric_type_are_numbers(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    counts = pandas.array([*range(11), None], dtype="Int64")
    amounts = [decimal.Decimal(number) / 4 for number in range(12)]
    frame = pandas.DataFrame(
        {"t": np.arange(12, dtype="u1"), "n": counts, "on": X > 30, "price": amounts, "f": X.astype("f4")}
    )
    write(path, frame)
    with pytest.raises(DataError, match=r"1 values are missing \(n: 1; the first at row 11, time 11"):
        load(path)
    found = load(path, missing="split")[1]
    assert found.component_names == ("n", "on", "price", "f")
    expected = np.column_stack([np.arange(11), X[:11] > 30, np.arange(11) / 4, X[:11]])
    np.testing.assert_array_equal(found.states[0], expected)


@each
@pytest.mark.parametrize("text", [["a", "b", "a"] * 4, pandas.Categorical(["a", "b", "a"] * 4), [None] * 11 + ["b"]])
def test_a_column_of_text_is_named_and_others_may_be_chosen(tmp_path, suffix, text):
    path = tmp_path / f"x.{suffix}"
    write(path, pandas.DataFrame({"t": np.arange(12.0), "species": text, "x": X, "y": Y}))
    with pytest.raises(DataError, match=r"the column species holds .*choose others with data\.key=\[t, x, y\]"):
        load(path)
    found = load(path, key=["x", "y"])[1]
    np.testing.assert_array_equal(found.states[0], np.column_stack([X, Y]))
    np.testing.assert_array_equal(found.times_of(0), np.arange(12))
    with pytest.raises(ConfigurationError, match=r"data\.key=z: .*its columns are t, species, x, y"):
        load(path, key=["x", "z"])


def test_units_are_in_brackets_or_in_the_metadata_of_a_column(tmp_path):
    fields = [
        arrow.field("t", arrow.float64(), metadata={b"units": b"ms"}),
        arrow.field("x [mV]", arrow.float64()),
        arrow.field("y", arrow.float64(), metadata={b"unit": b"kg"}),
    ]
    table = arrow.table([np.arange(12.0), X, Y], schema=arrow.schema(fields))
    parquet.write_table(table, tmp_path / "x.parquet")
    found = load(tmp_path / "x.parquet")[1]
    assert (found.component_names, found.facts["component_units"]) == (("x", "y"), ("mV", "kg"))
    assert found.time_unit == "ms"


@each
def test_a_time_column_is_named_as_in_text(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    write(path, pandas.DataFrame({"when": np.arange(12.0) * 2, "x": X}))
    assert load(path)[1].component_names == ("x",)  # it rises evenly, as no other does
    assert load(path, time_column="when")[1].time_step == 2
    assert load(path, time_column="none")[1].component_names == ("when", "x")
    with pytest.raises(ConfigurationError, match=r"data\.time_column=never"):
        load(path, time_column="never")


def test_dates_that_are_not_the_clock_are_named(tmp_path):
    frame = pandas.DataFrame({"t": np.arange(12.0), "seen": DAYS, "x": X})
    frame.to_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"column 2 \(seen\) holds dates and is not the clock"):
        load(tmp_path / "x.parquet")
    assert load(tmp_path / "x.parquet", key="x")[1].state_shape == (1,)
    elapsed = pandas.DataFrame({"t": pandas.to_timedelta(np.arange(12), unit="min"), "x": X})
    elapsed.to_parquet(tmp_path / "y.parquet")
    found = load(tmp_path / "y.parquet")[1]
    np.testing.assert_array_equal(found.times_of(0), 60.0 * np.arange(12))
    assert found.time_unit == "s"


def test_a_table_without_rows_is_named(tmp_path):
    pandas.DataFrame({"x": np.empty(0)}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match="holds no rows"):
        load(tmp_path / "x.parquet")


def test_years_are_read_as_years(tmp_path):
    when = [datetime.datetime(1900 + number, 1, 1) for number in range(12)]
    pandas.DataFrame({"date": when, "x": X}).to_parquet(tmp_path / "x.parquet")
    assert load(tmp_path / "x.parquet")[0].reading == "x: 12 rows, every 1 year; the column date is the time"


@each
def test_a_column_of_lists_is_named(tmp_path, suffix):
    write(tmp_path / f"x.{suffix}", pandas.DataFrame({"t": np.arange(12.0), "x": X, "path": [[1, 2]] * 12}))
    with pytest.raises(DataError, match=r"the column path holds object, not numbers; choose others with data\.key="):
        load(tmp_path / f"x.{suffix}")
    np.testing.assert_array_equal(load(tmp_path / f"x.{suffix}", key="x")[1].states[0][:, 0], X)
