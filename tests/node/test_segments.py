import numpy as np
import pytest
import torch
from node_cases import observed, view_of

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node.fitting.multiple_shooting import Segments
from sciml_bench.node.fitting.trajectory_batch import TrajectoryBatch


def whole(lengths):
    train = view_of(observed(lengths)).train
    return TrajectoryBatch.of(train, train.states[:, 0], torch.float64)


@pytest.mark.parametrize("lengths", [(12,), (7, 23), (6, 9, 14)])
@pytest.mark.parametrize("n_segments", [1, 2, 3, 5])
def test_every_observation_counts_exactly_once(lengths, n_segments):
    batch = whole(lengths)
    cut = Segments.of(batch, n_segments)
    for row in range(len(lengths)):
        rows = slice(row * n_segments, (row + 1) * n_segments)
        counts = cut.batch.counts[rows].numpy()
        np.testing.assert_array_equal(cut.batch.times[rows][counts], batch.times[row, : lengths[row]])
        assert torch.equal(cut.batch.states[rows][counts], batch.states[row, : lengths[row]])


@pytest.mark.parametrize("n_segments", [1, 2, 4, 6])
def test_segments_share_their_end_points(n_segments):
    batch = whole((7, 20))
    cut = Segments.of(batch, n_segments)
    times, states = cut.batch.times.reshape(2, n_segments, -1), cut.batch.states.reshape(2, n_segments, -1, 2)
    ends = cut.ends.reshape(2, n_segments)
    for row in range(2):
        for number in range(n_segments - 1):
            end = ends[row, number]
            assert times[row, number, end] == times[row, number + 1, 0]
            assert torch.equal(states[row, number, end], states[row, number + 1, 0])
        assert times[row, -1, ends[row, -1]] == batch.times[row, (7, 20)[row] - 1]
    assert (np.diff(cut.batch.times, axis=1) > 0).all()


def test_segments_have_nearly_equal_numbers_of_intervals():
    ends = Segments.of(whole((23,)), 5).ends
    assert ends.sum() == 22
    assert ends.max() - ends.min() <= 1


def test_the_first_segment_starts_where_predictions_start():
    batch = whole((7, 20))
    batch.initial_states.add_(0.5)
    starts = Segments.of(batch, 3).batch.initial_states
    assert torch.equal(starts[::3], batch.initial_states)
    assert torch.equal(starts[1::3], Segments.of(batch, 3).batch.states[1::3, 0])


def test_as_many_segments_as_intervals_are_the_most():
    assert Segments.of(whole((7, 20)), 6).n_segments == 6
    with pytest.raises(ConfigurationError, match=r"training.n_segments=7: trajectory 0 has 7 points .*use at most 6"):
        Segments.of(whole((7, 20)), 7)
