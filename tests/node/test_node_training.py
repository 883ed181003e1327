"""What the three training methods minimise and choose, on data in memory."""

import numpy as np
import pytest
import torch
from node_cases import field_of, observed, reference, right_hand_side, rows, view_of
from scipy.interpolate import CubicSpline

from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.node import (
    CompiledSolver,
    ConstantSchedule,
    FixedStepSolver,
    HomotopyTraining,
    MultipleShootingTraining,
    PowerLawSchedule,
    VanillaTraining,
    losses_of,
)

LENGTHS = (11, 21)


def method_of(kind, data, seed=0, **options):
    return kind(field_of("blackbox", seed), view_of(data), **({"solver": CompiledSolver(max_step=0.02)} | options))


def mean_square(parts):
    return np.mean(np.concatenate([np.ravel(part) for part in parts]) ** 2)


def test_vanilla_training_minimises_the_error_of_the_free_dynamics():
    data = observed((21, 21), 11)
    method = method_of(VanillaTraining, data)
    equations = right_hand_side("blackbox", method.model)
    expected = mean_square([reference(equations, y[0], t) - y for t, y in rows(data)])
    assert method.losses(0).item() == pytest.approx(expected, rel=1e-7)
    assert method.free_errors().item() == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("strength", [4, [1.0, 6.0]])
def test_homotopy_training_minimises_the_error_of_the_coupled_dynamics(strength):
    data = observed(LENGTHS)
    schedule = PowerLawSchedule(3, 2, 0.5)
    method = method_of(HomotopyTraining, data, coupling_strength=strength, coupling_schedule=schedule)
    free = right_hand_side("blackbox", method.model)
    for epoch, scale in ((0, 1.0), (3, 1 / 3), (4, 0.0)):
        errors = []
        for t, y in rows(data):
            smooth = CubicSpline(t, y, bc_type="natural")

            def equations(time, x, smooth=smooth, scale=scale):
                return free(time, x) - scale * np.array(strength) * (x - smooth(time))

            errors.append(reference(equations, y[0], t) - y)
        assert method.losses(epoch).item() == pytest.approx(mean_square(errors), rel=1e-6)
        assert method.loss_is_free_error(epoch) == (scale == 0)


@pytest.mark.parametrize("n_segments", [1, 2, 5, 10])
def test_multiple_shooting_as_one_batch_is_a_loop_over_segments(n_segments):
    data = observed(LENGTHS)  # 10 and 20 intervals
    method = method_of(MultipleShootingTraining, data, n_segments=n_segments, continuity_weight=0.3)
    offsets = 0.1 * np.random.default_rng(0).standard_normal((2, n_segments - 1, 2))
    with torch.no_grad():
        method.start_offsets.copy_(torch.from_numpy(offsets)[None])
    equations, errors, gaps = right_hand_side("blackbox", method.model), [], []
    for number, (t, y) in enumerate(rows(data)):
        size, end = (len(t) - 1) // n_segments, None
        for segment in range(n_segments):
            first, last = segment * size, (segment + 1) * size
            start = y[first] + (offsets[number, segment - 1] if segment else 0)
            if segment:
                gaps.append(end - start)
            path = reference(equations, start, t[first : last + 1])
            end = path[-1]
            counted = size + (segment == n_segments - 1)
            errors.append(path[:counted] - y[first : first + counted])
    expected = mean_square(errors) + (0.3 * mean_square(gaps) if gaps else 0)
    assert sum(len(part) for part in errors) == sum(LENGTHS)
    assert method.losses(0).item() == pytest.approx(expected, rel=1e-7)
    if gaps:
        assert method.logged(0)["continuity"] == pytest.approx(mean_square(gaps), rel=1e-7)


def test_corrections_of_starts_are_zero_at_first_and_learned():
    data = observed(LENGTHS)
    method = method_of(MultipleShootingTraining, data, n_segments=4)
    assert (method.start_offsets == 0).all()
    method.losses(0).sum().backward()
    assert (method.start_offsets.grad != 0).all()


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
        (HomotopyTraining, {"coupling_strength": -6}, "training.coupling_strength=-6: give numbers of at least 0"),
        (HomotopyTraining, {"coupling_strength": [1, 2, 3]}, "one for each of 2 components"),
        (MultipleShootingTraining, {"n_segments": 0}, "training.n_segments=0: give a whole number of at least 1"),
        (MultipleShootingTraining, {"continuity_weight": -1}, "training.continuity_weight=-1"),
    ],
)
def test_bad_choices_are_refused_before_training(kind, options, message):
    with pytest.raises(ConfigurationError, match=message):
        method_of(kind, observed(), **options)


def test_more_segments_than_intervals_are_refused_before_training():
    data = observed(LENGTHS)
    with pytest.raises(ConfigurationError, match=r"training.n_segments=11: trajectory 0 has 11 points"):
        method_of(MultipleShootingTraining, data, n_segments=11)


def test_too_few_points_to_smooth_are_refused_before_training():
    data = observed((4,))
    with pytest.raises(DataError, match="smoothing needs at least 5 points"):
        method_of(VanillaTraining, data, smoothing=0.1)
