"""Pasts that a person brings: whose rows, in which columns, and when they were observed."""

import dataclasses

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data import RecordSpec
from sciml_bench.data.past_file import read_past
from sciml_bench.data.sources import TrajectoryFiles

SPEC = RecordSpec((2,), 0.5, "s", ("a", "b"), np.zeros(2), np.ones(2), (9,))
ROWS = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
TIMES = np.array([4.0, 4.5, 5.0])


def table(path, header, columns):
    text = [header] if header else []
    text += [",".join(f"{cell:g}" for cell in row) for row in np.column_stack(columns)]
    path.write_text("\n".join(text) + "\n")
    return path


def test_rows_without_times_are_one_step_of_the_record_apart(tmp_path):
    past = read_past(table(tmp_path / "past.csv", "", [ROWS]), SPEC)
    np.testing.assert_array_equal(past.states[0], ROWS)
    np.testing.assert_allclose(past.times_of(0), [0.0, 0.5, 1.0])
    assert past.time_unit == "s"


@pytest.mark.parametrize("name", ["t", "Time"])
def test_one_column_more_with_the_name_of_time_holds_the_time(tmp_path, name):
    past = read_past(table(tmp_path / "past.csv", f"{name},a,b", [TIMES, ROWS]), SPEC)
    np.testing.assert_array_equal(past.states[0], ROWS)
    np.testing.assert_allclose(past.times_of(0), TIMES)
    last = read_past(table(tmp_path / "last.csv", f"a,b,{name}", [ROWS, TIMES]), SPEC)
    np.testing.assert_array_equal(last.states[0], ROWS)
    np.testing.assert_allclose(last.times_of(0), TIMES)


def test_a_component_that_is_called_t_is_no_time(tmp_path):
    named = RecordSpec((2,), 0.5, "s", ("t", "b"), np.zeros(2), np.ones(2), (9,))
    past = read_past(table(tmp_path / "past.csv", "t,b", [ROWS]), named)
    np.testing.assert_array_equal(past.states[0], ROWS)
    np.testing.assert_allclose(past.times_of(0), [0.0, 0.5, 1.0])


@pytest.mark.parametrize("header", ["b,a", "t,b,a", "b,t,a,more", "more,b,a"])
def test_columns_are_read_by_the_names_of_the_components(tmp_path, header):
    columns = {"a": ROWS[:, :1], "b": ROWS[:, 1:], "t": TIMES[:, None], "more": np.array([[5.0], [7.0], [6.0]])}
    past = read_past(table(tmp_path / "past.csv", header, [columns[name] for name in header.split(",")]), SPEC)
    np.testing.assert_array_equal(past.states[0], ROWS)
    np.testing.assert_allclose(past.times_of(0), TIMES if "t" in header else [0.0, 0.5, 1.0])
    assert past.named_components == ("a", "b")


def test_columns_of_other_names_are_refused_and_no_clock_counts_as_a_state(tmp_path):
    with pytest.raises(DataError, match="has the columns p, q, but the run's record has a, b"):
        read_past(table(tmp_path / "foreign.csv", "p,q", [ROWS]), SPEC)
    with pytest.raises(DataError, match="has the columns t, a, but the run's record has a, b"):
        read_past(table(tmp_path / "lacking.csv", "t,a", [ROWS]), SPEC)
    for names in ({"component_names": ["a", "b"]}, {"key": ["p", "q"], "component_names": ["a", "b"]}):
        past = read_past(table(tmp_path / "like_mine.csv", "t,p,q", [TIMES, ROWS]), SPEC, names)
        np.testing.assert_array_equal(past.states[0], ROWS)
    past = read_past(table(tmp_path / "more.csv", "t,a,b,c", [TIMES, ROWS, ROWS[:, :1]]), SPEC, {"key": ["a", "b"]})
    np.testing.assert_array_equal(past.states[0], ROWS)
    np.testing.assert_array_equal(past.times_of(0), TIMES)


def test_missing_values_are_interpolated_where_those_of_the_record_were(tmp_path):
    path = table(tmp_path / "past.csv", "t,a,b", [TIMES, np.where(ROWS == 2.0, np.nan, ROWS)])
    with pytest.raises(DataError, match=r"1 values are missing .*fill them in the file, or give only the rows after"):
        read_past(path, SPEC)
    np.testing.assert_array_equal(read_past(path, SPEC, {"missing": "interpolate"}).states[0], ROWS)


def test_arrays_of_the_names_of_a_forecast_are_states_and_times(tmp_path):
    states = np.stack([ROWS, 100 + ROWS])
    np.savez(tmp_path / "past.npz", states=states, times=np.stack([TIMES, TIMES + 7]), deviation=states * 0)
    past = read_past(tmp_path / "past.npz", SPEC)
    for number in range(2):
        np.testing.assert_array_equal(past.states[number], states[number])
        np.testing.assert_allclose(past.times_of(number), TIMES + 7 * number)


