import sys

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles

xarray = pytest.importorskip("xarray", reason="needs the extra `files`")
pytest.importorskip("h5netcdf", reason="needs the extra `files`")
netcdf = pytest.importorskip("netCDF4", reason="needs the extra `dev`, whose netCDF4 writes the files")
VALUES = 20 + np.cumsum(np.random.default_rng(0).standard_normal((30, 4)), axis=0).round(2)


def load(path, **options):
    record = TrajectoryFiles(str(path), **{"split": {"train": 1.0}} | options)
    record.setup()
    return record, record.splits["train"]


@pytest.fixture
def file(tmp_path):
    opened = netcdf.Dataset(tmp_path / "x.nc", "w")
    opened.createDimension("time", None)
    opened.createDimension("x", 4)
    times = opened.createVariable("time", "f8", ("time",))
    times.units, times[:] = "hours since 1900-01-01 00:00:0.0", 6 * np.arange(30)
    yield opened
    if opened.isopen():
        opened.close()


def test_packed_numbers_are_unpacked_and_their_fill_is_missing(file):
    packed = file.createVariable("temperature", "i2", ("time", "x"), fill_value=-32767)
    packed.scale_factor, packed.add_offset, packed.units = 0.01, 20.0, "K"
    packed[:] = VALUES
    path = file.filepath()
    file.close()
    record, found = load(path)
    np.testing.assert_allclose(found.states[0], VALUES, atol=0.005 + 1e-9)
    assert "temperature: unpacked by scale_factor and add_offset" in record.reading
    assert found.facts["component_units"] == ("K",) * 4
    with netcdf.Dataset(path, "a") as again:
        again["temperature"][3, 1] = np.ma.masked
    with pytest.raises(DataError, match=r"1 values are missing.*the first at row 3.*data\.missing="):
        load(path)


@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "i4", "u2", "i8", "u8"])
def test_cells_that_were_never_written_are_missing(file, kind):
    variable = file.createVariable("u", kind, ("time",))
    variable[:20] = np.arange(20) % 5
    path = file.filepath()
    file.close()
    with pytest.raises(DataError, match=r"10 values are missing \(u: 10; the first at row 20"):
        load(path)
    pieces = load(path, missing="split")[1]
    np.testing.assert_array_equal(pieces.states[0][:, 0], np.arange(20) % 5)


@pytest.mark.parametrize("packed", [False, True])
def test_values_outside_the_valid_range_are_missing(file, packed):
    variable = file.createVariable("u", "i2" if packed else "f4", ("time",))
    values = np.linspace(0, 9, 30)
    values[7] = 99
    if packed:
        variable.scale_factor, variable.valid_range = 0.5, np.array([0, 18], "i2")
        values = np.round(2 * values) / 2
    else:
        variable.valid_min, variable.valid_max = np.float32(0), np.float32(9)
    variable.set_auto_mask(False)
    variable[:] = values
    path = file.filepath()
    file.close()
    with pytest.raises(DataError, match=r"1 values are missing \(u: 1; the first at row 7"):
        load(path)
    filled = load(path, missing="interpolate")[1].states[0][:, 0]
    np.testing.assert_allclose(np.delete(filled, 7), np.delete(values, 7), rtol=1e-6)


@pytest.mark.parametrize(("kind", "unsigned", "limits"), [("i1", "true", [5, 200]), ("u1", "false", [-120, 100])])
def test_limits_of_numbers_whose_sign_an_attribute_tells_are_read_as_these_are(file, kind, unsigned, limits):
    """Formats that lack one of the two write 200 as -56."""
    meant = "u1" if unsigned == "true" else "i1"
    raw = np.random.default_rng(0).integers(*limits, size=(30, 4), endpoint=True).astype(meant)
    variable = file.createVariable("sst", kind, ("time", "x"))
    variable.set_auto_maskandscale(False)
    variable.setncattr("_Unsigned", unsigned)
    variable.scale_factor, variable.add_offset = 0.5, 10.0
    variable.valid_range = np.array(limits, dtype=meant).view(kind)
    raw[4, 2] = limits[1] + 1
    variable[:] = raw.view(kind)
    path = file.filepath()
    file.close()
    with pytest.raises(DataError, match=r"1 values are missing .*the first at row 4"):
        load(path)
    found = load(path, missing="mask")[1].states[0]
    np.testing.assert_allclose(np.delete(found, 4, axis=0), np.delete(raw * 0.5 + 10.0, 4, axis=0))


