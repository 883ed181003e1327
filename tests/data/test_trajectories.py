import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import LazyStates
from sciml_bench.data.trajectories import Trajectories


def walk(n_steps, dim=2, seed=0):
    return np.random.default_rng(seed).standard_normal((n_steps, dim)).cumsum(axis=0)


def test_trajectories_know_their_shape_and_count():
    trajectories = Trajectories((walk(5), walk(7)), time_step=0.1, time_unit="ns")
    assert trajectories.lengths == (5, 7)
    assert trajectories.n_states == 12
    assert trajectories.n_trajectories == 2
    assert trajectories.state_shape == (2,)
    assert not trajectories.on_disk


def test_flattened_images_lie_one_after_the_other_as_vectors():
    images = np.random.default_rng(0).random((4, 1, 3, 3))
    trajectories = Trajectories((images[:1], images[1:]))
    np.testing.assert_array_equal(trajectories.flattened, images.reshape(4, 9))


def test_a_selection_is_a_view_that_carries_labels_times_and_names_along():
    states = (walk(10), walk(8, seed=1))
    trajectories = Trajectories(
        states,
        labels=(np.arange(10), np.arange(8)),
        times=(np.arange(10.0), np.arange(8.0)),
        names=("first.npy", "second.npy"),
    )
    part = trajectories.select(trajectories=[1], time=slice(2, 5))
    np.testing.assert_array_equal(part.states[0], states[1][2:5])
    assert np.shares_memory(part.states[0], states[1])
    assert part.labels is not None
    assert part.times is not None
    assert part.labels[0].tolist() == [2, 3, 4]
    assert part.times[0].tolist() == [2.0, 3.0, 4.0]
    assert part.names == ("second.npy",)


@pytest.mark.parametrize("time", [slice(5, 5), slice(0, 8, 2), slice(20, 30)])
def test_an_empty_or_strided_window_is_refused(time):
    with pytest.raises(ConfigurationError, match="time="):
        Trajectories((walk(10),)).select(time=time)


def test_a_trajectory_that_does_not_exist_is_refused():
    with pytest.raises(ConfigurationError, match="0 to 0"):
        Trajectories((walk(10),)).select(trajectories=[1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e35])
def test_a_value_that_single_precision_cannot_carry_is_named_with_its_place(value):
    states = walk(20, dim=3)
    states[13, 2] = value
    with pytest.raises(DataError, match=r"trajectory 1 \(b\.csv\) holds .* at row 13, time 13, component x3"):
        Trajectories((walk(20, dim=3), states), names=("a.csv", "b.csv"))


def test_a_bad_value_is_found_in_a_late_block_of_a_memory_map(tmp_path):
    states = np.ones((3_000_000, 1), dtype=np.float32)
    states[0], states[2_500_000] = 0, np.nan
    np.save(tmp_path / "x.npy", states)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    with pytest.raises(DataError, match="row 2500000"):
        Trajectories((mapped,))


def test_a_memory_map_stays_one_through_selection(tmp_path):
    np.save(tmp_path / "x.npy", walk(50))
    trajectories = Trajectories((np.load(tmp_path / "x.npy", mmap_mode="r"),))
    part = trajectories.select(time=slice(10, 20))
    assert trajectories.on_disk
    assert isinstance(part.states[0], np.memmap)
    assert Trajectories((LazyStates(walk(5)),)).on_disk


def test_constant_data_are_refused_but_constant_components_are_not():
    border = walk(10)
    border[:, 0] = 3.0
    Trajectories((border,)).require_variation("the data")
    with pytest.raises(DataError, match="every component is constant, all 14 states are equal"):
        Trajectories((np.full((10, 2), 3.0), np.full((4, 2), 3.0))).require_variation("the data")


def test_trajectories_that_differ_only_from_each_other_are_not_constant():
    Trajectories((np.zeros((4, 1)), np.ones((4, 1))))


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ((), "no trajectory"),
        ((np.array([[1, "a"]], dtype=object),), "object"),
        ((np.array([["1"], ["2"]]),), "only real numbers"),
        ((np.ones((3, 2)) * 1j,), "complex"),
        ((np.arange(5.0),), "time, dim"),
        ((np.empty((0, 2)),), "not empty"),
        ((walk(5), walk(5, dim=3)), r"\(3,\), but trajectory 0 has \(2,\)"),
    ],
)
def test_unusable_arrays_are_refused_with_the_reason(states, message):
    with pytest.raises(DataError, match=message):
        Trajectories(states)


@pytest.mark.parametrize(
    ("clock", "message"),
    [
        ({"time_step": 0.0}, "time_step=0.0"),
        ({"time_step": float("nan")}, "time_step=nan"),
        ({"labels": (np.arange(3),)}, "labels"),
        ({"times": (np.arange(4.0),)}, "times"),
        ({"times": (np.array([0.0, 1.0, 1.0, 2.0, 3.0]),)}, "trajectory 0: the time is 1 at row 2; .* repeated"),
        ({"times": (np.array([0.0, 2.0, 1.0, 3.0, 4.0]),)}, "the time is 1 at row 2; .* sort the rows"),
        ({"times": (np.array([0.0, 1.0, np.nan, 3.0, 4.0]),)}, "the time is nan at row 2"),
        ({"times": (np.array([0.0, 1.0, 2.0, 3.0, np.inf]),)}, "the time is inf at row 4"),
    ],
)
def test_a_clock_that_does_not_fit_is_refused(clock, message):
    with pytest.raises(DataError, match=message):
        Trajectories((walk(5),), **clock)