def test_an_array_of_one_axis_more_is_one_trajectory_and_of_two_more_several(tmp_path):
    np.save(tmp_path / "one.npy", ROWS)
    np.save(tmp_path / "many.npy", np.stack([ROWS, -ROWS, 2 * ROWS]))
    assert read_past(tmp_path / "one.npy", SPEC).lengths == (3,)
    many = read_past(tmp_path / "many.npy", SPEC)
    assert many.lengths == (3, 3, 3)
    np.testing.assert_array_equal(many.states[1], -ROWS)


def test_names_of_the_record_go_before_these_habits(tmp_path):
    np.savez(tmp_path / "past.npz", y=ROWS, when=TIMES, states=ROWS * 0)
    past = read_past(tmp_path / "past.npz", SPEC, {"key": "y", "times_key": "when"})
    np.testing.assert_array_equal(past.states[0], ROWS)
    np.testing.assert_allclose(past.times_of(0), TIMES)
    columns = table(tmp_path / "past.csv", "clock,a,b", [TIMES, ROWS])
    np.testing.assert_allclose(read_past(columns, SPEC, {"time_column": "clock"}).times_of(0), TIMES)


def test_states_of_another_shape_are_refused(tmp_path):
    np.save(tmp_path / "past.npy", np.zeros((3, 5)))
    with pytest.raises(DataError, match=r"states of the shape \(5,\), but those of the run's record are \(2,\)"):
        read_past(tmp_path / "past.npy", SPEC)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.npz"):
        read_past(tmp_path / "missing.npz", SPEC)


def test_a_past_may_be_in_any_format(tmp_path):
    xarray = pytest.importorskip("xarray", reason="needs the extra `files`")
    pandas = pytest.importorskip("pandas", reason="needs the extra `files`")
    pytest.importorskip("h5netcdf", reason="needs the extra `files`")
    pytest.importorskip("pyarrow", reason="needs the extra `files`")
    data = {"a": ("time", ROWS[:, 0]), "b": ("time", ROWS[:, 1])}
    xarray.Dataset(data, coords={"time": TIMES}).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    xarray.Dataset(data).to_netcdf(tmp_path / "y.nc", engine="h5netcdf")
    frame = pandas.DataFrame({"t": TIMES, "a": ROWS[:, 0], "b": ROWS[:, 1]})
    frame.to_parquet(tmp_path / "x.parquet")
    frame[["b", "a"]].to_parquet(tmp_path / "y.parquet")
    for name in ("x.nc", "x.parquet"):
        past = read_past(tmp_path / name, SPEC)
        np.testing.assert_array_equal(past.states[0], ROWS)
        np.testing.assert_allclose(past.times_of(0), TIMES)
    assert read_past(tmp_path / "y.nc", SPEC).time_step == SPEC.time_step
    np.testing.assert_array_equal(read_past(tmp_path / "y.parquet", SPEC).states[0], ROWS)


@pytest.mark.parametrize("shape", [(9,), (9, 3, 4)])
def test_fields_in_another_order_are_put_in_that_of_the_record(tmp_path, shape):
    """A zarr store has them by their names, a NetCDF file as they were written."""
    xarray = pytest.importorskip("xarray", reason="needs the extra `files`")
    pytest.importorskip("zarr", reason="needs the extra `files`")
    pytest.importorskip("h5netcdf", reason="needs the extra `files`")
    axes, values = ("time", "lat", "lon")[: len(shape)], np.random.default_rng(0).normal(size=(2, *shape))
    dataset = xarray.Dataset({"t2m": (axes, values[0]), "msl": (axes, values[1])}, {"time": np.arange(9.0)})
    dataset.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    dataset.to_zarr(tmp_path / "x.zarr")
    record = TrajectoryFiles(tmp_path / "x.nc", split={"train": 1.0})
    record.setup()
    assert record.spec.component_names == ("t2m", "msl")
    for name in ("x.nc", "x.zarr"):
        past = read_past(tmp_path / name, record.spec)
        np.testing.assert_array_equal(past.states[0], np.moveaxis(values, 0, -1))
        assert past.component_names == ("t2m", "msl")


def test_rows_that_are_not_written_yet_are_no_past(tmp_path):
    """Where the run left such chunks out; they would read as zeros."""
    zarr = pytest.importorskip("zarr", reason="needs the extra `files`")
    array = zarr.create_array(str(tmp_path / "x.zarr"), shape=(40, 2), chunks=(10, 2), dtype=float, fill_value=0.0)
    array[:30] = np.random.default_rng(0).normal(size=(30, 2))
    spec = dataclasses.replace(SPEC, component_names=("x1", "x2"))
    for missing in ("split", "mask"):
        with pytest.raises(DataError, match=r"20 values are missing.*a past has none"):
            read_past(tmp_path / "x.zarr", spec, {"missing": missing})
    assert read_past(tmp_path / "x.zarr", spec).lengths == (40,)
