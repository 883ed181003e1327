"""Which files are meant, and where one trajectory ends and the next begins."""

import numpy as np
import pytest
from scipy.io import savemat

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.array_groups import arrange
from sciml_bench.data.files.trajectory_arrays import find_files, in_memory, read_trajectories
from sciml_bench.data.sources import TrajectoryFiles


def touch(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"")


def test_numbers_in_names_count_as_numbers(tmp_path):
    touch(tmp_path, "run10.npy", "run9.npy", "run1.csv", ".hidden.npy", "notes.md")
    assert [file.name for file in find_files(tmp_path)] == ["run1.csv", "run9.npy", "run10.npy"]
    assert [file.name for file in find_files(str(tmp_path / "run*.npy"))] == ["run9.npy", "run10.npy"]


def test_several_places_are_read_in_the_order_given_each_file_once(tmp_path):
    touch(tmp_path, "b.npy", "a.npy")
    assert [file.name for file in find_files([tmp_path / "b.npy", tmp_path])] == ["b.npy", "a.npy"]


def test_a_store_is_one_file(tmp_path):
    (tmp_path / "x.zarr").mkdir()
    assert find_files(tmp_path / "x.zarr") == [tmp_path / "x.zarr"]


def test_what_is_not_there_is_named(tmp_path):
    touch(tmp_path, "notes.md")
    with pytest.raises(FileNotFoundError, match=r" has no file of a known format \(\.csv"):
        find_files(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no such file or folder"):
        find_files(tmp_path / "*.npy")


@pytest.mark.parametrize(
    ("shape", "layout", "expected"),
    [
        ((5,), "auto", [(5, 1)]),
        ((5,), "single", [(5, 1)]),
        ((5, 3), "auto", [(5, 3)]),
        ((2, 5), "many", [(5, 1)] * 2),
        ((2, 5, 3), "auto", [(5, 3)] * 2),
        ((2, 5, 3), "single", [(2, 5, 3)]),
        ((2, 5, 3, 4), "many", [(5, 3, 4)] * 2),
        ((5, 1, 3, 4), "single", [(5, 1, 3, 4)]),
    ],
)
def test_axes_are_trajectories_times_and_components(shape, layout, expected):
    array = np.arange(float(np.prod(shape))).reshape(shape)
    found = arrange(array, layout, "x")
    assert [part.states.shape for part in found] == expected
    np.testing.assert_array_equal(np.concatenate([part.states.ravel() for part in found]), array.ravel())
    assert [part.name for part in found] == (["x"] if len(found) == 1 else ["x, row 0", "x, row 1"])


@pytest.mark.parametrize(
    ("shape", "layout", "says"),
    [
        ((2, 5, 3, 4), "auto", r"x has 4 axes \(2, 5, 3, 4\); say data\.layout=single"),
        ((5,), "many", r"data\.layout=many: x has the shape \(5,\), too few axes"),
        ((), "auto", r"x has the shape \(\), too few axes"),
    ],
)
def test_nothing_is_guessed(shape, layout, says):
    with pytest.raises(ConfigurationError, match=says):
        arrange(np.zeros(shape), layout, "x")


def test_a_memory_map_stays_on_disk_until_it_is_asked_for(tmp_path):
    values = np.arange(24.0).reshape(2, 4, 3)
    np.save(tmp_path / "x.npy", values)
    found = read_trajectories(tmp_path / "x.npy", None, "auto", None)
    for row, part in enumerate(in_memory(found)):
        np.testing.assert_array_equal(part.states, values[row])
    own = in_memory(found)[1].states
    own[:] = 0
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), values)


