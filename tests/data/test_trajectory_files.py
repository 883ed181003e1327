from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from scipy.io import loadmat, savemat

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.trajectory_arrays import find_files
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.views import LaggedPairsView

RNG = np.random.default_rng(0)
STATES = RNG.standard_normal((100, 3))
FEW = STATES[:20]
TIMES = np.cumsum(RNG.uniform(0.1, 1.0, 20))
LORENZ = Path(__file__).parents[2].parent / "shared" / "data" / "ctf_lorenz"
needs_lorenz = pytest.mark.skipif(
    not LORENZ.is_dir(), reason=f"the files of the Common Task Framework are not in {LORENZ}"
)


def load(path, **options):
    return TrajectoryFiles([str(part) for part in path] if isinstance(path, list) else str(path), **options).load()


def write_csv(path, times, states):
    np.savetxt(path, np.column_stack([times, states]), delimiter=",", header="t,a,b,c", comments="", fmt="%.17g")


def test_every_format_gives_the_same_trajectory(tmp_path):
    np.save(tmp_path / "x.npy", STATES)
    np.savez(tmp_path / "x.npz", x=STATES)
    np.savetxt(tmp_path / "x.csv", STATES, delimiter=",", header="a,b,c", comments="", fmt="%.17g")
    np.savetxt(tmp_path / "x.txt", STATES, fmt="%.17g")
    savemat(tmp_path / "x.mat", {"x": STATES})
    for suffix in ("npy", "npz", "csv", "txt", "mat"):
        record = TrajectoryFiles(str(tmp_path / f"x.{suffix}"), time_step=0.1, time_unit="ns")
        record.setup()
        np.testing.assert_array_equal(record.splits["train"].states[0], STATES[:60])
        np.testing.assert_allclose(record.splits["test"].times_of(0), 0.1 * np.arange(80, 100))
        assert (record.spec.time_step, record.spec.time_unit, record.spec.lengths) == (0.1, "ns", (60,))
        assert record.splits["train"].clean is None


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
    record = TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0)
    view = LaggedPairsView(record, batch_size=8)
    assert isinstance(record.splits["train"].states[0], np.memmap)
    assert view.pairs("train").block_size is not None
    moments = np.concatenate([now.numpy() for now, _ in view.validation_loader()])
    np.testing.assert_allclose(moments, STATES[60:79], rtol=1e-6)


def test_the_time_column_sets_the_clock(tmp_path):
    write_csv(tmp_path / "x.csv", 5 + 0.25 * np.arange(100), STATES)
    trajectories = load(tmp_path / "x.csv", time_column="t", time_unit="s")
    assert (trajectories.time_step, trajectories.time_unit) == (pytest.approx(0.25), "s")
    assert trajectories.state_shape == (3,)
    assert trajectories.times_of(0)[0] == 5


def test_files_of_unequal_length_keep_their_own_clocks(tmp_path):
    write_csv(tmp_path / "run2.csv", TIMES, FEW)
    write_csv(tmp_path / "run10.csv", 10 * TIMES[:7], FEW[:7])
    trajectories = load(tmp_path, time_column="t")
    assert (trajectories.lengths, trajectories.time_unit) == ((20, 7), "time")
    assert trajectories.time_step == np.median([*np.diff(TIMES), *np.diff(10 * TIMES[:7])])
    np.testing.assert_array_equal(trajectories.times_of(0), TIMES)
    np.testing.assert_array_equal(trajectories.times_of(1), 10 * TIMES[:7])
    np.testing.assert_array_equal(trajectories.states[1], FEW[:7])


def test_regular_files_on_different_clocks_have_no_lag(tmp_path):
    for number, step in enumerate((0.1, 0.2)):
        write_csv(tmp_path / f"{number}.csv", step * np.arange(100), STATES)
    with pytest.raises(DataError, match="regular times"):
        LaggedPairsView(TrajectoryFiles(str(tmp_path), time_column="t"))


