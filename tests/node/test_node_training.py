"""What the three training methods minimise and choose, on data in memory."""

import numpy as np
import pytest
import torch
from node_cases import mean_square, method_of, observed, reference, right_hand_side, rows, view_of

from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError, SolverError
from sciml_bench.node import (
    Blackbox,
    CompiledSolver,
    ConstantSchedule,
    FixedStepSolver,
    HomotopyTraining,
    VanillaTraining,
    losses_of,
)

LENGTHS = (11, 21)


def test_vanilla_training_minimises_the_error_of_the_free_dynamics():
    data = observed((21, 21), 11)
    method = method_of(VanillaTraining, data)
    equations = right_hand_side("blackbox", method.model)
    expected = mean_square([reference(equations, y[0], t) - y for t, y in rows(data)])
    assert method.losses(0).item() == pytest.approx(expected, rel=1e-7)
    assert method.free_errors().item() == pytest.approx(expected, rel=1e-7)


def test_predictions_start_where_they_are_asked_to():
    data = observed(LENGTHS)
    first = np.stack([y[0] for _, y in rows(data)])
    given, smoothed, trained = (
        method_of(VanillaTraining, data, smoothing=0.01, initial_state=choice)
        for choice in ("given", "smoothed", "trained")
    )
    np.testing.assert_array_equal(given.initial_states()[0], first)
    starts = np.stack([spline(t[0]) for spline, (t, _) in zip(smoothed.splines, rows(data), strict=True)])
    np.testing.assert_array_equal(smoothed.initial_states()[0], starts)
    assert np.abs(starts - first).max() > 1e-3
    np.testing.assert_array_equal(trained.initial_states()[0].detach(), first)
    trained.losses(0).sum().backward()
    assert trained.initial_offsets.grad.abs().min() > 0
    np.testing.assert_array_equal(view_of(data).train.states[:, 0], first)


def flat(field):
    return torch.cat([p.detach().flatten(1) for p in field.parameters()], dim=1)


@pytest.mark.parametrize("coupling", [0.0, 3])
@pytest.mark.parametrize("solver", [CompiledSolver(), FixedStepSolver()])
def test_losses_of_many_fields_at_once_are_those_of_each(solver, coupling):
    data = observed(LENGTHS)
    method = method_of(
        HomotopyTraining, data, solver=solver, coupling_strength=3, coupling_schedule=ConstantSchedule(1, 5)
    )
    before = flat(method.model).clone()
    others = [method_of(HomotopyTraining, data, seed, solver=solver, coupling_strength=3) for seed in range(4)]
    vectors = torch.cat([flat(other.model) for other in others])
    losses = losses_of(method, vectors, coupling)
    for other, loss in zip(others, losses, strict=True):
        alone = other.losses(0) if coupling else other.free_errors()
        assert loss.item() == pytest.approx(alone.item(), rel=1e-12)
        assert losses_of(method, flat(other.model), coupling).item() == pytest.approx(loss.item(), rel=1e-12)
    assert torch.equal(flat(method.model), before)
    assert method.model.n_members == 1
    assert not losses.requires_grad


def test_what_is_learned_from_ends_with_the_train_part():
    one, other = (observed((15, 15), 11) for _ in range(2))
    for states in other.splits["test"].states:
        states += 5
    losses = []
    for data in (one, other):
        method = method_of(HomotopyTraining, data, coupling_schedule=ConstantSchedule(1.0, 3))
        losses.append([method.losses(0).item(), method.free_errors().item()])
    assert losses[0] == losses[1]


def test_exact_initial_states_need_a_record_that_knows_the_truth():
    with pytest.raises(ConfigurationError, match=r"training.initial_state=exact: this record does not know the truth"):
        method_of(VanillaTraining, observed(), initial_state="exact")


def test_only_states_that_are_vectors_can_be_learned():
    with pytest.raises(NotApplicableError, match=r"at most 20 numbers; these have the shape \(1, 28, 28\)"):
        VanillaTraining.require_states((1, 28, 28))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (VanillaTraining, {"learning_rate": 0}, "training.learning_rate=0: give a number greater than 0"),
        (VanillaTraining, {"weight_decay": -1}, "training.weight_decay=-1"),
        (VanillaTraining, {"initial_state": "guessed"}, "training.initial_state=guessed: choose one of exact, given"),
        (VanillaTraining, {"n_epochs": 0}, "training.n_epochs=0: give a whole number of at least 1"),
        (VanillaTraining, {"smoothing": -1}, "training.smoothing=-1"),
    ],
)
def test_bad_choices_are_refused_before_training(kind, options, message):
    with pytest.raises(ConfigurationError, match=message):
        method_of(kind, observed(), **options)


def test_too_few_points_to_smooth_are_refused_before_training():
    data = observed((4,))
    with pytest.raises(DataError, match="smoothing needs at least 5 points"):
        method_of(VanillaTraining, data, smoothing=0.1)


def wide(n_nodes, **options):
    data = observed(LENGTHS)
    return VanillaTraining(Blackbox(2, 1, n_nodes), view_of(data), **options)


def test_the_seconds_of_a_step_follow_weights_trajectories_and_evaluations():
    one, two = wide(100), wide(200)
    assert two.seconds_per_step == pytest.approx(2 * one.seconds_per_step, rel=0.01)
    halved = wide(100, solver=CompiledSolver(max_step=0.5), units="standardized")
    assert halved.seconds_per_step > 1.5 * one.seconds_per_step
    evaluations = 2 * (max(LENGTHS) - 1) * 6  # two trajectories, padded, and the stages of every step
    assert one.seconds_per_step == pytest.approx(8 * 502 * evaluations / 1e9)


@pytest.mark.parametrize(("n_nodes", "remedy"), [(2500, "at most 4e-04, or fewer model.nodes_per_layer"), (50, "max_")])
def test_a_wide_network_that_breaks_down_is_told_to_learn_slower(n_nodes, remedy):
    method = wide(n_nodes)
    with torch.no_grad():
        for weight in method.model.parameters():
            weight += 1e200
    with pytest.raises(SolverError, match=remedy):
        method.sound_members(method.losses(0))
