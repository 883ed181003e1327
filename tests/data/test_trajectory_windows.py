from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import TrajectoryWindows

LORENZ = Path(__file__).parents[2].parent / "shared" / "data" / "ctf_lorenz"
RNG = np.random.default_rng(0)
STATES = RNG.standard_normal((20, 3))
TIMES = np.cumsum(RNG.uniform(0.1, 1.0, 20))


def load(path, **options):
    return TrajectoryWindows([str(part) for part in path] if isinstance(path, list) else str(path), **options).load()


def write_csv(path, times, states):
    np.savetxt(path, np.column_stack([times, states]), delimiter=",", header="t,a,b,c", comments="", fmt="%.17g")


def test_every_format_gives_the_same_windows(tmp_path):
    np.save(tmp_path / "x.npy", STATES)
    np.savez(tmp_path / "x.npz", x=STATES)
    savemat(tmp_path / "x.mat", {"x": STATES})
    np.savetxt(tmp_path / "x.csv", STATES, delimiter=",", fmt="%.17g")
    for suffix in ("npy", "npz", "mat", "csv"):
        data = TrajectoryWindows(str(tmp_path / f"x.{suffix}"), time_step=0.05, time_unit="s", interpolation=0.8)
        data.setup()
        np.testing.assert_array_equal(data.observations.states[0], STATES)
        np.testing.assert_allclose(data.observations.times[0], 0.05 * np.arange(20))
        assert data.observations.window[0].tolist() == [1] * 16 + [2] * 4
        assert (data.spec.time_step, data.spec.time_unit) == (pytest.approx(0.05), "s")
        assert data.observations.clean is None


def test_files_of_unequal_length_keep_their_own_clocks(tmp_path):
    write_csv(tmp_path / "run2.csv", TIMES, STATES)
    write_csv(tmp_path / "run10.csv", 10 * TIMES[:7], STATES[:7])
    observations = load(tmp_path, time_column="t")
    assert observations.lengths.tolist() == [20, 7]
    assert observations.interpolation.sum(axis=1).tolist() == [10, 3]
    np.testing.assert_array_equal(observations.times[0], TIMES)
    np.testing.assert_array_equal(observations.times[1, :7], 10 * TIMES[:7])
    np.testing.assert_array_equal(observations.states[1, :7], STATES[:7])


def test_arrays_may_bring_a_clock_for_all_or_one_for_each(tmp_path):
    grids = np.stack([TIMES[:10], 2 * TIMES[:10]])
    np.savez(tmp_path / "x.npz", x=STATES.reshape(2, 10, 3), shared=TIMES[:10], own=grids)
    for key, expected in (("shared", grids[[0, 0]]), ("own", grids)):
        observations = load(tmp_path / "x.npz", key="x", times_key=key)
        np.testing.assert_array_equal(observations.times, expected)
    np.savez(tmp_path / "y.npz", x=STATES.reshape(2, 10, 3), own=np.stack([TIMES[:10]] * 3))
    with pytest.raises(DataError, match=r"data\.times_key=own: .* 3 time grids for 2"):
        load(tmp_path / "y.npz", key="x", times_key="own")


def test_rows_are_chosen_before_the_windows_are_cut(tmp_path):
    write_csv(tmp_path / "x.csv", TIMES, STATES)
    observations = load(tmp_path / "x.csv", time_column="t", first_row=5, n_rows=10, interpolation=6)
    np.testing.assert_array_equal(observations.times[0], TIMES[5:15])
    np.testing.assert_array_equal(observations.states[0], STATES[5:15])
    np.testing.assert_array_equal(observations.initial_states[0], STATES[5])
    assert observations.window[0].tolist() == [1] * 6 + [2] * 4
    np.save(tmp_path / "x.npy", STATES)
    assert load(tmp_path / "x.npy", first_row=15, time_step=2).times[0].tolist() == [30.0, 32.0, 34.0, 36.0, 38.0]


@pytest.mark.parametrize(
    ("interpolation", "n_learned"), [(1.0, 20), (0.8, 16), (0.55, 11), (0.59, 11), (0.1, 2), (2, 2), (20, 20)]
)
def test_a_fraction_is_of_the_rows_and_a_whole_number_counts_them(tmp_path, interpolation, n_learned):
    np.save(tmp_path / "x.npy", STATES)
    assert load(tmp_path / "x.npy", interpolation=interpolation).interpolation.sum() == n_learned


def test_arrays_in_memory_need_no_file():
    own = TrajectoryWindows.from_arrays([TIMES, TIMES[:9]], [STATES, STATES[:9]], interpolation=5, time_unit="day")
    own.setup()
    assert own.observations.lengths.tolist() == [20, 9]
    assert own.spec.time_unit == "day"
    single = TrajectoryWindows.from_arrays(np.arange(20), STATES, component_names=["a", "b", "c"])
    single.setup()
    np.testing.assert_array_equal(single.observations.states, STATES[None])
    assert single.observations.times.dtype == np.float64
    assert single.spec.component_names == ("a", "b", "c")
    batch = TrajectoryWindows.from_arrays(TIMES[:10], STATES.reshape(2, 10, 3)).load()
    np.testing.assert_array_equal(batch.times, np.stack([TIMES[:10]] * 2))
    grids = np.stack([TIMES[:10], TIMES[10:]])
    np.testing.assert_array_equal(TrajectoryWindows.from_arrays(grids, STATES.reshape(2, 10, 3)).load().times, grids)