def test_two_marks_of_missing_values_both_count(file):
    variable = file.createVariable("u", "f4", ("time",), fill_value=-1.0)
    variable.missing_value = np.float32(-999)
    variable.set_auto_mask(False)
    variable[:] = np.arange(30)
    variable[4], variable[9] = -1.0, -999
    path = file.filepath()
    file.close()
    with pytest.raises(DataError, match=r"2 values are missing \(u: 2; the first at row 4"):
        load(path)


def test_whole_numbers_with_a_fill_keep_their_values(file):
    variable = file.createVariable("count", "i4", ("time",), fill_value=-1)
    variable[:] = 2**30 + 1 + np.arange(30)
    path = file.filepath()
    file.close()
    found = load(path)[1]
    assert found.states[0].dtype == np.float64
    np.testing.assert_array_equal(found.states[0][:, 0], 2**30 + 1 + np.arange(30))


@pytest.mark.parametrize(
    ("units", "calendar", "values", "times", "unit"),
    [
        ("hours since 1900-01-01", "standard", 24 * np.arange(12), np.arange(12), "day"),
        ("hours since 1900-01-01", "standard", np.arange(12), np.arange(12), "hour"),
        ("days since 2001-07-01", "standard", [0, 365, 730, 1096], [2001, 2002, 2003, 2004], "year"),
        ("days since 2001-01-01", "standard", [0, 31, 59, 90], [0, 1, 2, 3], "month"),
        ("days since 2001-01-01", "standard", [15.5, 45, 74.5, 105], [0, 1, 2, 3], "month"),
        ("days since 2001-01-01", "standard", [30, 58, 89, 119], [0, 1, 2, 3], "month"),
        ("days since 2001-01-01", "noleap", [0, 31, 59, 90], [0, 1, 2, 3], "month"),
        ("days since 2001-02-28", "360_day", [0, 1, 2, 3], [0, 1, 2, 3], "day"),
        ("days since 2001-01-01", "360_day", [0, 360, 720], [2001, 2002, 2003], "year"),
        ("days since 2001-01-01", "standard", [0, 0.05, 0.1, 0.15], [0, 0.05, 0.1, 0.15], "day"),
        ("hours since 2001-01-01", "noleap", [0, 0.5, 1, 1.5], [0, 0.5, 1, 1.5], "hour"),
        ("minutes since 2001-01-01", "standard", [0, 1, 2, 3], [0, 60, 120, 180], "s"),
        ("seconds since 2001-01-01", "standard", [0, 0.25, 0.5, 0.75], [0, 0.25, 0.5, 0.75], "s"),
        ("months since 2001-01-01", "standard", [0, 1, 3, 4], [0, 1, 3, 4], "month"),
        ("days since 0000-00-00", "standard", [0, 1, 3, 4], [0, 1, 3, 4], "day"),
        ("days", "standard", [0, 2, 5], [0, 2, 5], "day"),
        ("1e-3 s", "standard", [0, 2, 5], [0, 2, 5], "1e-3 s"),
    ],
)
def test_clocks_are_decoded_by_the_conventions(tmp_path, units, calendar, values, times, unit):
    with netcdf.Dataset(tmp_path / "x.nc", "w") as file:
        file.createDimension("time", len(values))
        clock = file.createVariable("time", "f8", ("time",))
        clock.units, clock.calendar, clock[:] = units, calendar, values
        file.createVariable("u", "f8", ("time",))[:] = np.arange(len(values)) ** 2
    found = load(tmp_path / "x.nc")[1]
    np.testing.assert_allclose(found.times_of(0), times, atol=1e-9)
    assert found.time_unit == unit


def test_a_field_along_one_axis_has_a_grid_and_others_are_left_out(file):
    places = file.createVariable("x", "f4", ("x",))
    places.units, places[:] = "m", [0, 0.5, 1, 2]
    file.createVariable("u", "f8", ("time", "x"))[:] = VALUES
    file.createVariable("mask", "i4", ("x",))[:] = 1
    file.createVariable("crs", "i4", ())
    path = file.filepath()
    file.close()
    record, found = load(path)
    assert (found.state_shape, found.component_names) == ((4,), ("u",))
    np.testing.assert_array_equal(found.facts["grid"], [0, 0.5, 1, 2])
    assert "mask: left out, without the axis time" in record.reading
    np.testing.assert_array_equal(found.states[0], VALUES)


