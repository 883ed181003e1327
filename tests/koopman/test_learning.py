import math

import numpy as np
import pytest
import torch
from koopman_cases import learning, logistic_data, perceptron
from lightning.pytorch import Trainer
from torch import nn

from sciml_bench.core.errors import ConfigurationError, TrainingError
from sciml_bench.koopman import FeaturePair, NestedLoRALoss
from sciml_bench.koopman import learning as learning_module
from sciml_bench.networks import RandomAffine

N_BATCHES = 9
"""Full batches of 32 among the 299 training pairs of `logistic_data`."""


def fit(method, data, *, max_epochs=2, **options):
    trainer = Trainer(
        max_epochs=max_epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        **options,
    )
    trainer.fit(method, datamodule=data)
    return trainer


class Observed(nn.Module):
    """The loss of record, noting the learning rate and gradient mode of every call."""

    def __init__(self):
        super().__init__()
        self.inner, self.method, self.rates = NestedLoRALoss(3, nesting="joint"), [], []

    def forward(self, f, g):
        if torch.is_grad_enabled():
            self.rates.append(self.method[0].trainer.optimizers[0].param_groups[0]["lr"])
        return self.inner(f, g)


def observed_rates(schedule, **options):
    data, loss = logistic_data(), Observed()
    method = learning(data, loss=loss, schedule=schedule, **options)
    loss.method.append(method)  # in a list, so that it does not become a submodule of its own part
    trainer = fit(method, data)
    return loss.rates, trainer.optimizers[0].param_groups[0]["lr"]


def test_the_cosine_schedule_falls_to_zero_with_the_last_step():
    rates, after = observed_rates("cosine")
    expected = [0.01 * (1 + math.cos(math.pi * step / (2 * N_BATCHES))) / 2 for step in range(2 * N_BATCHES)]
    np.testing.assert_allclose(rates, expected, rtol=1e-10)
    assert abs(after) < 1e-15


def test_one_cycle_rises_to_the_learning_rate_and_falls_to_nothing_by_the_last_step():
    rates, _ = observed_rates("one_cycle")
    assert len(rates) == 2 * N_BATCHES
    assert max(rates) == pytest.approx(0.01, rel=0.02)
    assert np.argmax(rates) in (4, 5)  # 30 % of 18 steps
    assert rates[-1] < 1e-5 * max(rates)
    assert rates[-2] > 1e-3 * max(rates)


