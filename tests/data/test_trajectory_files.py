from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from sciml_bench.data.trajectory_data_files import TrajectoryFiles
from scipy.io import savemat

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.trajectory_arrays import find_files

RNG = np.random.default_rng(0)
STATES = RNG.standard_normal((100, 3))
LORENZ = Path(__file__).parents[2].parent / "shared" / "data" / "ctf_lorenz"


def load(path, **options):
    return TrajectoryFiles(path if isinstance(path, list) else str(path), **options).load()


def test_every_format_gives_the_same_trajectory(tmp_path):
    np.save(tmp_path / "x.npy", STATES)
    np.savez(tmp_path / "x.npz", x=STATES)
    np.savetxt(tmp_path / "x.csv", STATES, delimiter=",", header="a,b,c", comments="")
    np.savetxt(tmp_path / "x.txt", STATES)
    savemat(tmp_path / "x.mat", {"x": STATES})
    for suffix in ("npy", "npz", "csv", "txt", "mat"):
        data = TrajectoryFiles(str(tmp_path / f"x.{suffix}"), time_step=0.1, time_unit="ns", batch_size=8, lag=2)
        data.setup()
        np.testing.assert_allclose(data.splits["train"].states[0], STATES[:60], rtol=1e-12)
        assert (data.spec.time_step, data.spec.time_unit, data.spec.lengths) == (0.1, "ns", (60,))


@pytest.mark.parametrize(
    ("shape", "layout", "lengths", "state_shape"),
    [
        ((100,), "auto", (100,), (1,)),
        ((100, 3), "auto", (100,), (3,)),
        ((4, 25, 3), "auto", (25,) * 4, (3,)),
        ((4, 25), "many", (25,) * 4, (1,)),
        ((25, 4, 4), "single", (25,), (4, 4)),
        ((25, 1, 4, 4), "single", (25,), (1, 4, 4)),
        ((2, 25, 1, 4, 4), "many", (25, 25), (1, 4, 4)),
    ],
)
def test_the_axes_say_how_many_trajectories_there_are(tmp_path, shape, layout, lengths, state_shape):
    np.save(tmp_path / "x.npy", RNG.standard_normal(shape))
    trajectories = load(tmp_path / "x.npy", layout=layout)
    assert trajectories.lengths == lengths
    assert trajectories.state_shape == state_shape


def test_images_over_time_are_not_guessed(tmp_path):
    np.save(tmp_path / "x.npy", RNG.standard_normal((25, 1, 4, 4)))
    with pytest.raises(ConfigurationError, match=r"data.layout=single.*data.layout=many"):
        load(tmp_path / "x.npy")


def test_a_folder_and_a_pattern_read_one_trajectory_per_file_in_natural_order(tmp_path):
    for number in (1, 2, 10):
        np.save(tmp_path / f"run{number}.npy", number + STATES[: 10 * number])
    (tmp_path / "notes.md").write_text("not data")
    for path in (tmp_path, tmp_path / "run*.npy"):
        assert load(path).lengths == (10, 20, 100)
    several = OmegaConf.create([str(tmp_path / "run10.npy"), str(tmp_path / "run1.npy")])
    assert [file.name for file in find_files(several)] == ["run10.npy", "run1.npy"]


def test_small_files_are_held_in_memory_and_large_ones_mapped(tmp_path):
    np.save(tmp_path / "x.npy", STATES)
    assert not load(tmp_path / "x.npy").on_disk
    data = TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0, batch_size=8)
    data.setup()
    assert isinstance(data.splits["train"].states[0], np.memmap)
    assert data.train_dataloader().sampler.block_size is not None
    moments = np.concatenate([now.numpy() for now, _ in data.val_dataloader()])
    np.testing.assert_allclose(moments, STATES[60:79], rtol=1e-6)


