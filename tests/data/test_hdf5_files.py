import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles

h5py = pytest.importorskip("h5py", reason="needs the extra `files`")
RNG = np.random.default_rng(0)
TIMES = np.linspace(0, 1, 11)
PLACES = np.linspace(0.5, 7.5, 8)
FIELDS = RNG.standard_normal((3, 11, 8)).astype(np.float32)
IMAGES = RNG.standard_normal((2, 11, 4, 5, 2)).astype(np.float32)


def load(path, **options):
    record = TrajectoryFiles(str(path), **{"split": {"train": 1.0}} | options)
    record.setup()
    return record, record.splits["train"]


def test_groups_are_trajectories_and_have_the_clock_around_them(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["time"] = TIMES
        for number in (1, 2, 10):
            file[f"run{number}/x"] = FIELDS[0] * number
        file["run10/time"] = TIMES + 5
        file["params/mass"] = 3.0
    record, found = load(tmp_path / "x.h5")
    assert found.lengths == (11,) * 3
    assert "params/mass=3 is left out" in record.reading
    for number, (times, factor) in enumerate([(TIMES, 1), (TIMES + 5, 10), (TIMES, 2)]):
        np.testing.assert_array_equal(found.times_of(number), times)
        np.testing.assert_array_equal(found.states[number], FIELDS[0] * factor)
    one = load(tmp_path / "x.h5", key="run2")[1]
    np.testing.assert_array_equal(one.states[0], 2 * FIELDS[0])
    np.testing.assert_array_equal(one.times_of(0), TIMES)


def test_text_names_components_and_an_attribute_their_unit(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = FIELDS[0, :, :2]
        file["x"].attrs["units"] = "m/s"
        file["columns"] = ["u", "v"]
    found = load(tmp_path / "x.h5")[1]
    assert (found.component_names, found.facts["component_units"]) == (("u", "v"), ("m/s", "m/s"))


def test_links_to_other_files_are_not_followed(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = FIELDS[0] + 7
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = FIELDS[0]
        file["elsewhere"] = h5py.ExternalLink("other.h5", "secret")
        file["again"] = h5py.SoftLink("/")
    assert load(tmp_path / "x.h5")[1].lengths == (11,)


def test_axes_with_scales_have_names(tmp_path):
    pytest.importorskip("h5netcdf", reason="needs the extra `files`")
    pytest.importorskip("xarray", reason="needs the extra `files`")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["time"], file["x"], file["u"] = TIMES, PLACES, FIELDS[0].T
        for name in ("time", "x"):
            file[name].make_scale(name)
        file["u"].dims[0].attach_scale(file["x"])
        file["u"].dims[1].attach_scale(file["time"])
    found = load(tmp_path / "x.h5")[1]
    np.testing.assert_array_equal(found.states[0], FIELDS[0])
    np.testing.assert_array_equal(found.times_of(0), TIMES)
    np.testing.assert_array_equal(found.facts["grid"], PLACES)


def the_well(path, images=IMAGES, times=TIMES, sample_varying=False):
    """The layout that its documentation states, for two trajectories of a scalar, a vector and constants."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"dataset_name": "toy", "grid_type": "cartesian", "n_spatial_dims": 2, "n_trajectories": 2})
        dimensions = file.create_group("dimensions")
        dimensions.attrs["spatial_dims"] = ["x", "y"]
        for name, values in (("time", times), ("x", np.arange(4.0)), ("y", np.arange(5.0))):
            dimensions[name] = values
            dimensions[name].attrs["sample_varying"] = sample_varying and name == "time"
        scalars, vectors, _ = (file.create_group(f"t{rank}_fields") for rank in range(3))
        scalars["pressure"] = images[..., 0]
        vectors["velocity"] = images
        scalars["forcing"] = images[0, 0, ..., 0]
        for array, varies in ((scalars["pressure"], True), (vectors["velocity"], True), (scalars["forcing"], False)):
            array.attrs.update({"dim_varying": [True, True], "sample_varying": varies, "time_varying": varies})
        file.create_group("scalars")["viscosity"] = 0.1
        file.create_group("boundary_conditions/x_periodic").attrs["bc_type"] = "periodic"


def test_the_well_is_read_with_its_clock_and_axes(tmp_path):
    the_well(tmp_path / "x.hdf5")
    record, found = load(tmp_path / "x.hdf5")
    assert found.component_names == ("pressure", "velocity_x", "velocity_y")
    assert (found.lengths, found.state_shape) == ((11, 11), (4, 5, 3))
    np.testing.assert_array_equal(found.states[1][..., 1:], IMAGES[1])
    np.testing.assert_array_equal(found.states[1][..., 0], IMAGES[1, ..., 0])
    np.testing.assert_array_equal(found.times_of(0), TIMES)
    assert "forcing: left out" in record.reading
    velocity = load(tmp_path / "x.hdf5", key="t1_fields")[1]
    np.testing.assert_array_equal(velocity.states[0], IMAGES[0])
    np.testing.assert_array_equal(load(tmp_path / "x.hdf5", key="pressure")[1].states[1], IMAGES[1, ..., 0])


def test_trajectories_of_the_well_may_have_clocks_of_their_own(tmp_path):
    the_well(tmp_path / "x.hdf5", times=np.stack([TIMES, 3 * TIMES]), sample_varying=True)
    found = load(tmp_path / "x.hdf5", key="pressure")[1]
    np.testing.assert_array_equal(found.times_of(0), TIMES)
    np.testing.assert_array_equal(found.times_of(1), 3 * TIMES)


@pytest.mark.parametrize("extra", [0, 1])
def test_pdebench_has_one_moment_more_than_frames(tmp_path, extra):
    times = np.append(TIMES, [9.0] * extra)
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file["tensor"], file["x-coordinate"], file["t-coordinate"] = FIELDS, PLACES, times
    record, found = load(tmp_path / "x.hdf5")
    assert (found.lengths, found.state_shape, found.component_names) == ((11,) * 3, (8,), ("tensor",))
    np.testing.assert_array_equal(found.states[2], FIELDS[2])
    np.testing.assert_array_equal(found.times_of(2), TIMES)
    np.testing.assert_array_equal(found.facts["grid"], PLACES)
    assert ("one entry more than there are frames" in record.reading) is bool(extra)
    lazy = load(tmp_path / "x.hdf5", in_memory_gigabytes=0)[1]
    assert lazy.on_disk
    np.testing.assert_array_equal(lazy.states[1].read(2, 5), FIELDS[1, 2:5])


def test_several_fields_of_pdebench_are_channels(tmp_path):
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        for number, name in enumerate(("Vx", "density", "pressure")):
            file[name] = IMAGES[..., 0] + number
        file["x-coordinate"], file["y-coordinate"] = np.arange(4.0), np.arange(5.0)
        file["t-coordinate"] = np.append(TIMES, 2.0)
    found = load(tmp_path / "x.hdf5")[1]
    assert (found.component_names, found.state_shape) == (("Vx", "density", "pressure"), (4, 5, 3))
    np.testing.assert_array_equal(found.states[1][..., 2], IMAGES[1, ..., 0] + 2)


@pytest.mark.parametrize("components", [1, 2])
def test_pdebench_may_have_a_group_for_each_trajectory(tmp_path, components):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for number in range(3):
            data = np.stack([FIELDS[number] + channel for channel in range(components)], axis=-1)
            file[f"{number:04d}/data"] = data
            file[f"{number:04d}/grid/x"], file[f"{number:04d}/grid/t"] = PLACES, TIMES
    found = load(tmp_path / "x.h5")[1]
    assert found.lengths == (11,) * 3
    if components == 1:
        np.testing.assert_array_equal(found.states[2], FIELDS[2])
        np.testing.assert_array_equal(found.facts["grid"], PLACES)
    else:
        assert found.component_names == ("data_1", "data_2")
        np.testing.assert_array_equal(found.states[2][..., 1], FIELDS[2] + 1)
    np.testing.assert_array_equal(found.times_of(0), TIMES)


def test_a_clock_that_does_not_fit_the_frames_is_named(tmp_path):
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file["tensor"], file["x-coordinate"], file["t-coordinate"] = FIELDS, PLACES, np.arange(20.0)
    with pytest.raises(DataError, match=r"20 times for \[11\] frames"):
        load(tmp_path / "x.hdf5")


def test_arrays_of_different_shape_ask_for_a_key(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a/x"], file["b/y"] = FIELDS[0], FIELDS[0, :, :3]
    with pytest.raises(DataError, match=r"a/x \(11, 8\), b/y \(11, 3\)\); choose one with data\.key"):
        load(tmp_path / "x.h5")
    with pytest.raises(ConfigurationError, match=r"data\.key=c: .* its arrays are a/x, b/y"):
        load(tmp_path / "x.h5", key="c")


@pytest.mark.parametrize(
    ("attribute", "fault"),
    [
        ("spatial_dims", "the group dimensions lacks the attribute spatial_dims"),
        (
            "dim_varying",
            r"pressure \(2, 11, 4, 5\) does not have the axes \(trajectory, time 11, x 4\), .* dim_vary",
        ),
    ],
)
def test_the_well_without_what_tells_its_axes_says_so_and_is_read_array_by_array(tmp_path, attribute, fault):
    the_well(tmp_path / "x.h5")
    with h5py.File(tmp_path / "x.h5", "a") as file:
        del file["dimensions" if attribute == "spatial_dims" else "t0_fields/pressure"].attrs[attribute]
        if attribute == "dim_varying":
            file["t0_fields/pressure"].attrs[attribute] = [True]
    with pytest.raises(DataError, match=rf"x\.h5: {fault}.* data\.key=<name> .*\(of .*dimensions/time.*pressure"):
        load(tmp_path / "x.h5")
    asked = {"key": "t0_fields/pressure", "layout": "many", "times_key": "dimensions/time"}
    found = load(tmp_path / "x.h5", **asked)[1]
    np.testing.assert_array_equal(found.states[1], IMAGES[1, ..., 0])
    np.testing.assert_array_equal(found.times_of(1), TIMES)


def test_the_well_without_times_or_places_has_its_axes_still(tmp_path):
    the_well(tmp_path / "x.h5")
    with h5py.File(tmp_path / "x.h5", "a") as file:
        del file["dimensions/time"], file["dimensions/x"]
    found = load(tmp_path / "x.h5", key="pressure")[1]
    assert (found.times, found.lengths, found.state_shape) == (None, (11, 11), (4, 5))