@pytest.mark.parametrize(
    ("times", "states", "message"),
    [
        ([TIMES], [STATES, STATES], "1 time grids for 2 trajectories"),
        (TIMES[:5], STATES, r"array 0 has 20 rows, but times of the shape \(5,\)"),
        (np.repeat(TIMES[:10], 2), STATES, r"trajectory 0 \(array 0\): time .* times must increase"),
        (TIMES, STATES[:, 0], r"expected \(time, dim\)"),
        ([], [], "give at least one"),
    ],
)
def test_arrays_in_memory_are_checked_like_files(times, states, message):
    with pytest.raises(DataError, match=message):
        TrajectoryWindows.from_arrays(times, states).load()


def test_bad_values_are_named_with_their_file_and_row(tmp_path):
    write_csv(tmp_path / "a.csv", TIMES, STATES)
    for value, row, message in (
        (np.nan, 7, "the state is nan at row 7, component 1"),
        (np.inf, 3, "the state is inf at row 3, component 1"),
    ):
        broken = STATES.copy()
        broken[row, 1] = value
        write_csv(tmp_path / "b.csv", TIMES, broken)
        with pytest.raises(DataError, match=rf"data\.path=.*trajectory 1 \(.*b\.csv\): {message}"):
            load([tmp_path / "a.csv", tmp_path / "b.csv"], time_column="t")
    write_csv(tmp_path / "b.csv", TIMES[::-1], STATES)
    with pytest.raises(DataError, match=r"b\.csv\): time .* at row 1 follows .* times must increase"):
        load(tmp_path / "b.csv", time_column="t")
    with pytest.raises(DataError, match=r"b\.csv from row 4\): time"):
        load(tmp_path / "b.csv", time_column="t", first_row=4)


def test_a_single_row_is_refused_and_a_constant_trajectory_is_not(tmp_path):
    np.save(tmp_path / "x.npy", STATES[:1])
    with pytest.raises(DataError, match=r"0 of its 1 rows are in the interpolation window"):
        load(tmp_path / "x.npy")
    np.save(tmp_path / "x.npy", np.ones((10, 2)))
    assert load(tmp_path / "x.npy").dim == 2


def test_images_are_no_vector_states(tmp_path):
    np.save(tmp_path / "x.npy", RNG.standard_normal((6, 4, 4)))
    with pytest.raises(DataError, match=r"expected \(time, dim\)"):
        load(tmp_path / "x.npy", layout="single")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"interpolation": 1}, "data.interpolation=1: .*1.0 for all"),
        ({"interpolation": 0.0}, "data.interpolation=0.0"),
        ({"interpolation": 1.5}, "data.interpolation=1.5"),
        ({"interpolation": -3}, "data.interpolation=-3"),
        ({"interpolation": True}, "data.interpolation=True"),
        ({"interpolation": "half"}, "data.interpolation=half"),
        ({"time_step": 0}, "data.time_step=0"),
        ({"time_step": 0.1, "time_column": "t"}, "give only one"),
        ({"times_key": "t", "time_step": 1}, "give only one"),
        ({"times_key": "t"}, "data.times_key=t: .*data.key"),
        ({"layout": "batch"}, "data.layout=batch"),
        ({"first_row": -1}, "data.first_row=-1"),
        ({"first_row": 20}, r"data.first_row=20: .*x\.npy has only 20 rows"),
        ({"n_rows": 1}, "data.n_rows=1"),
        ({"first_row": 15, "n_rows": 6}, "data.first_row=15, data.n_rows=6: .* only 20 rows"),
        ({"time_column": "t"}, "only text files"),
        ({"key": "y"}, "data.key=y"),
    ],
)
def test_options_that_do_not_fit_are_named(tmp_path, options, message):
    np.save(tmp_path / "x.npy", STATES)
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path / "x.npy", **options)


def test_more_rows_to_learn_from_than_there_are_is_an_error(tmp_path):
    np.save(tmp_path / "x.npy", STATES)
    with pytest.raises(DataError, match="21 of its 20 rows"):
        load(tmp_path / "x.npy", interpolation=21)


def test_a_missing_path_names_the_key(tmp_path):
    with pytest.raises(ConfigurationError, match=r"data\.path=null"):
        TrajectoryWindows(None)
    with pytest.raises(FileNotFoundError, match=r"data\.path="):
        load(tmp_path / "nowhere.npy")


@pytest.mark.skipif(not LORENZ.is_dir(), reason=f"the files of the Common Task Framework are not in {LORENZ}")
@pytest.mark.parametrize(("interpolation", "n_learned"), [(1.0, 100), (0.8, 80)])
def test_the_lorenz_files_of_the_common_task_framework_are_observations(interpolation, n_learned):
    data = TrajectoryWindows(str(LORENZ / "X4train.mat"), time_step=0.05, interpolation=interpolation)
    data.setup()
    np.testing.assert_array_equal(data.observations.states[0], loadmat(LORENZ / "X4train.mat")["ytrain"])
    assert data.observations.interpolation.sum() == n_learned
    assert data.observations.extrapolation.sum() == 100 - n_learned
    assert data.observations.times[0, -1] == pytest.approx(4.95)
    # clean rows of the Lorenz system: their slope is that of its first equation
    x, y, _ = data.observations.states[0].T
    slope = (x[2:] - x[:-2]) / 0.1
    assert np.corrcoef(slope, 10 * (y - x)[1:-1])[0, 1] > 0.99