def test_arrays_may_bring_a_clock_for_all_or_one_for_each(tmp_path):
    grids = np.stack([TIMES[:10], 2 * TIMES[:10]])
    np.savez(tmp_path / "x.npz", x=FEW.reshape(2, 10, 3), shared=TIMES[:10], own=grids)
    for key, expected in (("shared", grids[[0, 0]]), ("own", grids)):
        trajectories = load(tmp_path / "x.npz", key="x", times_key=key)
        np.testing.assert_array_equal([trajectories.times_of(number) for number in (0, 1)], expected)
    np.savez(tmp_path / "y.npz", x=FEW.reshape(2, 10, 3), own=np.stack([TIMES[:10]] * 3))
    with pytest.raises(DataError, match=r"data\.times_key=own: .* 3 time grids for 2"):
        load(tmp_path / "y.npz", key="x", times_key="own")


def test_rows_are_chosen_before_the_parts_are_cut(tmp_path):
    write_csv(tmp_path / "x.csv", TIMES, FEW)
    record = TrajectoryFiles(
        str(tmp_path / "x.csv"), time_column="t", first_row=5, n_rows=10, split={"train": 6, "test": 4}
    )
    record.setup()
    np.testing.assert_array_equal(record.splits["train"].times_of(0), TIMES[5:11])
    np.testing.assert_array_equal(record.splits["test"].states[0], FEW[11:15])
    np.save(tmp_path / "x.npy", FEW)
    regular = load(tmp_path / "x.npy", first_row=15, time_step=2)
    assert regular.times_of(0).tolist() == [30.0, 32.0, 34.0, 36.0, 38.0]
    assert (regular.time_unit, load(tmp_path / "x.npy").time_unit) == ("time", "step")


@pytest.mark.parametrize(
    ("train", "n_rows"), [(1.0, 20), (0.8, 16), (0.55, 11), (0.59, 11), (0.1, 2), (2, 2), (20, 20)]
)
def test_a_fraction_is_of_the_rows_and_a_whole_number_counts_them(tmp_path, train, n_rows):
    np.save(tmp_path / "x.npy", FEW)
    record = TrajectoryFiles(str(tmp_path / "x.npy"), split={"train": train})
    record.setup()
    assert record.spec.lengths == (n_rows,)


def test_arrays_in_memory_need_no_file():
    own = TrajectoryFiles.from_arrays([TIMES, TIMES[:9]], [FEW, FEW[:9]], time_unit="day").load()
    assert (own.lengths, own.time_unit) == ((20, 9), "day")
    single = TrajectoryFiles.from_arrays(np.arange(20), FEW, component_names=["a", "b", "c"]).load()
    np.testing.assert_array_equal(single.states[0], FEW)
    assert (single.times_of(0).dtype, single.component_names) == (np.float64, ("a", "b", "c"))
    batch = TrajectoryFiles.from_arrays(TIMES[:10], FEW.reshape(2, 10, 3)).load()
    np.testing.assert_array_equal(batch.times_of(1), TIMES[:10])
    grids = np.stack([TIMES[:10], TIMES[10:]])
    np.testing.assert_array_equal(TrajectoryFiles.from_arrays(grids, FEW.reshape(2, 10, 3)).load().times, grids)
    regular = TrajectoryFiles.from_arrays(None, FEW, time_step=0.5).load()
    assert (regular.times, regular.times_of(0)[-1]) == (None, 9.5)


@pytest.mark.parametrize(
    ("times", "states", "message"),
    [
        ([TIMES], [FEW, FEW], "1 time grids for 2 trajectories"),
        (TIMES[:5], FEW, r"array 0 has 20 rows, but times of the shape \(5,\)"),
        (np.repeat(TIMES[:10], 2), FEW, r"trajectory 0 \(array 0\): the time is .* at row 1; times must .* increase"),
        ([TIMES, np.full(20, np.nan)], [FEW, FEW], r"trajectory 1 \(array 1\): the time is nan at row 0"),
        (TIMES, FEW[:, 0], r"expected \(time, dim\)"),
        (TIMES, FEW[:, :0], r"expected \(time, dim\), not empty"),
        (TIMES, FEW * 1j, "only real numbers"),
        (TIMES, FEW.astype(str), "only real numbers"),
        ([TIMES, TIMES], [FEW, FEW[:, :1]], "all trajectories need the same state shape"),
        ([], [], "give at least one"),
    ],
)
def test_arrays_in_memory_are_checked_like_files(times, states, message):
    with pytest.raises(DataError, match=message):
        TrajectoryFiles.from_arrays(times, states).load()