def test_times_are_regular_to_one_percent():
    regular = Trajectories((walk(3),), time_step=0.1, times=(np.array([0.0, 0.1, 0.2004]),))
    irregular = Trajectories((walk(3),), time_step=0.1, times=(np.array([0.0, 0.1, 0.3]),))
    assert regular.is_regular
    assert not irregular.is_regular


def full(**changes):
    """Two trajectories of which everything is known."""
    rng = np.random.default_rng(0)
    lengths = (6, 4)
    fields = {
        "states": tuple(rng.normal(size=(n, 2)) for n in lengths),
        "time_step": 0.5,
        "labels": tuple(np.arange(n) for n in lengths),
        "component_names": ("a", "b"),
        "clean": tuple(rng.normal(size=(n, 2)) for n in lengths),
        "inputs": tuple(rng.normal(size=(n, 1)) for n in lengths),
        "parameters": {"rate": np.array([1.0, 2.0])},
        "weights": tuple(np.ones(n) for n in lengths),
        "facts": {"body_names": ("sun", "earth")},
    }
    return Trajectories(**{**fields, **changes})


def test_a_selection_keeps_everything_that_is_known():
    whole = full()
    part = whole.select(trajectories=[1], time=slice(1, 3))
    for name in ("states", "labels", "clean", "inputs", "weights"):
        np.testing.assert_array_equal(getattr(part, name)[0], getattr(whole, name)[1][1:3])
    assert part.parameters["rate"].tolist() == [2.0]
    assert (part.component_names, part.facts, part.system) == (("a", "b"), whole.facts, None)
    np.testing.assert_array_equal(part.times_of(0), [0.5, 1.0])


def test_the_truth_stays_one_with_the_states_where_it_is_one():
    states = full().states
    whole = full(states=states, clean=states)
    assert (part := whole.select(time=slice(0, 3))).clean is part.states


def test_the_clock_of_a_part_goes_on_exactly():
    states = np.random.default_rng(0).normal(size=(50, 1))
    whole = Trajectories((states,), time_step=0.1)
    first, then = whole.select(time=slice(0, 31)), whole.select(time=slice(31, 50))
    np.testing.assert_array_equal(np.concatenate([first.times_of(0), then.times_of(0)]), whole.times_of(0))
    joined = first.joined_in_time(then)
    assert joined.times is None
    np.testing.assert_array_equal(joined.states[0], states)
    np.testing.assert_array_equal(joined.times_of(0), 0.1 * np.arange(50))


def test_joining_across_a_gap_keeps_the_times():
    whole = Trajectories((np.random.default_rng(0).normal(size=(9, 1)),), time_step=0.5)
    joined = whole.select(time=slice(0, 3)).joined_in_time(whole.select(time=slice(6, 9)))
    np.testing.assert_array_equal(joined.times_of(0), [0, 0.5, 1, 3, 3.5, 4])
    assert not joined.is_regular
    with pytest.raises(DataError, match="must come after"):
        whole.select(time=slice(6, 9)).joined_in_time(whole.select(time=slice(0, 3)))
    with pytest.raises(DataError, match="cannot go on"):
        whole.joined_in_time(full())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clean": (np.zeros((6, 1)), np.zeros((4, 1)))}, "clean states"),
        ({"clean": (np.full((6, 2), np.nan), np.zeros((4, 2)))}, "nan"),
        ({"inputs": (np.zeros((6, 1)), np.zeros((3, 1)))}, "inputs"),
        ({"inputs": (np.zeros(6), np.zeros(4))}, "inputs"),
        ({"weights": (np.ones(6), -np.ones(4))}, "weights"),
        ({"parameters": {"rate": np.array([1.0])}}, "parameters.rate"),
        ({"parameters": {"rate": np.array([1.0, np.inf])}}, "parameters.rate"),
        ({"component_names": ("a",)}, "data.component_names"),
        ({"first_rows": (1,)}, "first_rows"),
        ({"first_rows": (0, 1), "times": (np.arange(6.0), np.arange(4.0))}, "only one"),
    ],
)
def test_what_does_not_fit_the_states_is_named(changes, message):
    with pytest.raises(DataError, match=message):
        full(**changes)


def test_pieces_between_missing_rows_are_regular_and_other_clocks_stay_whole():
    times = np.array([0.0, 0.1, 0.2, 0.5, 0.6, 0.9, 1.0, 1.1, 1.2])
    cut = Trajectories((np.arange(9.0)[:, None],), time_step=0.1, times=(times,)).between_gaps(3)
    assert [part[:, 0].tolist() for part in cut.states] == [[0, 1, 2], [5, 6, 7, 8]]
    assert cut.is_regular
    jitter = np.cumsum(np.random.default_rng(0).uniform(0.95, 1.05, 50))
    slower = np.arange(50.0) * 2
    for other in (jitter, slower):  # rows that are off the clock, and a clock of its own: nothing is missing there
        whole = Trajectories((np.zeros((50, 1)), np.zeros((50, 1))), times=(np.arange(50.0), other))
        assert whole.between_gaps(2) is whole


def test_a_piece_between_gaps_is_called_by_its_trajectory_and_time():
    times = np.array([0.0, 1, 2, 6, 7, 8])
    one = Trajectories((np.ones((6, 1)),), 1.0, times=(times,), names=("mine.csv",))
    assert one.name(0) == "trajectory 0 (mine.csv)"
    assert one.between_gaps().name(1) == "the piece of mine.csv from time 6 on"