def test_a_time_column_is_taken_out_of_the_states(tmp_path):
    (tmp_path / "x.csv").write_text("a,t,b\n1,0.5,2\n3,0.7,4\n")
    (found,) = read_trajectories(tmp_path / "x.csv", None, "auto", "t")
    np.testing.assert_array_equal(found.states, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(found.times, [0.5, 0.7])
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    with pytest.raises(
        ConfigurationError, match=r"data\.time_column=t: only tables .* give data\.times_key or data\.time_step"
    ):
        read_trajectories(tmp_path / "x.npy", None, "auto", "t")


def test_arrays_of_different_states_in_one_file_are_told_apart(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros((4, 2)), b=np.ones((6, 2)))
    assert [part.states.shape for part in read_trajectories(tmp_path / "x.npz", None, "auto", None)] == [(4, 2), (6, 2)]
    np.savez(tmp_path / "y.npz", a=np.zeros((4, 2)), t=np.ones(4))
    with pytest.raises(DataError, match=r"differ in shape \(a \(4, 2\), t \(4,\)\); choose one with data\.key"):
        read_trajectories(tmp_path / "y.npz", None, "auto", None)
    (alone,) = read_trajectories(tmp_path / "y.npz", "a", "auto", None)
    assert alone.name == f"{tmp_path / 'y.npz'}, array a"


TIMES = np.linspace(0, 2, 21)


@pytest.mark.parametrize(
    ("x", "clock"),
    [
        (TIMES**2, {"t": TIMES}),
        (TIMES[:, None] ** 2, {"t": TIMES[:, None]}),
        (TIMES[None] ** 2, {"t": TIMES}),
        (TIMES**2, {"dt": 0.1}),
        (TIMES**2, {}),
        (np.stack([TIMES**2, -TIMES]), {"t": np.stack([TIMES, TIMES])}),
    ],
)
def test_one_array_of_one_component_has_its_name(tmp_path, x, clock):
    np.savez(tmp_path / "x.npz", speed=x, **clock)
    assert TrajectoryFiles(tmp_path / "x.npz").load().component_names == ("speed",)
    savemat(tmp_path / "x.mat", {"run": {"speed": x} | clock})
    assert TrajectoryFiles(tmp_path / "x.mat").load().component_names == ("speed",)


def test_arrays_of_different_names_are_trajectories_without_one_unless_it_is_given(tmp_path):
    for name in ("one", "two"):
        np.savez(tmp_path / f"{name}.npz", t=TIMES, **{name: TIMES**2})
        (tmp_path / f"{name}.csv").write_text(f"t,{name}\n0,1\n1,2\n2,4\n")
    np.savez(tmp_path / "both.npz", one=TIMES**3, two=TIMES**2, dt=0.1)
    for pattern in ("[ot]*.npz", "both.npz"):
        assert TrajectoryFiles(tmp_path / pattern).load().component_names is None
    with pytest.raises(DataError, match="component names"):
        TrajectoryFiles(tmp_path / "*.csv").load()
    assert TrajectoryFiles(tmp_path / "*.csv", component_names=["x"]).load().component_names == ("x",)


def test_a_value_that_is_missing_in_one_array_has_its_name(tmp_path):
    np.savez(tmp_path / "x.npz", t=TIMES, speed=np.where(TIMES == 1, np.nan, TIMES))
    with pytest.raises(DataError, match=r"1 values are missing \(speed: 1; the first at row 10, time 1\)"):
        TrajectoryFiles(tmp_path / "x.npz").load()


IN_DISORDER = [TIMES[::-1], np.repeat(TIMES, 2)[:21], np.random.default_rng(0).permutation(TIMES)]


@pytest.mark.parametrize("times", IN_DISORDER)
@pytest.mark.parametrize("shape", [(21,), (21, 2)])
def test_times_in_another_order_are_refused_and_no_trajectory(tmp_path, times, shape):
    x = np.random.default_rng(1).standard_normal(shape)
    np.savez(tmp_path / "x.npz", t=times, x=x)
    savemat(tmp_path / "x.mat", {"time": times, "x": x})
    for name in ("x.npz", "x.mat"):
        with pytest.raises(
            DataError, match=r"the time is .* at row \d+; times must be finite and increase: sort the rows"
        ):
            TrajectoryFiles(tmp_path / name).load()
    assert TrajectoryFiles(tmp_path / "x.npz", times_key="none", key="x").load().times is None
    np.savez(tmp_path / "x.npz", T=times, t=TIMES, x=x[:21].ravel()[:21])  # a temperature
    np.testing.assert_array_equal(TrajectoryFiles(tmp_path / "x.npz").load().times_of(0), TIMES)
