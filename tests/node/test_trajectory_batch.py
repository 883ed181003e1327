import numpy as np
import torch
from node_cases import observed, view_of

from sciml_bench.node import SmoothingSpline
from sciml_bench.node.fitting.trajectory_batch import TrajectoryBatch, mean_squared_error, splines_through


def batch_of(train, dtype=torch.float64):
    return TrajectoryBatch.of(train, train.states[:, 0], dtype)


def test_it_holds_what_was_observed():
    train = view_of(observed((5, 8))).train
    batch = batch_of(train, torch.float32)
    assert batch.states.dtype == batch.initial_states.dtype == torch.float32
    np.testing.assert_array_equal(batch.times, train.times)
    assert batch.counts.sum(dim=1).tolist() == [5, 8]
    np.testing.assert_allclose(batch.initial_states, train.states[:, 0], rtol=1e-6)


def test_moving_a_start_leaves_the_data_alone():
    train = view_of(observed()).train
    before = train.states.copy()
    batch_of(train).initial_states.add_(1)
    np.testing.assert_array_equal(train.states, before)


def test_the_error_is_the_mean_over_what_counts_and_nothing_else():
    batch = batch_of(view_of(observed((5, 8))).train)
    prediction = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 2, 8, 2)))
    prediction[:, 0, 5:] = torch.inf
    for member, error in enumerate(batch.mean_squared_error(prediction)):
        squares = [
            (prediction[member, row, time] - batch.states[row, time]).square().numpy()
            for row, length in ((0, 5), (1, 8))
            for time in range(length)
        ]
        np.testing.assert_allclose(error, np.mean(squares), rtol=1e-13)


def test_what_does_not_count_has_no_gradient():
    prediction = torch.zeros(1, 2, 3, 1, dtype=torch.float64, requires_grad=True)
    counts = torch.tensor([[True, True, False], [True, False, False]])
    mean_squared_error(prediction, torch.ones(2, 3, 1, dtype=torch.float64), counts).sum().backward()
    np.testing.assert_allclose(prediction.grad[0, ..., 0], -2 / 3 * counts.numpy())


def test_a_piece_of_too_few_rows_to_smooth_is_interpolated_beside_longer_ones():
    train = view_of(observed((4, 30))).train
    short, long = splines_through(train, "gcv")
    np.testing.assert_allclose(short(train.times[0, :4]), train.states[0, :4], rtol=1e-12)
    smooth = SmoothingSpline(train.times[1], train.states[1], "gcv")(train.times[1])
    np.testing.assert_array_equal(long(train.times[1]), smooth)
    assert np.abs(smooth - train.states[1]).max() > 1e-3
