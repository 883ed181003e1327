"""The gradient step: how long a gradient may be, whose weights move, and what ends a fit."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, TrainingError
from sciml_bench.core.optimisation import Optimisation
from sciml_bench.core.schedules import CosineDecay


def moved(slopes, learning_rate=1.0, n_steps=1, step=0, members=None, **options):
    """By how much plain gradient descent moves weights whose loss is linear with these slopes."""
    slopes = torch.tensor(slopes)
    weights = torch.zeros_like(slopes, requires_grad=True)
    optimisation = Optimisation(torch.optim.SGD([weights], learning_rate), learning_rate, **options)
    loss = (slopes * weights).sum(dim=-1)
    optimisation.step(loss if members is not None else loss.sum(), step, n_steps, members)
    return -weights.detach().numpy()


def test_a_gradient_is_shortened_to_the_norm_and_never_lengthened():
    np.testing.assert_allclose(moved([3.0, 4.0], gradient_clip_val=0.5), [0.3, 0.4], rtol=1e-5)
    np.testing.assert_array_equal(moved([3.0, 4.0], gradient_clip_val=50), [3.0, 4.0])
    np.testing.assert_array_equal(moved([3.0, 4.0]), [3.0, 4.0])


def test_every_member_of_an_ensemble_is_shortened_by_itself():
    found = moved([[3.0, 4.0], [0.3, 0.4]], members=[0, 1], gradient_clip_val=1)
    np.testing.assert_allclose(found, [[0.6, 0.8], [0.3, 0.4]], rtol=1e-5)
    np.testing.assert_array_equal(found[1], np.float32([0.3, 0.4]))


def test_a_member_that_is_left_out_keeps_its_weights():
    slopes = [[3.0, 4.0], [1.0, 2.0], [5.0, 6.0]]
    np.testing.assert_array_equal(moved(slopes, members=[0, 2]), [slopes[0], [0, 0], slopes[2]])


def test_a_member_that_has_left_every_bound_keeps_its_weights():
    weights = torch.tensor([4.0, -1.0], requires_grad=True)
    optimisation = Optimisation(torch.optim.SGD([weights], 1.0), 1.0)
    # the derivative of a root of -1 is nan, also when nothing asks for it
    optimisation.step(weights.sqrt(), 0, 1, [0])
    np.testing.assert_array_equal(weights.detach(), [3.75, -1.0])


def test_the_loss_that_is_told_is_the_mean_of_those_that_take_part():
    weights = torch.zeros(3, requires_grad=True)
    optimisation = Optimisation(torch.optim.SGD([weights], 0.1), 0.1)
    assert optimisation.step(weights + torch.tensor([1.0, float("nan"), 5.0]), 0, 1, [0, 2]) == 3.0


def test_a_step_has_the_learning_rate_of_its_schedule():
    for step, rate in ((0, 0.2), (2, 0.1), (4, 0.0)):
        found = moved([1.0], 0.2, 4, step, schedule=CosineDecay())
        np.testing.assert_allclose(found, [rate], atol=1e-8)


def test_a_loss_that_is_not_finite_ends_the_fit_before_the_weights_move():
    weights = torch.ones(1, requires_grad=True)
    optimisation = Optimisation(torch.optim.SGD([weights], 0.1), 0.1)
    with pytest.raises(TrainingError, match=r"the loss became inf in step 3"):
        optimisation.step((weights * float("inf")).sum(), 3, 9)
    assert weights.item() == 1.0


@pytest.mark.parametrize(("norm", "expected"), [(10, [3.0, 4.0]), (0.5, [0.3, 0.4])])
def test_scaled_gradients_are_measured_without_their_scale(norm, expected):
    weights = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.SGD([weights], 1.0)

    def step():
        weights.grad /= 1024
        optimizer.step()

    optimisation = Optimisation(
        optimizer,
        1.0,
        gradient_clip_val=norm,
        backward=lambda loss: (1024 * loss).backward(),
        scale=lambda: 1024.0,
        step=step,
    )
    optimisation.step((torch.tensor([3.0, 4.0]) * weights).sum(), 0, 1)
    np.testing.assert_allclose(-weights.detach(), expected, rtol=1e-5)


@pytest.mark.parametrize("norm", [0, -1])
def test_a_norm_that_is_not_positive_is_refused(norm):
    with pytest.raises(ConfigurationError, match=r"trainer\.gradient_clip_val"):
        Optimisation(torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1), 0.1, gradient_clip_val=norm)