def test_a_missing_file_names_the_key(tmp_path):
    for path in (tmp_path / "nowhere.npy", tmp_path / "*.npy"):
        with pytest.raises(FileNotFoundError, match=r"data.path="):
            load(path)
    with pytest.raises(FileNotFoundError, match="no file of a known format"):
        load(tmp_path)
    with pytest.raises(ConfigurationError, match=r"data\.path=null"):
        TrajectoryFiles(None)


@pytest.mark.parametrize("value", [np.inf, 1e31])
def test_a_value_that_no_network_can_use_names_the_file_and_the_place(tmp_path, value):
    np.save(tmp_path / "a.npy", STATES)
    broken = STATES.copy()
    broken[41, 1] = value
    np.save(tmp_path / "b.npy", broken)
    with pytest.raises(DataError, match=r"data\.path=.*b\.npy\) holds .* at row 41, time .*, component x2"):
        load(tmp_path)


def test_times_that_do_not_increase_name_the_file_and_its_first_row(tmp_path):
    write_csv(tmp_path / "b.csv", TIMES[::-1], FEW)
    with pytest.raises(DataError, match=r"data\.path=.*trajectory 0 \(.*b\.csv\): the time is .* at row 1; .* sort"):
        load(tmp_path / "b.csv", time_column="t")
    with pytest.raises(DataError, match=r"b\.csv from row 4\): the time is"):
        load(tmp_path / "b.csv", time_column="t", first_row=4)


def test_constant_data_are_refused_in_setup(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((100, 2)))
    with pytest.raises(DataError, match=r"the train split: .*constant"):
        TrajectoryFiles(str(tmp_path / "x.npy")).setup()


def test_arrays_of_different_shape_ask_for_a_key(tmp_path):
    np.savez(tmp_path / "x.npz", y=STATES[:, :1], x=STATES)
    with pytest.raises(DataError, match=r"y \(100, 1\), x \(100, 3\).*data\.key=<name>"):
        load(tmp_path / "x.npz")
    assert load(tmp_path / "x.npz", key="x").state_shape == (3,)


@pytest.mark.parametrize(("name", "times"), [("t", TIMES), ("Time", TIMES), ("s", 3 + 0.5 * np.arange(20))])
def test_an_array_is_the_clock_of_the_others_by_its_name_or_because_it_rises_evenly(tmp_path, name, times):
    np.savez(tmp_path / "x.npz", **{name: times, "x": FEW[:, 0]})
    one = load(tmp_path / "x.npz")
    np.testing.assert_array_equal(one.times_of(0), times)
    np.testing.assert_array_equal(one.states[0], FEW[:, :1])
    savemat(tmp_path / "y.mat", {"x": FEW[:, 0], name: times, "v": FEW[:, 1], "dt": 7.0})
    record = TrajectoryFiles(str(tmp_path / "y.mat"))
    record.setup()
    assert record.spec.component_names == ("x", "v")
    assert record.spec.lengths == (12,)
    assert f"the array {name} is the time" in record.reading
    several = np.stack([FEW, 2 * FEW])
    np.savez(tmp_path / "z.npz", **{name: times, "x": several})
    both = load(tmp_path / "z.npz")
    assert both.lengths == (20, 20)
    np.testing.assert_array_equal(both.times_of(1), times)
    without = load(tmp_path / "x.npz", times_key="none")
    assert without.lengths == (20, 20)


def test_a_single_number_beside_the_states_is_their_step_or_is_left_out(tmp_path):
    np.savez(tmp_path / "x.npz", x=FEW, dt=0.25, mass=3.0)
    record = TrajectoryFiles(str(tmp_path / "x.npz"), split={"train": 20})
    record.setup()
    assert record.spec.time_step == 0.25
    assert "dt is the time between two rows" in record.reading
    assert "mass=3 is left out" in record.reading


