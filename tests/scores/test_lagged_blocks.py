"""Moments of blocks and their bootstrap, against sums over pairs written out."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import lazy_states
from sciml_bench.data.lazy_states import LazyStates
from sciml_bench.scores.lagged_blocks import (
    DEFAULT_BLOCKS,
    Bands,
    block_moments,
    bootstrapped,
    one_lag_operator,
)

RNG = np.random.default_rng(0)


class CountingSource:
    """An array that tells how much of it is read."""

    def __init__(self, values):
        self.values, self.reads, self.shape, self.dtype = values, [], values.shape, values.dtype

    def __getitem__(self, rows):
        self.reads.append(rows)
        return self.values[rows]


TRAJECTORIES = [RNG.standard_normal((length, 2)) for length in (9, 2, 12)]


def summed(trajectory, starts, lag):
    pairs = [(trajectory[t], trajectory[t + lag]) for t in starts]
    return sum(np.outer(a, a) for a, _ in pairs), sum(np.outer(a, b) for a, b in pairs)


@pytest.mark.parametrize("lag", [1, 3])
def test_whole_trajectories_are_the_blocks_and_no_pair_crosses_them(lag):
    trajectories = TRAJECTORIES * 7
    ((now, later),) = block_moments(trajectories, [lag])
    long_enough = [trajectory for trajectory in trajectories if len(trajectory) > lag]
    expected = [summed(trajectory, range(len(trajectory) - lag), lag) for trajectory in long_enough]
    np.testing.assert_allclose(now, [pair[0] for pair in expected], rtol=1e-12)
    np.testing.assert_allclose(later, [pair[1] for pair in expected], rtol=1e-12)


def test_every_pair_starts_in_exactly_one_block():
    trajectory, lag = TRAJECTORIES[2], 2
    ((now, later),) = block_moments([trajectory], [lag], 4)
    expected = [summed(trajectory, starts, lag) for starts in (range(4), range(4, 8), range(8, 10))]
    np.testing.assert_allclose(now, [pair[0] for pair in expected], rtol=1e-12)
    np.testing.assert_allclose(later, [pair[1] for pair in expected], rtol=1e-12)


def test_a_single_trajectory_is_cut_into_twenty_blocks():
    trajectory = RNG.standard_normal((401, 1))
    assert len(block_moments([trajectory], [1])[0][0]) == DEFAULT_BLOCKS == 20


@pytest.mark.parametrize("lengths", [(401, 401), (1001, 30, 101, 2)])
def test_few_trajectories_are_cut_into_about_twenty_blocks_in_which_every_pair_starts_once(lengths):
    trajectories = [RNG.standard_normal((length, 1)) for length in lengths]
    ((now, later),) = block_moments(trajectories, [1])
    assert DEFAULT_BLOCKS <= len(now) <= DEFAULT_BLOCKS + len(lengths)
    expected = [summed(trajectory, range(len(trajectory) - 1), 1) for trajectory in trajectories]
    np.testing.assert_allclose(now.sum(axis=0), sum(pair[0] for pair in expected), rtol=1e-12)
    np.testing.assert_allclose(later.sum(axis=0), sum(pair[1] for pair in expected), rtol=1e-12)


@pytest.mark.parametrize("n_trajectories", [1, 2, 4])
def test_intervals_of_few_trajectories_hold_what_is_true_nearly_as_often_as_they_say(n_trajectories):
    """The eigenvalue of a chain of two states: two trajectories, resampled whole, hold it half of the time."""
    held, switching = [], 0.02
    for seed in range(80):
        rng = np.random.default_rng(seed)
        switches = rng.random((n_trajectories, 4000 // n_trajectories)) < switching
        signs = 1.0 - 2.0 * (np.cumsum(switches, axis=1) % 2)
        (moments,) = block_moments(list(signs[..., None]), [1])
        _, samples = bootstrapped(moments, lambda now, later: (later / now)[0], 100, seed)
        low, high = np.quantile(samples, [0.025, 0.975])
        held.append(low <= 1 - 2 * switching <= high)
    assert np.mean(held) > 0.85


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("lengths", [(700,), (300, 3, 400)])
def test_what_is_on_disk_is_read_once_for_all_lags_and_a_piece_at_a_time(monkeypatch, lengths, constant):
    monkeypatch.setattr(lazy_states, "BLOCK_BYTES", 16 * 50)
    sources = [CountingSource(RNG.standard_normal((length, 2))) for length in lengths]
    found = block_moments([LazyStates(source) for source in sources], [1, 2, 7], constant=constant)
    expected = block_moments([source.values for source in sources], [1, 2, 7], constant=constant)
    for moments in zip(found, expected, strict=True):
        for ours, theirs in zip(*moments, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    read = [rows.stop - rows.start for source in sources for rows in source.reads]
    assert max(read) <= 50 + 7
    assert sum(read) < 1.2 * sum(lengths)


def test_what_is_too_short_for_a_lag_is_refused():
    with pytest.raises(DataError, match="lag=12: 0 block"):
        block_moments(TRAJECTORIES, [12])
    with pytest.raises(ConfigurationError, match="from 1"):
        block_moments(TRAJECTORIES, [0])


def test_bootstrap_samples_draw_as_many_blocks_as_there_are_each_as_often_as_any():
    which = np.eye(6)[:, :, None] * np.eye(6)[:, None, :]  # the sum over blocks then holds how often each is drawn
    everything, samples = bootstrapped((which, 2 * which), lambda now, later: np.stack([now, later]), 4000, seed=0)
    np.testing.assert_array_equal(everything, [np.eye(6), 2 * np.eye(6)])
    np.testing.assert_array_equal(samples[:, 1], 2 * samples[:, 0])
    weights = np.diagonal(samples[:, 0], axis1=1, axis2=2)
    np.testing.assert_array_equal(weights.sum(axis=1), 6)
    np.testing.assert_allclose(weights.mean(axis=0), 1.0, atol=0.06)
    np.testing.assert_allclose(weights.var(axis=0), 5 / 6, atol=0.08)
    with pytest.raises(ConfigurationError, match="at least 2 samples"):
        bootstrapped((which, which), np.add, 1, seed=0)


def test_the_operator_is_the_least_squares_one():
    x, y = RNG.standard_normal((2, 40, 3))
    expected = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(one_lag_operator(x.T @ x, x.T @ y), expected, rtol=1e-9)


def test_a_band_holds_its_share_of_the_samples_and_lets_infinity_be_a_sample():
    samples = np.append(np.arange(100.0), np.inf)[:, None]
    bands = Bands.of([(samples[3], samples)], 0.5)
    assert (bands.estimates[0, 0], bands.lower[0, 0], bands.upper[0, 0]) == (3.0, 25.0, 75.0)
    assert Bands.of([(samples[0], samples)], 0.999).upper[0, 0] == np.inf
    with pytest.raises(ConfigurationError, match="confidence=1"):
        Bands.of([(samples[0], samples)], 1.0)