def test_a_constant_schedule_stays():
    rates, after = observed_rates("constant")
    assert set(rates) == {0.01}
    assert after == 0.01


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_batches_in_groups_give_the_same_weights_as_one_by_one(monkeypatch, schedule):
    weights = []
    for batches_per_call in (1, 4, 16):
        monkeypatch.setattr(learning_module, "BATCHES_PER_CALL", batches_per_call)
        data = logistic_data()
        method = learning(data, schedule=schedule)
        fit(method, data)
        assert data.batches_per_call == batches_per_call
        weights.append(torch.cat([weight.detach().flatten() for weight in method.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert torch.equal(weights[0], weights[2])
    untrained = torch.cat([weight.detach().flatten() for weight in learning(logistic_data()).parameters()])
    assert not torch.equal(weights[0], untrained)


def test_batches_come_one_by_one_where_only_some_are_wanted():
    data = logistic_data()
    trainer = fit(learning(data), data, max_epochs=1, limit_train_batches=3)
    assert data.batches_per_call == 1
    assert trainer.global_step == 3


class CountedNoise(nn.Module):
    """A distortion so strong that a loss which has seen it is easily told."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, states):
        self.calls += 1
        return torch.rand_like(states)


def test_states_are_distorted_in_training_alone():
    data, augmentation = logistic_data(), CountedNoise()
    method = learning(data, augmentation=augmentation)
    trainer = fit(method, data, max_epochs=1)
    assert augmentation.calls == 2 * N_BATCHES
    now, later = next(data.pairs("validation").stream(1000))
    with torch.no_grad():
        expected = float(method.loss(*method.model(now, later)))
    assert float(trainer.callback_metrics["loss_validation"]) == pytest.approx(expected, rel=1e-6)
    method.evaluate(data)
    assert augmentation.calls == 2 * N_BATCHES


def test_both_sides_of_a_pair_are_distorted_independently(monkeypatch):
    data, seen = logistic_data(), []
    method = learning(data, augmentation=CountedNoise())
    pair_loss = method.pair_loss

    def noted(now, later):
        if torch.is_grad_enabled():
            seen.append((now, later))
        return pair_loss(now, later)

    monkeypatch.setattr(method, "pair_loss", noted)
    fit(method, data, max_epochs=1)
    assert len(seen) == N_BATCHES
    assert all((now - later).abs().max() > 0.1 for now, later in seen)


def test_the_loss_of_an_epoch_is_the_mean_over_its_batches():
    class Numbered(nn.Module):
        count = 0

        def forward(self, f, g):
            if torch.is_grad_enabled():
                self.count += 1
            return f.sum() * 0 + self.count

    data = logistic_data()
    trainer = fit(learning(data, loss=Numbered()), data, max_epochs=2)
    second_epoch = range(N_BATCHES + 1, 2 * N_BATCHES + 1)
    assert float(trainer.callback_metrics["loss"]) == pytest.approx(np.mean(second_epoch))


def test_training_lowers_the_held_out_loss():
    data = logistic_data(n_steps=3000)
    method = learning(data)
    now, later = next(data.pairs("validation").stream(1000))
    with torch.no_grad():
        before = float(method.pair_loss(now, later))
    trainer = fit(method, data, max_epochs=8)
    assert float(trainer.callback_metrics["loss_validation"]) < before - 0.1


def test_a_loss_that_is_not_finite_stops_before_it_reaches_the_weights():
    class Breaking(nn.Module):
        calls = 0

        def forward(self, f, g):
            self.calls += 1
            return f.sum() * (math.nan if self.calls > 5 else 1.0)

    data = logistic_data()
    method = learning(data, loss=Breaking())
    with pytest.raises(TrainingError, match=r"nan in epoch 0, step 5.*learning_rate"):
        fit(method, data)
    assert all(torch.isfinite(parameter).all() for parameter in method.parameters())


def test_the_operator_is_estimated_in_evaluation_mode_and_leaves_the_model_alone():
    data = logistic_data()
    model = FeaturePair(data.spec, encoder=perceptron, n_modes=3, normalization="second_moment")
    method = learning(data, model=model)
    method.train()
    before = {name: value.clone() for name, value in method.state_dict().items()}
    eigenvalues = [method.fitted(data).operator.eigenvalues_ for _ in range(2)]
    np.testing.assert_array_equal(*eigenvalues)
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())
    now, _ = data.pairs("train").batch(np.arange(4))
    np.testing.assert_array_equal(method.fitted(data).f(now.numpy()), model.encode(now).detach().double().numpy())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0}, r"training\.learning_rate=0 must be positive"),
        ({"learning_rate": math.nan}, r"training\.learning_rate=nan must be positive"),
        ({"schedule": "cosin"}, r"training\.schedule='cosin'.*constant, cosine, one_cycle"),
        ({"evaluation": {"forecast_steps": 0}}, r"training\.evaluation\.forecast_steps=0"),
    ],
)
def test_an_option_out_of_range_names_its_key(options, message):
    with pytest.raises(ConfigurationError, match=message):
        learning(logistic_data(), **options)


def test_a_batch_smaller_than_the_number_of_modes_stops_before_training():
    data = logistic_data(batch_size=2)
    with pytest.raises(ConfigurationError, match=r"data\.batch_size=2.*model\.n_modes=3"):
        fit(learning(data), data)


def test_evaluation_gives_metrics_arrays_and_figures():
    data = logistic_data()
    method = learning(data, augmentation=RandomAffine())
    metrics = method.evaluate(data)
    assert {"vamp_e_exact", "vamp_e_validation", "vamp_2_validation", "spectral_error"} <= metrics.keys()
    assert {"eigenvalues", "singular_values"} <= method.arrays(data).keys()
    assert {"spectrum", "singular_functions"} <= method.figures(data).keys()
