"""Positions along the axes of a field, from its file to that of a forecast, against what the file was written with."""

import numpy as np
import pytest

from sciml_bench.core.stored.description import built, describe
from sciml_bench.data import StateAxis, TimeOrigin
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.forecast_file import write_forecast
from sciml_bench.data.past_file import read_past
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.transforms import with_inputs

xarray = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")

LATITUDES, LONGITUDES = np.array([60.5, 0.0, -60.5]), np.array([0, 90, 180, 270])
FIELD = np.random.default_rng(0).standard_normal((40, 3, 4))
AXES = ("time", "latitude", "longitude")
PLACES = {"time": np.arange(40.0), "latitude": LATITUDES, "longitude": LONGITUDES}


def written(path, data, places=PLACES):
    dataset = xarray.Dataset(data, places)
    dataset.to_zarr(path) if path.suffix == ".zarr" else dataset.to_netcdf(path, engine="h5netcdf")
    return path


def loaded(path, transforms=None, **options):
    record = TrajectoryFiles(path, **options).transform(**(transforms or {}))
    record.setup()
    return record


def forecast_of(record, path, spec=None):
    """The last states of the record as if they were a forecast."""
    part = record.splits["test"].as_observed
    spec = spec or record.spec.as_observed
    write_forecast(path, Forecast(part.states[0][None, -2:], part.times_of(0)[None, -2:]), spec)
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


@pytest.mark.parametrize("suffix", ["nc", "zarr"])
def test_a_field_has_its_positions_by_the_names_of_the_file(tmp_path, suffix):
    if suffix == "zarr":
        pytest.importorskip("zarr")
    # the axes of the file in another order than the state's, whose first is the time
    data = {"t2m": (("latitude", "time", "longitude"), FIELD.transpose(1, 0, 2))}
    found = forecast_of(loaded(written(tmp_path / f"x.{suffix}", data)), tmp_path / "out.npz")
    np.testing.assert_array_equal(found["latitude"], LATITUDES)
    np.testing.assert_array_equal(found["longitude"], LONGITUDES)
    assert found["state_axes"].tolist() == ["trajectory", "time", "latitude", "longitude"]
    again = xarray.DataArray(found["states"][0], dims=found["state_axes"][1:])
    np.testing.assert_array_equal(again.transpose("time", "latitude", "longitude"), FIELD[-2:])


def test_several_fields_stand_along_a_last_axis(tmp_path):
    data = {"u": (AXES, FIELD), "v": (AXES, 2 * FIELD)}
    found = forecast_of(loaded(written(tmp_path / "x.nc", data)), tmp_path / "out.npz")
    assert found["state_axes"].tolist() == ["trajectory", "time", "latitude", "longitude", "component"]
    assert (found["states"].shape, found["component_names"].tolist()) == ((1, 2, 3, 4, 2), ["u", "v"])
    assert "component" not in found


def test_an_axis_without_positions_has_a_name_and_labels_are_positions_too(tmp_path):
    data = {"u": (("time", "band", "longitude"), FIELD)}
    found = forecast_of(loaded(written(tmp_path / "x.nc", data, {"longitude": LONGITUDES})), tmp_path / "x.npz")
    assert found["state_axes"].tolist() == ["trajectory", "time", "band", "longitude"]
    assert "band" not in found
    data = {"u": (("time", "species"), FIELD[:, 0])}
    found = forecast_of(loaded(written(tmp_path / "y.nc", data, {"species": [*"abcd"]})), tmp_path / "y.npz")
    assert (found["species"].tolist(), found["state_axes"].tolist()[-1]) == ([*"abcd"], "species")


def test_a_field_along_one_axis_has_its_positions(tmp_path):
    levels = [1000.0, 850.0, 500.0, 250.0]
    data = {"u": (("time", "level"), FIELD[:, 0])}
    record = loaded(written(tmp_path / "x.nc", data, {"level": levels}))
    assert record.spec.axes == (StateAxis("level", tuple(levels)),)
    np.testing.assert_array_equal(forecast_of(record, tmp_path / "out.npz")["level"], levels)
    np.testing.assert_array_equal(record.spec.grid, levels)