@pytest.mark.parametrize("decimals", [3, 2])
def test_a_rounded_clock_is_regular_and_its_step_is_not_rounded(tmp_path, decimals):
    rows = np.column_stack([np.round(np.arange(600) / 30, decimals), np.arange(600) ** 2])
    np.savetxt(tmp_path / "x.csv", rows, delimiter=",", header="t,x", comments="")
    record = load(tmp_path / "x.csv")
    assert record.is_regular
    assert record.time_step == pytest.approx(1 / 30, rel=1e-4)
    own = load(tmp_path / "x.csv", time_step=1 / 30, time_column="t")
    assert (own.times, own.time_step) == (None, 1 / 30)


def test_a_jittered_clock_is_regular_up_to_a_tenth_of_a_step(tmp_path):
    jitter = np.random.default_rng(1).uniform(-1, 1, 200)
    for size, regular in ((0.09, True), (0.3, False)):
        write_csv(tmp_path / "x.csv", np.arange(200) + size * jitter, np.tile(FEW, (10, 1)))
        assert load(tmp_path / "x.csv").is_regular is regular


def test_a_line_says_what_was_read(tmp_path):
    years = np.delete(np.arange(1845, 1937), 40)
    np.savetxt(
        tmp_path / "x.csv",
        np.column_stack([years, 30 + np.sin(years), 4 + np.cos(years)]),
        delimiter=",",
        header="year,hare,lynx",
        comments="",
    )
    record = TrajectoryFiles(str(tmp_path / "x.csv"))
    record.setup()
    assert record.reading == "hare, lynx: 91 rows, every 1 year, 1 gap; the column year is the time"
    assert record.spec.component_names == ("hare", "lynx")
    assert (record.spec.time_unit, record.spec.time_step) == ("year", 1.0)


def test_missing_values_are_counted_cut_out_or_interpolated(tmp_path):
    rows = np.column_stack([np.arange(12.0), 2 * np.arange(12.0), np.arange(12.0) ** 2])
    rows[4, 1] = rows[5, 1] = rows[5, 2] = rows[0, 2] = np.nan
    np.savetxt(tmp_path / "x.csv", rows, delimiter=",", header="t,x,y", comments="")
    with pytest.raises(
        DataError, match=r"4 values are missing \(x: 2, y: 2; the first at row 0, time 0\).*data\.missing="
    ):
        load(tmp_path / "x.csv")
    pieces = load(tmp_path / "x.csv", missing="split").between_gaps()
    assert pieces.lengths == (3, 6)
    np.testing.assert_array_equal(pieces.times_of(1), np.arange(6, 12))
    filled = load(tmp_path / "x.csv", missing="interpolate")
    assert filled.lengths == (11,)
    np.testing.assert_array_equal(filled.states[0][:, 0], 2 * np.arange(1, 12))
    assert filled.states[0][4, 1] == 16 + (36 - 16) / 2
    with pytest.raises(ConfigurationError, match=r"data\.missing=guess"):
        load(tmp_path / "x.csv", missing="guess")


def test_files_that_name_other_columns_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n5,7\n")
    (tmp_path / "b.csv").write_text("y,x\n1,2\n3,4\n5,7\n")
    with pytest.raises(DataError, match=r"a\.csv has the component names .*b\.csv has"):
        load(tmp_path)


def test_files_of_different_shape_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", STATES)
    np.save(tmp_path / "b.npy", STATES[:, :2])
    with pytest.raises(DataError, match=r"data\.path=.*all trajectories need the same state shape"):
        load(tmp_path)


def test_a_trajectory_shorter_than_the_lag_names_the_file(tmp_path):
    np.save(tmp_path / "x.npy", STATES)
    with pytest.raises(DataError, match=r"x\.npy\) has 20 states, but training\.view\.lag=20 needs at least 21"):
        LaggedPairsView(TrajectoryFiles(str(tmp_path / "x.npy")), lag=20)