def test_the_time_column_sets_the_time_step(tmp_path):
    table = np.column_stack([5 + 0.25 * np.arange(100), STATES])
    np.savetxt(tmp_path / "x.csv", table, delimiter=",", header="t,a,b,c", comments="")
    trajectories = load(tmp_path / "x.csv", time_column="t", time_unit="s")
    assert trajectories.time_step == pytest.approx(0.25)
    assert trajectories.state_shape == (3,)
    assert trajectories.times is not None
    assert trajectories.times[0][0] == 5


def test_irregular_times_stop_before_lagged_pairs_are_made(tmp_path):
    times = np.arange(100.0)
    times[50:] += 7
    np.savetxt(tmp_path / "x.csv", np.column_stack([times, STATES]), delimiter=",")
    with pytest.raises(DataError, match="regular times"):
        TrajectoryFiles(str(tmp_path / "x.csv"), time_column=0, split={"train": 0.8, "test": 0.2}).setup()


def test_files_on_different_clocks_are_refused(tmp_path):
    for number, step in enumerate((0.1, 0.2)):
        np.savetxt(tmp_path / f"{number}.csv", np.column_stack([step * np.arange(100), STATES]), delimiter=",")
    with pytest.raises(DataError, match="different time steps"):
        load(tmp_path, time_column=0)


def test_a_missing_file_names_the_key(tmp_path):
    for path in (tmp_path / "nowhere.npy", tmp_path / "*.npy"):
        with pytest.raises(FileNotFoundError, match=r"data.path="):
            load(path)
    with pytest.raises(FileNotFoundError, match="no file of a known format"):
        load(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_names_the_file_and_the_place(tmp_path, value):
    np.save(tmp_path / "a.npy", STATES)
    broken = STATES.copy()
    broken[41, 1] = value
    np.save(tmp_path / "b.npy", broken)
    with pytest.raises(DataError, match=r"data\.path=.*b\.npy\) holds (nan|inf) at time index 41, component \(1,\)"):
        load(tmp_path)


def test_constant_data_name_the_key(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((100, 2)))
    with pytest.raises(DataError, match=r"data.path=.*constant"):
        load(tmp_path / "x.npy")


def test_arrays_of_different_shape_ask_for_a_key(tmp_path):
    np.savez(tmp_path / "x.npz", t=np.arange(100.0), x=STATES)
    with pytest.raises(DataError, match=r"t \(100,\), x \(100, 3\).*data\.key=<name>"):
        load(tmp_path / "x.npz")
    assert load(tmp_path / "x.npz", key="x").state_shape == (3,)


def test_files_of_different_shape_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", STATES)
    np.save(tmp_path / "b.npy", STATES[:, :2])
    with pytest.raises(DataError, match="all trajectories need the same state shape"):
        load(tmp_path)


def test_a_trajectory_shorter_than_the_lag_names_the_file(tmp_path):
    np.save(tmp_path / "x.npy", STATES)
    with pytest.raises(DataError, match=r"x\.npy\) has 20 states, but training\.view\.lag=20 needs at least 21"):
        TrajectoryFiles(str(tmp_path / "x.npy"), lag=20).setup()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "batch"}, "data.layout=batch: choose one of auto, many, single"),
        ({"time_step": 0}, "data.time_step=0"),
        ({"time_step": 0.1, "time_column": "t"}, "give only one"),
        ({"in_memory_gigabytes": -1}, "data.in_memory_gigabytes=-1"),
        ({"time_column": 0}, "only text files"),
        ({"key": "y"}, "data.key=y"),
        ({"layout": "many"}, None),
    ],
)
def test_options_that_do_not_fit_are_named(tmp_path, options, message):
    np.save(tmp_path / "x.npy", STATES)
    if message is None:
        assert load(tmp_path / "x.npy", **options).n_trajectories == 100
        return
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path / "x.npy", **options)


@pytest.mark.skipif(not LORENZ.is_dir(), reason=f"the files of the Common Task Framework are not in {LORENZ}")
def test_the_lorenz_files_of_the_common_task_framework_are_read():
    trajectories = load(LORENZ / "X[1-3]train.mat", time_step=0.05, time_unit="time")
    assert trajectories.lengths == (10_000,) * 3
    assert trajectories.state_shape == (3,)
