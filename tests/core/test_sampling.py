import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.sampling import EpochSampler


def test_the_order_of_an_epoch_does_not_depend_on_the_epochs_before_it():
    patient, resumed = EpochSampler(100, seed=3), EpochSampler(100, seed=3)
    for epoch in range(5):
        patient.set_epoch(epoch)
        patient.indices()
    resumed.set_epoch(4)
    np.testing.assert_array_equal(patient.indices(), resumed.indices())


def test_the_order_does_not_touch_or_read_the_global_generators():
    np.random.seed(0)  # noqa: NPY002
    first, state = EpochSampler(50, seed=1).indices(), np.random.get_state()[1].copy()  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    np.testing.assert_array_equal(first, EpochSampler(50, seed=1).indices())
    np.random.seed(0)  # noqa: NPY002
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_epochs_and_seeds_give_different_orders():
    orders = []
    for seed, epoch in itertools.product((0, 1), (0, 1)):
        sampler = EpochSampler(200, seed)
        sampler.set_epoch(epoch)
        orders.append(tuple(sampler.indices()))
    assert len(set(orders)) == 4


@settings(deadline=None, max_examples=60)
@given(
    n_items=st.integers(7, 300),
    world_size=st.integers(1, 7),
    block_size=st.none() | st.integers(1, 400),
    shuffle=st.booleans(),
    epoch=st.integers(0, 3),
)
def test_ranks_share_every_item_exactly_once_and_evenly(n_items, world_size, block_size, shuffle, epoch):
    samplers = [
        EpochSampler(n_items, 5, shuffle, rank, world_size, block_size, blocks_per_window=2)
        for rank in range(world_size)
    ]
    for sampler in samplers:
        sampler.set_epoch(epoch)
    shares = [sampler.indices() for sampler in samplers]
    assert sorted(np.concatenate(shares)) == list(range(n_items))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@settings(deadline=None, max_examples=60)
@given(
    n_items=st.integers(1, 60),
    world_size=st.integers(1, 5),
    batch_size=st.integers(1, 70),
    block_size=st.none() | st.integers(1, 20),
)
def test_a_batch_of_all_ranks_is_that_of_a_single_process(n_items, world_size, batch_size, block_size):
    order = EpochSampler(n_items, 3, block_size=block_size, blocks_per_window=2).indices(batch_size)
    stops = np.minimum(np.arange(0, n_items + batch_size, batch_size), n_items)
    parts = []
    for rank in range(world_size):
        sampler = EpochSampler(n_items, 3, True, rank, world_size, block_size, blocks_per_window=2)
        parts.append(np.split(sampler.indices(batch_size), sampler.own_among(stops, batch_size)[1:-1]))
    for start, stop, *of_ranks in zip(stops[:-1], stops[1:], *parts, strict=True):
        np.testing.assert_array_equal(np.concatenate(of_ranks), order[start:stop])
        assert max(map(len, of_ranks)) - min(map(len, of_ranks)) <= 1


@pytest.mark.parametrize(("batch_size", "drop_last", "n_least"), [(1, True, 1), (10, True, 10), (10, False, 1)])
def test_batches_of_fewer_items_than_processes_are_refused(batch_size, drop_last, n_least):
    sampler = EpochSampler(21, 0, rank=1, world_size=2)
    if n_least >= 2:
        sampler.require_shared(batch_size, "training.view.batch_size", drop_last)
        return
    with pytest.raises(ConfigurationError, match=f"training.view.batch_size={batch_size}: .* has 1 for 2 processes"):
        sampler.require_shared(batch_size, "training.view.batch_size", drop_last)


def test_without_shuffling_items_come_in_their_own_order():
    assert EpochSampler(6, seed=0, shuffle=False).indices().tolist() == [0, 1, 2, 3, 4, 5]


def test_every_position_is_equally_likely_for_every_item():
    n_items, n_epochs = 5, 4000
    counts, sampler = np.zeros((n_items, n_items)), EpochSampler(n_items, seed=0)
    for epoch in range(n_epochs):
        sampler.set_epoch(epoch)
        counts[np.arange(n_items), sampler.indices()] += 1
    expected = n_epochs / n_items
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_blocks_are_shuffled_so_that_a_window_touches_few_contiguous_ranges():
    sampler = EpochSampler(10_000, seed=0, block_size=100, blocks_per_window=4)
    order = sampler.indices()
    assert sampler.window_size == 400
    for start in range(0, 10_000, 400):
        touched = np.unique(order[start : start + 400])
        assert 1 + np.count_nonzero(np.diff(touched) > 1) <= 4
    assert not np.array_equal(order[:400], np.sort(order[:400]))
    assert len(np.unique(order[:400] // 100)) == 4


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"n_items": 10, "seed": -1}, "seed=-1"),
        ({"n_items": 10, "seed": 0, "rank": 2, "world_size": 2}, "rank=2"),
        ({"n_items": 0, "seed": 0}, "n_items=0"),
        ({"n_items": 10, "seed": 0, "block_size": 0}, "block_size=0"),
        ({"n_items": 10, "seed": 0, "block_size": 2, "blocks_per_window": 0}, "blocks_per_window=0"),
    ],
)
def test_impossible_arguments_are_named(arguments, field):
    with pytest.raises(ConfigurationError, match=field):
        EpochSampler(**arguments)


def test_an_order_in_blocks_is_made_window_by_window_and_not_as_a_whole():
    sampler = EpochSampler(10**11, 0, block_size=10**6, blocks_per_window=2)  # 800 GB of numbers
    windows = sampler.windows()
    first, second = next(windows), next(windows)
    assert len(first) == len(second) == sampler.window_size == 2 * 10**6
    assert len(np.unique(np.concatenate([first, second]) // 10**6)) == 4  # blocks
    assert (np.diff(first) != 1).mean() > 0.99