@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["a", "b", "c", "d"]])
def test_every_component_of_a_file_needs_one_name(tmp_path, names):
    np.save(tmp_path / "x.npy", FEW)
    with pytest.raises(DataError, match=r"data\.path=.*data\.component_names=.*3 name"):
        load(tmp_path / "x.npy", component_names=names)
    assert load(tmp_path / "x.npy", component_names=["a", "b", "c"]).component_names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "batch"}, "data.layout=batch: choose one of auto, many, single"),
        ({"time_step": 0}, "data.time_step=0"),
        ({"times_key": "t", "time_column": "t"}, "data.times_key=t and data.time_column=t: give only one"),
        ({"times_key": "t"}, "data.times_key=t: .* no array of this name"),
        ({"in_memory_gigabytes": -1}, "data.in_memory_gigabytes=-1"),
        ({"first_row": -1}, "data.first_row=-1"),
        ({"first_row": 20}, r"data.first_row=20: .*x\.npy has only 20 rows"),
        ({"n_rows": 1}, "data.n_rows=1"),
        ({"n_rows": 21}, r"data.n_rows=21: .*x\.npy has only 20 rows"),
        ({"first_row": 15, "n_rows": 6}, "data.first_row=15, data.n_rows=6: .* only 20 rows"),
        ({"time_column": "t"}, "data.time_column=t: only tables"),
        ({"time_column": 0}, "only tables"),
        ({"key": "y"}, "data.key=y"),
        ({"component_names": "abc"}, "data.component_names=abc: give a list"),
        ({"split_by": "rows"}, "data.split_by=rows"),
    ],
)
def test_options_that_do_not_fit_are_named(tmp_path, options, message):
    np.save(tmp_path / "x.npy", FEW)
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path / "x.npy", **options)


def test_more_rows_to_learn_from_than_there_are_is_an_error(tmp_path):
    np.save(tmp_path / "x.npy", FEW)
    with pytest.raises(ConfigurationError, match="21 asked for, but there are 20"):
        TrajectoryFiles(str(tmp_path / "x.npy"), split={"train": 21}).setup()


@needs_lorenz
def test_the_lorenz_files_of_the_common_task_framework_are_read():
    trajectories = load(LORENZ / "X[1-3]train.mat", time_step=0.05, time_unit="time")
    assert trajectories.lengths == (10_000,) * 3
    assert trajectories.state_shape == (3,)


@needs_lorenz
@pytest.mark.parametrize("train", [100, 80])
def test_a_lorenz_file_of_the_common_task_framework_is_split_as_it_is_told(train):
    record = TrajectoryFiles(
        str(LORENZ / "X4train.mat"), time_step=0.05, split={"train": train / 100, "test": 1 - train / 100}
    )
    record.setup()
    rows = np.concatenate([part.states[0] for part in record.splits.values()])
    np.testing.assert_array_equal(rows, loadmat(LORENZ / "X4train.mat")["ytrain"])
    assert record.spec.lengths == (train,)
    assert list(record.splits.values())[-1].times_of(0)[-1] == pytest.approx(4.95)
    # clean rows of the Lorenz system: their slope is that of its first equation
    x, y, _ = rows.T
    slope = (x[2:] - x[:-2]) / 0.1
    assert np.corrcoef(slope, 10 * (y - x)[1:-1])[0, 1] > 0.99


@pytest.mark.parametrize("kind", [">f8", ">f4", ">i2", "g", "?"])
@pytest.mark.parametrize("gigabytes", [1.0, 0.0])
def test_numbers_of_any_type_become_those_that_torch_knows(tmp_path, kind, gigabytes):
    import torch

    given = (STATES > 0 if kind == "?" else 10 * STATES).astype(kind)
    np.save(tmp_path / "x.npy", given)
    states = load(tmp_path / "x.npy", in_memory_gigabytes=gigabytes).states[0]
    block = read_block(states, 0, 50)
    np.testing.assert_array_equal(block, given[:50].astype(block.dtype))
    assert torch.from_numpy(np.array(block)).shape == (50, 3)
    assert np.ptp(block) > 0
