"""Tables and arrays as people have them: read the way their owner means them, or refused in one sentence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.missing.missing_values import without_missing
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.tables.columns import Table
from sciml_bench.data.files.tables.text_tables import read_csv
from sciml_bench.data.regular_clock import keeps_step, median_step
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.trajectories import Trajectories

N_ROWS = 40
TIMES = 0.5 * np.arange(N_ROWS)
X = np.sin(TIMES)
MONTHS = [str(np.datetime64("2019-11") + number) for number in range(N_ROWS)]
DAYS = [str(np.datetime64("2019-12-20") + number) for number in range(N_ROWS)]


def table(tmp_path: Path, header: str, *columns: object, delimiter: str = ",") -> Table:
    rows = [delimiter.join(str(cell) for cell in row) for row in zip(*columns, strict=True)]  # type: ignore[call-overload]
    path = tmp_path / "table.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return read_csv(path)


def arrays(tmp_path: Path, **content: np.ndarray) -> Trajectories:
    np.savez(tmp_path / "arrays.npz", **content)  # type: ignore[arg-type]
    return TrajectoryFiles(tmp_path / "arrays.npz").load()


@pytest.mark.parametrize("header", ["T,time,x", "hour,time,x", "T,t,x"])
def test_the_clock_is_the_column_that_can_be_one(tmp_path: Path, header: str) -> None:
    first = np.arange(N_ROWS) % 24 if header.startswith("hour") else 300 + np.arange(N_ROWS) ** 2
    found = table(tmp_path, header, first, TIMES, X)
    assert found.names == (header.split(",")[0], "x")
    np.testing.assert_array_equal(found.times, TIMES)


def test_numbers_that_are_dates_count_in_days_and_months(tmp_path: Path) -> None:
    found = table(tmp_path, "YYYYMMDD,x", [day.replace("-", "") for day in DAYS], X)
    assert (found.time_unit, np.asarray(found.times).tolist()) == ("day", list(range(N_ROWS)))
    found = table(tmp_path, "date,x", [month.replace("-", "") for month in MONTHS], X)
    assert (found.time_unit, np.asarray(found.times).tolist()) == ("month", list(range(N_ROWS)))
    found = table(tmp_path, "time,x", 20200101 + np.arange(N_ROWS), X)  # there is no 32nd of January
    assert np.asarray(found.times)[0] == 20200101


def test_year_month_and_day_in_columns_of_their_own_are_a_date(tmp_path: Path) -> None:
    parts = [day.split("-") for day in DAYS]
    found = table(tmp_path, "year,month,day,x", *zip(*parts, strict=True), X)
    assert (found.names, found.time_unit) == (("x",), "day")
    np.testing.assert_array_equal(found.times, np.arange(N_ROWS))
    assert "year, month, day make the date" in found.notes
    found = table(tmp_path, "year,month,x", *zip(*[month.split("-") for month in MONTHS], strict=True), X)
    assert (found.names, found.time_unit) == (("x",), "month")
    frame = pd.DataFrame({"year": 2000 + np.arange(N_ROWS), "month": 6, "x": X})
    frame.to_parquet(tmp_path / "yearly.parquet")
    yearly = TrajectoryFiles(tmp_path / "yearly.parquet").load()
    assert (yearly.time_unit, yearly.component_names) == ("year", ("month", "x"))


@pytest.mark.parametrize("length", [4, 20])
def test_trajectories_below_one_another_are_no_clock_and_no_state(tmp_path: Path, length: int) -> None:
    times = np.arange(N_ROWS) % length
    with pytest.raises(DataError, match=rf"the clock t begins again in row {length}; .* need a file each"):
        table(tmp_path, "t,x", times, X)


def test_commas_are_decimals_where_blanks_separate_and_never_a_second_column_without_a_name(tmp_path: Path) -> None:
    cells = [[f"{value:.4f}".replace(".", ",") for value in column] for column in (TIMES, X)]
    found = table(tmp_path, "t x", *cells, delimiter=" ")
    np.testing.assert_array_equal(found.times, TIMES)
    np.testing.assert_allclose(found.states[:, 0], X, atol=1e-4)
    with pytest.raises(DataError, match="could mark decimals or a second column"):
        table(tmp_path, "x", cells[1])
    assert table(tmp_path, "x", range(1, 1 + N_ROWS), range(N_ROWS)).names == ("x",)  # row names, as R writes them


def test_names_with_a_hash_and_logical_cells(tmp_path: Path) -> None:
    found = table(tmp_path, "t,# of spikes,valve", TIMES, range(N_ROWS), ["True", "false"] * (N_ROWS // 2))
    assert found.names == ("# of spikes", "valve")
    assert found.states[:3, 1].tolist() == [1, 0, 1]
    assert table(tmp_path, "a b # in metres", ["1 2", "3 4"]).names == ("a", "b")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_text_of_windows_programmes(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("t,x [µm]\r\n0,1\r\n1,2\r\n3,5\r\n".encode(encoding))
    found = read_csv(path)
    assert (found.names, found.units, found.states.tolist()) == (("x",), ("µm",), [[1], [2], [5]])


def test_dates_in_another_order_are_told_how_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'31\.12\.20' is not a number \(dates are written as 2020-01-31"):
        table(tmp_path, "date,x", ["31.12.20", "01.01.21"], [1, 2])


@pytest.mark.parametrize("step", [1 / 24, 1 / 30, 1 / 7])
@pytest.mark.parametrize("n_rows", [20, 60, 5000])
def test_a_rounded_clock_is_regular_however_long(step: float, n_rows: int) -> None:
    times = np.round(np.arange(n_rows) * step, 2)
    assert keeps_step(times, median_step([times]))


def test_arrays_beside_their_clock_are_components(tmp_path: Path) -> None:
    states = np.stack([X, TIMES**2], axis=1)
    found = arrays(tmp_path, t=TIMES, x=states, valve=X > 0)
    assert found.component_names == ("x1", "x2", "valve")
    np.testing.assert_array_equal(found.states[0], np.column_stack([states, X > 0]))
    found = arrays(tmp_path, T=TIMES**2, t=TIMES[:, None], x=states)
    assert found.component_names == ("T", "x1", "x2")
    np.testing.assert_array_equal(found.times_of(0), TIMES)
    with pytest.raises(DataError, match="mask holds true and false"):
        arrays(tmp_path, t=TIMES, x=states, mask=states > 0)


def test_what_was_missing_at_the_ends_is_not_called_interpolated() -> None:
    states = np.where(np.isin(np.arange(N_ROWS), (7, 38, 39)), np.nan, X)[:, None]
    (part,) = without_missing([NamedTrajectory("a", states)], "interpolate")
    assert part.notes == (
        "1 missing values are interpolated",
        "2 rows at the ends, where values are missing, are left out",
    )


def test_a_field_with_missing_values_names_its_point() -> None:
    states = np.tile(X[:, None], 4)
    states[5, 2] = np.nan
    with pytest.raises(DataError, match=r"1 values are missing \(x3: 1; the first at row 5\)"):
        without_missing([NamedTrajectory("a", states, component_names=("T",))], "refuse")


def test_pieces_of_a_record_without_a_clock_count_in_steps(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.where(np.arange(N_ROWS) == 20, np.nan, X))
    assert TrajectoryFiles(tmp_path / "x.npy", missing="split").load().time_unit == "step"


def test_rows_that_stand_alone_between_gaps_are_told() -> None:
    states = np.array([1.0, 2, np.nan, 3, np.nan, np.nan, 4, 5, 6, np.nan])[:, None]
    (part,) = without_missing([NamedTrajectory("a", states)], "split")
    np.testing.assert_array_equal(part.times, [0, 1, 6, 7, 8])
    np.testing.assert_array_equal(part.states[:, 0], [1, 2, 4, 5, 6])
    np.testing.assert_array_equal(part.missing_times, [2, 3, 4, 5, 9])
    assert part.notes == (
        "4 rows with missing values are cut out",
        "1 rows that stand alone between them are left out",
    )


def test_a_file_is_read_once_and_notes_of_many_groups_are_one(tmp_path: Path) -> None:
    for number in range(12):
        np.savetxt(tmp_path / f"{number}.csv", np.stack([TIMES, X], axis=1), delimiter=",", header="t,x", comments="")
    twice = TrajectoryFiles([str(tmp_path / "*.csv"), str(tmp_path / "1*.csv")])
    assert twice.load().n_trajectories == 12
    content = {f"run{number}/{name}": array for number in range(12) for name, array in (("t", TIMES), ("x", X))}
    np.savez(tmp_path / "groups.npz", **content)  # type: ignore[arg-type]
    record = TrajectoryFiles(tmp_path / "groups.npz")
    record.setup()
    assert record.reading.endswith("the array run0/t is the time (and 11 such)")


@pytest.mark.parametrize("gigabytes", [1.0, 0.0])
def test_missing_rows_and_values_of_several_trajectories_are_counted_together(tmp_path: Path, gigabytes: float) -> None:
    for number, missing in enumerate([(7,), (3, 4, 5), (9, 10, 20), (1, 3, 38, 39)]):
        np.save(tmp_path / f"{number}.npy", np.where(np.isin(np.arange(N_ROWS), missing), np.nan, X))

    def notes(missing: str) -> list[str]:
        record = TrajectoryFiles(tmp_path / "*.npy", missing=missing, in_memory_gigabytes=gigabytes)
        record.setup()
        return [note for note in record.reading.split("; ")[1:] if "stay on disk" not in note]

    cut, alone = "11 rows with missing values are cut out", "2 rows that stand alone between them are left out"
    assert notes("split") == [cut, alone]
    filled = "9 missing values are interpolated (at most 3 rows in a run)"
    assert notes("interpolate") == [filled, "2 rows at the ends, where values are missing, are left out"]


def test_rows_that_were_left_out_of_a_file_count_once_for_all_its_trajectories(tmp_path: Path) -> None:
    rows = [f"{moment} {run} {moment**2 + run}" for run in (1, 2) for moment in range(20)]
    lines = ["t id x", *rows[:9], "Loop time of 1", "t id x", *rows[8:], "Loop time of 2"]
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    record = TrajectoryFiles(tmp_path / "*.csv")
    assert record.load().n_trajectories == 4
    record.setup()
    assert "2 rows with which a table begins as the one above ends left out" in record.reading


def test_other_numbers_of_notes_stay(tmp_path: Path) -> None:
    for number, count in enumerate((2, 3)):
        states = np.where(np.arange(N_ROWS) < count, -9999.0, X)
        np.save(tmp_path / f"{number}.npy", np.column_stack([states, np.full(N_ROWS, np.nan)]))
    record = TrajectoryFiles(tmp_path / "*.npy", drop_empty_cells=True)
    record.setup()
    assert "; 1 of 2 cells, which have no value in any row, are left out; x1 is -9999 in 2 rows, far" in record.reading
    assert "set data.missing (and 1 such)" in record.reading


def test_a_single_state_is_not_called_constant(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X[:3])
    with pytest.raises(DataError, match="the train split is a single state"):
        TrajectoryFiles(tmp_path / "x.npy").setup()


def test_numbers_that_often_mean_missing_are_told(tmp_path: Path) -> None:
    for fill, told in ((-9999, True), (999.9, True), (-7, False)):
        np.save(tmp_path / "x.npy", np.stack([X, np.where(np.arange(N_ROWS) % 9 == 4, fill, X)], axis=1))
        record = TrajectoryFiles(tmp_path / "x.npy")
        record.setup()
        assert (f"x2 is {fill:g} in 4 rows, far from all its other values" in record.reading) == told
    np.save(tmp_path / "x.npy", np.linspace(0, 999, N_ROWS))  # the end of a range is no fill
    record = TrajectoryFiles(tmp_path / "x.npy")
    record.setup()
    assert "far from" not in record.reading


def test_a_likely_label_that_stays_a_state_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("run,x\n" + "".join(f"{n % 2},{n * n}\n" for n in range(12)))
    found = read_csv(tmp_path / "a.csv")
    assert found.names == ("run", "x")
    assert "run is a state (called id it would tell 2 trajectories apart)" in found.notes


def test_columns_that_only_look_like_labels_and_a_clock_are_states_where_nobody_doubts(tmp_path):
    rows = [f"{n // 6},{n % 6},{n * n % 7}" for n in range(24)]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    assert read_csv(tmp_path / "a.csv", "none").states.shape == (24, 3)
    (tmp_path / "b.csv").write_text("\n".join(f"{n // 6},{n % 4},{n * n % 7}" for n in range(24)))
    assert read_csv(tmp_path / "b.csv").states.shape == (24, 3)


def test_a_column_without_a_name_gets_one(tmp_path: Path) -> None:
    read = table(tmp_path, "t,,y", TIMES, X, 2 * X)
    assert read.names == ("column_2", "y")
    assert "the column without a name is called column_2" in read.notes
    np.testing.assert_array_equal(read.states[:, 0], X)


def test_a_name_too_few_above_fractions_is_told_and_shifts_nothing(tmp_path: Path) -> None:
    """Row names are text or whole numbers; a column of fractions lacks its name, and the clock stands elsewhere."""
    with pytest.raises(DataError, match=r"the header names 3 columns \(t, x, y\), but line 2 has 4"):
        table(tmp_path, "t x y", TIMES, X, 2 * X, X, delimiter=" ")
    read = table(tmp_path, "t x y", range(3, 3 + N_ROWS), TIMES, X, 2 * X, delimiter=" ")
    assert read.names == ("x", "y")
    np.testing.assert_array_equal(read.times, TIMES)