@pytest.mark.parametrize("suffix", ["nc", "zarr"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_field_over_several_axes_is_told_by_its_name_and_the_number_of_its_points(tmp_path, suffix, whole):
    """The name of its variable, not one for each longitude; and its cells are called by it."""
    values = np.random.default_rng(0).normal(size=(60, 5, 8))
    longitudes = np.arange(8) if whole else np.arange(8) * 0.5
    places = {"time": np.arange(60.0), "latitude": np.linspace(-40, 40, 5), "longitude": longitudes}
    axes, path = tuple(places), tmp_path / f"x.{suffix}"

    def written(**fields):
        arrays = {name: (axes, part, {"units": unit}) for name, (part, unit) in fields.items()}
        dataset = xarray.Dataset(arrays, places)
        dataset.to_netcdf(path, engine="h5netcdf") if suffix == "nc" else dataset.to_zarr(path, mode="w")
        record = TrajectoryFiles(str(path), split={"train": 1.0})
        record.setup()
        return record

    record = written(t2m=(values, "K"))
    assert record.reading.startswith("t2m (5 × 8): 60 rows, every 1")
    assert (record.spec.component_names, record.spec.component_units) == (("t2m",), ("K",))
    assert record.spec.column_names[:9] == (*(f"t2m_0_{number}" for number in range(8)), "t2m_1_0")
    chosen = TrajectoryFiles(str(path)).transform(observe=["t2m_3_2"])
    chosen.setup()
    np.testing.assert_array_equal(chosen.splits["test"].states[0][:, 0], values[48:, 3, 2])
    assert chosen.reading.endswith("learned from t2m_3_2: 36 + 12 + 12 rows")
    assert chosen.spec.component_units == ("K",)
    both = written(t2m=(values, "K"), msl=(values + 1, "Pa"))
    names, units = (("t2m", "msl"), ("K", "Pa")) if suffix == "nc" else (("msl", "t2m"), ("Pa", "K"))
    assert both.reading.startswith(f"{', '.join(names)} (5 × 8): 60 rows")
    assert (both.spec.component_names, both.spec.component_units) == (names, units)


def test_labels_along_an_axis_are_the_names_of_components(tmp_path):
    xarray.Dataset(
        {"x": (("time", "species"), VALUES, {"units": "mol"})}, coords={"species": ["a", "b", "c", "d"]}
    ).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    found = load(tmp_path / "x.nc")[1]
    assert found.component_names == ("a", "b", "c", "d")
    assert found.facts["component_units"] == ("mol",) * 4
    assert (found.times, found.time_unit) == (None, "step")


def test_fields_on_one_grid_are_channels_and_others_must_be_chosen(tmp_path):
    field = np.random.default_rng(0).standard_normal((2, 10, 3, 4))
    axes = ("member", "time", "lat", "lon")
    data = {"u": (axes, field), "v": (("member", "lat", "time", "lon"), 2 * field.transpose(0, 2, 1, 3))}
    xarray.Dataset(data).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    found = load(tmp_path / "x.nc")[1]
    assert (found.lengths, found.state_shape, found.component_names) == ((10, 10), (3, 4, 2), ("u", "v"))
    np.testing.assert_array_equal(found.states[1], np.stack([field[1], 2 * field[1]], axis=-1))
    xarray.Dataset(data | {"mean": ("time", np.arange(10.0))}).to_netcdf(tmp_path / "y.nc", engine="h5netcdf")
    with pytest.raises(DataError, match=r"different axes \(.*mean \(time\)\); choose one with data\.key="):
        load(tmp_path / "y.nc")
    assert load(tmp_path / "y.nc", key="mean")[1].state_shape == (1,)
    assert load(tmp_path / "y.nc", key=["u", "v"])[1].state_shape == (3, 4, 2)


def test_a_variable_in_a_group_has_the_clock_of_the_group_around_it(file):
    group = file.createGroup("run")
    group.createVariable("u", "f8", ("time",))[:] = VALUES[:, 0]
    group.createVariable("v", "f8", ("time",))[:] = VALUES[:, 1]
    path = file.filepath()
    file.close()
    for key in ("run/u", "u"):
        found = load(path, key=key)[1]
        np.testing.assert_array_equal(found.states[0][:, 0], VALUES[:, 0])
        np.testing.assert_array_equal(found.times_of(0), 6 * np.arange(30))
        assert found.time_unit == "hour"
    assert load(path)[1].component_names == ("u", "v")


def test_the_time_may_stand_under_any_name_and_be_told(tmp_path):
    seconds = np.cumsum(np.random.default_rng(0).uniform(0.5, 1, 30))
    data = {"u": (("obs",), VALUES[:, 0]), "clock": (("obs",), seconds, {"standard_name": "time", "units": "s"})}
    xarray.Dataset(data).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    found = load(tmp_path / "x.nc")[1]
    np.testing.assert_array_equal(found.times_of(0), seconds)
    assert (found.time_unit, found.component_names) == ("s", ("u",))
    regular = load(tmp_path / "x.nc", times_key="none", key="u")[1]
    assert regular.times is None
    with pytest.raises(ConfigurationError, match=r"data\.times_key=nothing: .* it has clock"):
        load(tmp_path / "x.nc", times_key="nothing")


def test_axes_without_a_time_are_not_guessed(tmp_path):
    field = np.random.default_rng(0).standard_normal((5, 6, 7))
    xarray.Dataset({"u": (("a", "b", "c"), field)}).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with pytest.raises(ConfigurationError, match=r"no axis of .* has the name of a time \(a, b, c\); say data\.layout"):
        load(tmp_path / "x.nc")
    assert load(tmp_path / "x.nc", layout="single")[1].state_shape == (6, 7)
    many = load(tmp_path / "x.nc", layout="many")[1]
    np.testing.assert_array_equal(many.states[3], field[3])


def test_large_fields_stay_on_disk(file):
    packed = file.createVariable("u", "i2", ("time", "x"), fill_value=-32767)
    packed.scale_factor = 0.01
    packed[:] = VALUES
    path = file.filepath()
    file.close()
    found = load(path, in_memory_gigabytes=0)[1]
    assert found.on_disk
    assert found.states[0].shape == (30, 4)
    np.testing.assert_allclose(found.states[0].read(5, 9), VALUES[5:9], atol=1e-9)


def test_a_file_of_version_5_is_read_with_netcdf4_and_names_it_where_it_is_missing(tmp_path, monkeypatch):
    path, values = tmp_path / "five.nc", np.sin(np.arange(12.0)).reshape(6, 2)
    with netcdf.Dataset(path, "w", format="NETCDF3_64BIT_DATA") as file:
        file.createDimension("time", 6)
        file.createDimension("channel", 2)
        file.createVariable("x", "f8", ("time", "channel"))[:] = values
    assert path.read_bytes()[:4] == b"CDF\x05"
    _, train = load(path)
    np.testing.assert_array_equal(np.asarray(train.states[0]), values)
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    with pytest.raises(DataError, match="needs the package netCDF4: pip install netCDF4 "):
        TrajectoryFiles(path).load()


def test_a_field_with_one_entry_beside_the_time_has_its_own_name(tmp_path):
    data = {"speed": (("n", "one"), VALUES[:, :1]), "t": ("n", np.arange(30.0))}
    xarray.Dataset(data).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    assert load(tmp_path / "x.nc")[1].component_names == ("speed",)


@pytest.mark.parametrize("times", [np.arange(30.0)[::-1], np.repeat(np.arange(15.0), 2)])
def test_a_time_in_another_order_is_refused_and_not_passed_over(tmp_path, times):
    data = {"speed": ("time", VALUES[:, 0])}
    xarray.Dataset(data, coords={"time": times}).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with pytest.raises(DataError, match=r"the time is .* at row 1; times must be finite and increase"):
        load(tmp_path / "x.nc")


@pytest.mark.parametrize("key", [None, "u"])
def test_groups_with_the_same_fields_on_clocks_of_their_own_are_trajectories(file, key):
    for length in (20, 25):
        group = file.createGroup(f"run{length}")
        group.createDimension("time", length)
        group.createVariable("time", "f8", ("time",))[:] = length + 0.5 * np.arange(length)
        group.createVariable("u", "f8", ("time",))[:] = VALUES[:length, 0]
    path = file.filepath()
    file.close()
    _, found = load(path, key=key)
    assert [len(states) for states in found.states] == [20, 25]
    assert [float(times[0]) for times in found.times] == [20, 25]
    assert found.component_names == ("u",)
    assert all(name.endswith(f"group run{n}") for name, n in zip(found.names, (20, 25), strict=True))


def test_fields_whose_axes_differ_in_length_are_refused(file):
    for length, name in ((20, "u"), (25, "v")):
        group = file.createGroup(f"run{length}")
        group.createDimension("time", length)
        group.createVariable("time", "f8", ("time",))[:] = np.arange(length)
        group.createVariable(name, "f8", ("time",))[:] = VALUES[:length, 0]
    path = file.filepath()
    file.close()
    with pytest.raises(DataError, match=r"run20/u \(20,\), run25/v \(25,\).*data\.key="):
        load(path)
