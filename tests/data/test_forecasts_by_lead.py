"""Archives of forecasts: every moment at which one begins is a trajectory, whose times are the leads."""

import numpy as np
import pytest

from sciml_bench.data.sources import TrajectoryFiles

xarray = pytest.importorskip("xarray", reason="needs the extra `files`")
pytest.importorskip("h5netcdf", reason="needs the extra `files`")

VALUES = np.random.default_rng(0).standard_normal((5, 12, 3))
BEGINS = np.array([f"2020-01-0{day}" for day in range(1, 6)], dtype="datetime64[ns]")
LEADS = (6 * np.arange(12)).astype("timedelta64[h]").astype("timedelta64[ns]")


def archive(begin, lead, leads=LEADS, attributes=None):
    places = {begin: BEGINS, lead: (lead, leads, attributes or {}), "station": ["a", "b", "c"]}
    return xarray.Dataset({"t2m": ((begin, lead, "station"), VALUES)}, places)


def read(path, dataset, encoding=None):
    dataset.to_netcdf(path / "x.nc", engine="h5netcdf", encoding=encoding)
    record = TrajectoryFiles(path / "x.nc", split_by="trajectory", split={"train": 3, "validation": 1, "test": 1})
    record.setup()
    return record


@pytest.mark.parametrize(
    ("dataset", "unit"),
    [
        (archive("init_time", "lead_time"), "hour"),
        (archive("time", "step").assign_coords(valid_time=(("time", "step"), BEGINS[:, None] + LEADS)), "hour"),
        (archive("time", "prediction_timedelta"), "hour"),
        (archive("S", "L", 6.0 * np.arange(12), {"units": "hours"}), "hour"),
        (archive("begin", "ahead", 6 * np.arange(12), {"standard_name": "forecast_period", "units": "hours"}), "hour"),
        (archive("init", "lead", 6 * np.arange(12), {"units": "months"}), "month"),
    ],
    ids=lambda one: one if isinstance(one, str) else ", ".join(map(str, one.sizes)),
)
def test_leads_are_the_times_and_initial_times_count_trajectories(tmp_path, dataset, unit):
    record = read(tmp_path, dataset)
    train = record.splits["train"]
    assert record.spec.time_unit == unit
    assert train.n_trajectories == 3
    for number, (states, times) in enumerate(zip(train.states, train.times, strict=True)):
        np.testing.assert_array_equal(states, VALUES[number])
        np.testing.assert_allclose(times, 6.0 * np.arange(12))


def test_leads_that_are_counted_in_nanoseconds_are_told_in_hours(tmp_path):
    coded = {"lead_time": {"units": "nanoseconds", "dtype": "int64"}}
    record = read(tmp_path, archive("init_time", "lead_time"), coded)
    assert "every 6 hour" in record.reading


def test_a_step_beside_the_clock_of_the_same_axis_is_no_lead(tmp_path):
    times = np.arange(12) * np.timedelta64(1, "D") + BEGINS[0]
    dataset = xarray.Dataset(
        {"x": (("trajectory", "step"), VALUES[..., 0])},
        {"step": np.arange(12), "time": ("step", times)},
    )
    record = read(tmp_path, dataset)
    assert "every 1 day" in record.reading
    assert record.splits["train"].n_trajectories == 3


def test_an_axis_of_labels_is_no_lead(tmp_path):
    dataset = xarray.Dataset(
        {"voltage": (("time", "lead"), VALUES[0])}, {"time": np.arange(12) * 0.004, "lead": ["I", "II", "V1"]}
    )
    dataset.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    record = TrajectoryFiles(tmp_path / "x.nc")
    record.setup()
    assert record.spec.component_names == ("I", "II", "V1")