@pytest.mark.parametrize("data", [{"u": ("time", FIELD[:, 0, 0])}, {"u": (("time", "a", "b"), FIELD)}])
def test_where_no_position_is_told_there_is_nothing_to_write(tmp_path, data):
    record = loaded(written(tmp_path / "x.nc", data, {"time": PLACES["time"]}))
    assert record.spec.axes == ()
    assert "state_axes" not in forecast_of(record, tmp_path / "out.npz")


def test_an_axis_that_is_called_like_an_array_of_forecasts_does_not_replace_it(tmp_path):
    data = {"u": (("time", "status", "longitude"), FIELD)}
    found = forecast_of(
        loaded(written(tmp_path / "x.nc", data, {"status": [1.0, 2.0, 3.0], "longitude": LONGITUDES})),
        tmp_path / "out.npz",
    )
    assert found["status"].tolist() == ["ok"]
    assert found["state_axes"].tolist()[2:] == ["status", "longitude"]


@pytest.mark.parametrize("axis", ["longitude", "species"])
def test_a_choice_of_components_drops_the_axes(tmp_path, axis):
    places = {"species": [*"abcd"]} if axis == "species" else {axis: LONGITUDES}
    path = written(tmp_path / "x.nc", {"u": (("time", axis), FIELD[:, 0])}, places)
    record = loaded(path)
    name = record.spec.column_names[1]
    chosen = loaded(path, {"observe": [name]})
    assert (chosen.spec.state_shape, chosen.spec.axes) == ((1,), ())
    assert "axes" not in with_inputs(record.load(), [name]).facts
    delayed = loaded(path, {"delays": 1})
    assert delayed.spec.axes == ()
    # a forecast is told in the person's own states again
    np.testing.assert_array_equal(forecast_of(delayed, tmp_path / "out.npz")[axis], next(iter(places.values())))


def test_a_field_that_is_read_as_vectors_drops_the_axes(tmp_path):
    path = written(tmp_path / "x.nc", {"t2m": (AXES, FIELD)})
    record = loaded(path)
    assert [axis.name for axis in record.spec.axes] == ["latitude", "longitude"]
    assert (record.spec.of_vectors.state_shape, record.spec.of_vectors.axes) == ((12,), ())
    differences = loaded(path, {"difference": 1})
    assert (differences.spec.axes, len(differences.spec.observed.axes)) == ((), 2)
    assert loaded(path, {"resample": 2}).spec.axes == record.spec.axes


def test_files_on_other_grids_of_one_shape_have_none(tmp_path):
    for number in (0, 1):
        places = {**PLACES, "latitude": LATITUDES + number}
        written(tmp_path / f"{number}.nc", {"t2m": (AXES, FIELD)}, places)
    assert loaded(tmp_path).spec.axes == ()


def test_trajectories_are_stored_with_their_axes_and_dates(tmp_path):
    """As a sequence model keeps its past."""
    path = written(
        tmp_path / "x.nc", {"t2m": (AXES, FIELD)}, {**PLACES, "time": np.arange("2020-01-01", 40, dtype="M8[D]")}
    )
    past = loaded(path).splits["test"].tail(2)
    found = built(describe(past))
    assert found.time_origins == past.time_origins == (TimeOrigin("2020-01-01", "day"),)
    assert found.facts["axes"] == past.facts["axes"]


def test_a_forecast_with_positions_is_a_past(tmp_path):
    record = loaded(written(tmp_path / "x.nc", {"t2m": (AXES, FIELD)}))
    forecast_of(record, tmp_path / "out.npz")
    past = read_past(tmp_path / "out.npz", record.spec)
    np.testing.assert_array_equal(past.states[0], FIELD[-2:])
    np.testing.assert_array_equal(past.times_of(0), [38, 39])
