import math

import numpy as np
import pytest
import torch
from koopman_cases import fit, learning, logistic_pairs, perceptron
from torch import nn

from sciml_bench.core.errors import ConfigurationError, TrainingError
from sciml_bench.core.schedules import CosineDecay, OneCycle
from sciml_bench.koopman import FeaturePair, KoopmanLearning

N_BATCHES = 9
"""Full batches of 32 among the 299 training pairs of `logistic_pairs`."""


@pytest.mark.parametrize("schedule", [CosineDecay(), OneCycle()])
def test_batches_in_groups_give_the_same_weights_as_one_by_one(monkeypatch, schedule):
    weights = []
    for batches_per_call in (1, 4, 16):
        monkeypatch.setattr(KoopmanLearning, "batches_per_call", batches_per_call)
        method = learning(logistic_pairs())
        trainer = fit(method, schedule=schedule)
        assert trainer.global_step == 2 * N_BATCHES
        weights.append(torch.cat([weight.detach().flatten() for weight in method.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert torch.equal(weights[0], weights[2])
    untrained = torch.cat([weight.detach().flatten() for weight in learning(logistic_pairs()).parameters()])
    assert not torch.equal(weights[0], untrained)


def test_batches_come_one_by_one_where_only_some_are_wanted():
    assert fit(learning(logistic_pairs()), max_epochs=1, limit_train_batches=3).global_step == 3


class CountedNoise(nn.Module):
    """A distortion so strong that a loss which has seen it is easily told."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, states):
        self.calls += 1
        return torch.rand_like(states)


def test_states_are_distorted_in_training_alone():
    view, augmentation = logistic_pairs(), CountedNoise()
    method = learning(view, augmentation=augmentation)
    trainer = fit(method, max_epochs=1)
    assert augmentation.calls == 2 * N_BATCHES
    now, later = next(view.pairs("validation").stream(1000))
    with torch.no_grad():
        expected = float(method.objective(*method.model(now, later)))
    assert float(trainer.callback_metrics["loss_validation"]) == pytest.approx(expected, rel=1e-6)
    method.learned()
    assert augmentation.calls == 2 * N_BATCHES


def test_both_sides_of_a_pair_are_distorted_independently(monkeypatch):
    method, seen = learning(logistic_pairs(), augmentation=CountedNoise()), []
    pair_loss = method.pair_loss

    def noted(now, later):
        if torch.is_grad_enabled():
            seen.append((now, later))
        return pair_loss(now, later)

    monkeypatch.setattr(method, "pair_loss", noted)
    fit(method, max_epochs=1)
    assert len(seen) == N_BATCHES
    assert all((now - later).abs().max() > 0.1 for now, later in seen)


def test_the_loss_of_an_epoch_is_the_mean_over_its_batches():
    class Numbered(nn.Module):
        count = 0

        def forward(self, f, g):
            if torch.is_grad_enabled():
                self.count += 1
            return f.sum() * 0 + self.count

    trainer = fit(learning(logistic_pairs(), loss=Numbered()), max_epochs=2)
    second_epoch = range(N_BATCHES + 1, 2 * N_BATCHES + 1)
    assert float(trainer.callback_metrics["loss"]) == pytest.approx(np.mean(second_epoch))


def test_training_lowers_the_held_out_loss():
    view = logistic_pairs(n_steps=3000)
    method = learning(view)
    now, later = next(view.pairs("validation").stream(1000))
    with torch.no_grad():
        before = float(method.pair_loss(now, later))
    trainer = fit(method, max_epochs=8)
    assert float(trainer.callback_metrics["loss_validation"]) < before - 0.1


def test_a_loss_that_is_not_finite_stops_before_it_reaches_the_weights():
    class Breaking(nn.Module):
        calls = 0

        def forward(self, f, g):
            self.calls += 1
            return f.sum() * (math.nan if self.calls > 5 else 1.0)

    method = learning(logistic_pairs(), loss=Breaking())
    with pytest.raises(TrainingError, match=r"nan in epoch 0, step 5.*learning_rate"):
        fit(method)
    assert all(torch.isfinite(parameter).all() for parameter in method.parameters())


def test_the_operator_is_estimated_in_evaluation_mode_and_leaves_the_model_alone():
    view = logistic_pairs()
    model = FeaturePair(view.spec, encoder=perceptron, n_modes=3, normalization="second_moment")
    method = learning(view, model=model)
    method.train()
    before = {name: value.clone() for name, value in method.state_dict().items()}
    eigenvalues = [method.learned().eigenvalues() for _ in range(2)]
    np.testing.assert_array_equal(*eigenvalues)
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())
    now, _ = view.pairs("train").batch(np.arange(4))
    np.testing.assert_array_equal(method.learned().f(now.numpy()), model.encode(now).detach().double().numpy())


def test_what_was_learned_stays_when_training_goes_on():
    view = logistic_pairs()
    method = learning(view)
    learned, states = method.learned(), np.asarray(view.record.splits["test"].states[0][:5])
    before = learned.f(states)
    fit(method, max_epochs=1)
    np.testing.assert_array_equal(learned.f(states), before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0}, r"training\.learning_rate=0: give a positive number"),
        ({"learning_rate": math.nan}, r"training\.learning_rate=nan"),
        ({"learning_rate": "fast"}, r"training\.learning_rate=fast"),
        ({"weight_decay": -1}, r"training\.weight_decay=-1"),
    ],
)
def test_an_option_out_of_range_names_its_key(options, message):
    with pytest.raises(ConfigurationError, match=message):
        learning(logistic_pairs(), **options)


def test_a_batch_smaller_than_the_number_of_modes_stops_before_training():
    with pytest.raises(ConfigurationError, match=r"training\.view\.batch_size=2.*model\.n_modes=3"):
        learning(logistic_pairs(batch_size=2))
