import threading
import time

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.data.lazy_states import LazyStates
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import pair_loader as loader_file
from sciml_bench.data.views.lagged_pairs import LaggedPairs
from sciml_bench.data.views.pair_loader import PairLoader


def counting_pairs(n_pairs, on_disk=False):
    """State t is the number t, so that a batch shows which pairs it holds."""
    states = np.arange(n_pairs + 1.0)[:, None]
    return LaggedPairs(Trajectories((LazyStates(states) if on_disk else states,)))


def shown(loader):
    return [now[:, 0].long().tolist() for now, _ in loader]


@pytest.mark.parametrize("window_bytes", [1, 300, 2**21])
def test_batches_follow_the_sampler_whatever_the_window(monkeypatch, window_bytes):
    monkeypatch.setattr(loader_file, "WINDOW_BYTES", window_bytes)
    pairs, sampler = counting_pairs(103), EpochSampler(103, seed=2)
    loader = PairLoader(pairs, 10, sampler)
    sampler.set_epoch(3)
    batches = shown(loader)
    assert [len(batch) for batch in batches] == [10] * 10 + [3]
    assert sum(batches, []) == sampler.indices().tolist()  # noqa: RUF017
    assert len(loader) == len(batches)
    assert all((later - now == 1).all() for now, later in loader)


@pytest.mark.parametrize("block_size", [1, 7, 50, 1000])
@pytest.mark.parametrize("drop_last", [True, False])
def test_blocks_on_disk_cover_an_epoch_once(block_size, drop_last):
    pairs = counting_pairs(203, on_disk=True)
    sampler = EpochSampler(203, seed=0, block_size=block_size, blocks_per_window=3)
    batches = shown(PairLoader(pairs, 10, sampler, drop_last))
    visited = sum(batches, [])  # noqa: RUF017
    assert visited == sampler.indices().tolist()[: len(visited)]
    assert len(visited) == (200 if drop_last else 203)


def test_the_next_window_is_read_while_a_batch_is_used_and_no_further_one():
    read = []

    class Watched(LaggedPairs):
        def window(self, indices):
            read.append((len(indices), threading.current_thread() is threading.main_thread()))
            return super().window(indices)

    pairs = Watched(Trajectories((LazyStates(np.arange(201.0)[:, None]),)))
    batches = iter(PairLoader(pairs, 10, EpochSampler(200, seed=0, block_size=10, blocks_per_window=4)))
    next(batches)
    deadline = time.monotonic() + 20
    while len(read) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.05)
    assert read == [(40, False)] * 2  # the window of the batch, and the next
    assert sum(1 for _ in batches) == 19
    assert read == [(40, False)] * 5


def test_what_cannot_be_read_ahead_is_told_where_it_is_needed():
    class Broken(LaggedPairs):
        def window(self, indices):
            if 199 in indices:
                raise OSError("the disk is gone")
            return super().window(indices)

    pairs = Broken(Trajectories((LazyStates(np.arange(201.0)[:, None]),)))
    loader = PairLoader(pairs, 10, EpochSampler(200, 0, False, block_size=10, blocks_per_window=4))
    with pytest.raises(OSError, match="the disk is gone"):
        list(loader)


def test_an_epoch_that_is_left_early_leaves_no_thread_behind():
    before = threading.active_count()
    loader = PairLoader(counting_pairs(500, on_disk=True), 16, EpochSampler(500, seed=1, block_size=8))
    batches = iter(loader)
    next(batches)
    batches.close()
    assert threading.active_count() == before


def test_the_same_seed_and_epoch_give_the_same_batches_on_disk():
    def batches():
        loader = PairLoader(counting_pairs(500, on_disk=True), 16, EpochSampler(500, seed=1, block_size=32))
        loader.sampler.set_epoch(7)
        return shown(loader)

    assert batches() == batches()


@pytest.mark.parametrize("on_disk", [True, False])
@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("n_pairs", [40, 43, 60, 3])
def test_ranks_share_the_batches_of_a_single_process(n_pairs, drop_last, on_disk):
    pairs, batch_size = counting_pairs(n_pairs, on_disk), min(n_pairs, 9)

    def loader(rank=0, world_size=1):
        sampler = EpochSampler(n_pairs, 0, True, rank, world_size, block_size=5 if on_disk else None)
        return PairLoader(pairs, batch_size, sampler, drop_last)

    world_size = 4 if batch_size >= 4 else 2
    of_ranks = [shown(loader(rank, world_size)) for rank in range(world_size)]
    assert {len(loader(rank, world_size)) for rank in range(world_size)} == {len(loader())} == {len(of_ranks[0])}
    assert [sum(parts, []) for parts in zip(*of_ranks, strict=True)] == shown(loader())  # noqa: RUF017


def test_a_rank_without_a_pair_of_a_batch_has_an_empty_one():
    parts = [list(PairLoader(counting_pairs(5), 4, EpochSampler(5, 0, False, rank, 2))) for rank in (0, 1)]
    assert [[tuple(now.shape) for now, _ in batches] for batches in parts] == [[(2, 1), (1, 1)], [(2, 1), (0, 1)]]


def test_without_a_sampler_pairs_come_in_their_own_order():
    assert shown(PairLoader(counting_pairs(5), 2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("batch_size", [0, -3, 2.5])
def test_a_batch_needs_at_least_one_pair(batch_size):
    with pytest.raises(ConfigurationError, match=f"training.view.batch_size={batch_size}"):
        PairLoader(counting_pairs(5), batch_size)


def test_a_batch_larger_than_the_training_data_is_refused():
    with pytest.raises(ConfigurationError, match=r"training.view.batch_size=6 is larger than the 5 training pairs;"):
        PairLoader(counting_pairs(5), 6, drop_last=True)
    with pytest.raises(ConfigurationError, match=r"training.view.batch_size=1: a batch has 1 for 2 processes"):
        PairLoader(counting_pairs(10), 1, EpochSampler(10, 0, world_size=2), drop_last=True)


def test_a_batch_is_not_changed_by_the_next_one():
    loader = PairLoader(counting_pairs(20), 4, EpochSampler(20, seed=0))
    iterator = iter(loader)
    first, _ = next(iterator)
    kept = first.clone()
    list(iterator)
    torch.testing.assert_close(first, kept)
