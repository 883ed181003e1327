import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import LazyStates
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views.lagged_pairs import LaggedPairs


def random_states(*lengths, dim=3, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal((length, dim)).astype(np.float32) for length in lengths)


def pairs_one_by_one(states, lag):
    """The definition, as a loop."""
    return [(x[t], x[t + lag]) for x in states for t in range(len(x) - lag)]


@settings(deadline=None, max_examples=60)
@given(
    lengths=st.lists(st.integers(12, 40), min_size=1, max_size=5),
    lag=st.integers(1, 11),
    on_disk=st.booleans(),
    seed=st.integers(0, 10),
)
def test_pairs_in_memory_and_on_disk_are_those_of_the_definition(lengths, lag, on_disk, seed):
    states = random_states(*lengths)
    expected = pairs_one_by_one(states, lag)
    pairs = LaggedPairs(Trajectories(tuple(map(LazyStates, states)) if on_disk else states), lag)
    assert len(pairs) == len(expected)
    indices = np.random.default_rng(seed).integers(0, len(pairs), 17)
    now, later = pairs.batch(indices)
    for row, index in enumerate(indices):
        x, y = expected[index]
        np.testing.assert_array_equal(now[row], x)
        np.testing.assert_array_equal(later[row], y)


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_stream_gives_every_pair_once_in_order(on_disk):
    states = random_states(30, 20)
    trajectories = Trajectories(tuple(map(LazyStates, states)) if on_disk else states)
    batches = list(LaggedPairs(trajectories, 2).stream(7))
    expected = pairs_one_by_one(states, 2)
    assert [len(now) for now, _ in batches[:-1]] == [7] * (len(batches) - 1)
    np.testing.assert_array_equal(torch.cat([now for now, _ in batches]), [x for x, _ in expected])
    np.testing.assert_array_equal(torch.cat([later for _, later in batches]), [y for _, y in expected])


def test_states_on_disk_are_read_in_contiguous_ranges_and_never_one_by_one():
    class Source:
        shape, dtype, reads = (100_000, 1), np.dtype(np.float64), 0

        def __getitem__(self, rows):
            Source.reads += 1
            return np.arange(rows.start, rows.stop, dtype=np.float64)[:, None]

    trajectories = Trajectories((LazyStates(Source()),))
    for lag, most in ((1, 3), (40_000, 6)):
        pairs = LaggedPairs(trajectories, lag)
        indices = np.concatenate([np.arange(start, start + 1000) for start in (50_000, 7_000, 31_000)])
        np.random.default_rng(0).shuffle(indices)
        Source.reads = 0
        now, later = pairs.batch(indices)
        assert Source.reads <= most
        np.testing.assert_array_equal(now[:, 0], indices)
        np.testing.assert_array_equal(later[:, 0], indices + lag)


@pytest.mark.parametrize("kind", [">f8", "u1", "i2", "?", "f2"])
def test_every_numeric_type_and_byte_order_becomes_float32(kind):
    states = np.random.default_rng(0).integers(0, 2, (20, 4)).astype(kind)
    states.flags.writeable = False
    for source in (states, LazyStates(states)):
        now, later = LaggedPairs(Trajectories((source,))).batch(np.arange(19))
        assert now.dtype == torch.float32
        np.testing.assert_array_equal(later, states[1:].astype(np.float32))


def test_images_keep_their_axes():
    images = np.random.default_rng(0).random((6, 1, 4, 4))
    now, later = LaggedPairs(Trajectories((images,))).batch(np.array([2]))
    assert now.shape == later.shape == (1, 1, 4, 4)


def test_changing_a_batch_does_not_change_the_data():
    pairs = LaggedPairs(Trajectories(random_states(10)))
    before = pairs.batch(np.arange(5))[0].clone()
    pairs.batch(np.arange(5))[0].zero_()
    torch.testing.assert_close(pairs.batch(np.arange(5))[0], before)


def test_one_pass_over_fifty_thousand_pairs_costs_milliseconds():
    pairs = LaggedPairs(Trajectories(random_states(50_001, dim=1)))
    order = np.random.default_rng(0).permutation(len(pairs))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        pairs.batch(order)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05


@pytest.mark.parametrize("lag", [0, -1, 1.5, True, "2"])
def test_a_lag_that_is_not_a_positive_whole_number_is_refused(lag):
    with pytest.raises(ConfigurationError, match=f"training.view.lag={lag}: the lag must be at least 1 step"):
        LaggedPairs(Trajectories(random_states(10)), lag)


def test_a_trajectory_shorter_than_the_lag_is_named():
    trajectories = Trajectories(random_states(10, 4), names=("a.npy", "b.npy"))
    with pytest.raises(
        DataError, match=r"trajectory 1 \(b\.npy\) has 4 states, but training\.view\.lag=4 needs at least 5"
    ):
        LaggedPairs(trajectories, 4)
    assert len(LaggedPairs(trajectories, 3)) == 8


def test_irregular_times_have_no_lag():
    irregular = Trajectories((np.arange(3.0)[:, None],), times=(np.array([0.0, 2.5, 5.0]),))
    with pytest.raises(DataError, match="regular"):
        LaggedPairs(irregular)


def test_no_pair_reaches_across_missing_rows():
    times = np.array([0.0, 0.1, 0.2, 0.5, 0.6, 0.9, 1.0, 1.1, 1.2])
    observed = Trajectories((np.arange(9.0)[:, None],), time_step=0.1, times=(times,))
    now, later = next(LaggedPairs(observed, lag=1).stream(100))
    assert now.flatten().tolist() == [0, 1, 3, 5, 6, 7]
    assert (later - now == 1).all()
    now, later = next(LaggedPairs(observed, lag=2).stream(100))
    assert (now.flatten().tolist(), later.flatten().tolist()) == ([0, 5, 6], [2, 7, 8])
    with pytest.raises(DataError, match=r"trajectory 0 has 3 states, but training\.view\.lag=4 needs at least 5"):
        LaggedPairs(observed, lag=4)
