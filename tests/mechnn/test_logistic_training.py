"""Networks that infer parameters: the loss, the choice of the epoch, resuming, and what a short fit recovers."""

import math

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.run_folder import RunFolder
from sciml_bench.data import LogisticTrajectories
from sciml_bench.mechnn import LogisticNetwork, LogisticTraining
from sciml_bench.training import composed, restore, run

QUICK = ["experiment=logistic_discovery", "logger=none", "trainer.seconds_between_checkpoints=0"]
SMALL = ["data.n_trajectories=96", "data.n_validation=20", "data.n_unseen=20", "data.batch_size=32"]
SMALL += ["model.channels=4", "model.hidden=8", "trainer.max_epochs=4"]


@pytest.fixture(autouse=True)
def _undrawn_figures(monkeypatch):
    monkeypatch.setattr("sciml_bench.training.one_run.save_figure", lambda figure, path: None)


def run_of(folder, *overrides):
    metrics = run(composed("mechnn", [*QUICK, *overrides], folder=folder))
    return metrics, torch.load(folder / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]


def small_method(**options):
    data = LogisticTrajectories(n_trajectories=64, n_validation=4, n_unseen=4)
    data.setup()
    return data, LogisticTraining(LogisticNetwork(data.spec, channels=4, hidden=8), data.spec, **options)


def test_the_loss_is_the_mean_absolute_error_of_solution_and_smoothed_state():
    data, method = small_method(smoothing_weight=0.3)
    observed = torch.from_numpy(data.populations("training").observed).float()
    estimate = method.model(observed)
    states, smoothed = (part.detach().numpy() for part in (estimate.states, estimate.smoothed))
    expected = np.abs(states - observed.numpy()).mean() + 0.3 * np.abs(smoothed - observed.numpy()).mean()
    assert method.loss(estimate, observed).item() == pytest.approx(expected, rel=1e-6)


def test_the_learning_rate_falls_to_zero_along_a_cosine():
    _, method = small_method(learning_rate=0.01)
    rates = [method.learning_rate_in(step, 100) for step in (0, 50, 100)]
    np.testing.assert_allclose(rates, [0.01, 0.005, 0], atol=1e-12)
    assert rates[0] - method.learning_rate_in(10, 100) == pytest.approx(0.005 * (1 - math.cos(math.pi / 10)))
    _, method = small_method(learning_rate=0.01, learning_rate_decay="constant")
    assert method.learning_rate_in(100, 100) == 0.01


def test_a_run_interrupted_in_the_middle_ends_as_if_it_had_not_been(tmp_path, monkeypatch):
    whole, weights = run_of(tmp_path / "whole", *SMALL)
    step = LogisticTraining.training_step

    def interrupted(self, batch, index):
        if self.current_epoch == 2 and index == 1:
            raise RuntimeError("interrupted")
        return step(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(LogisticTraining, "training_step", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run_of(tmp_path / "broken", *SMALL)
    metrics, again = run_of(tmp_path / "broken", *SMALL)
    assert RunFolder(tmp_path / "broken").record["interruptions"] == 1
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert metrics == whole
    data, method = restore(tmp_path / "broken")
    assert method.evaluate(data)["growth_rate_median_error_unseen"] == whole["growth_rate_median_error_unseen"]


def test_no_true_parameter_acts_on_the_weights(tmp_path, monkeypatch):
    _, weights = run_of(tmp_path / "as_it_is", *SMALL)
    load = LogisticTrajectories.load

    def changed(self):
        observations = load(self)
        for split in ("training", "validation", "unseen"):
            part = self.populations(split)
            for values in (part.growth_rates, part.capacities, part.clean):
                values += 1.0
        self.populations("unseen").observed[:] += 0.1
        return observations

    monkeypatch.setattr(LogisticTrajectories, "load", changed)
    _, other = run_of(tmp_path / "other_truth", *SMALL)
    assert all(torch.equal(weights[name], other[name]) for name in weights)


def test_a_short_fit_recovers_the_parameters_of_trajectories_it_has_not_seen(tmp_path):
    few = ["data.n_trajectories=1000", "data.n_validation=100", "data.n_unseen=300", "model.channels=16"]
    metrics, _ = run_of(tmp_path, *few, "trainer.max_epochs=8", "data.batch_size=32")
    # guessing the means would err by .11 (the median of |N(0, 1)| times the deviation of 1/6)
    assert metrics["growth_rate_median_error_unseen"] < 0.08
    assert metrics["capacity_median_error_unseen"] < 0.06
    assert metrics["growth_rate_median_error_training"] < 0.08


@pytest.mark.slow
def test_the_experiment_of_record_errs_by_less_than_one_percent(tmp_path):
    metrics, _ = run_of(tmp_path)
    for parameter in ("growth_rate", "capacity"):
        for split in ("training", "unseen"):
            assert metrics[f"{parameter}_median_error_{split}"] < 0.005
            assert metrics[f"{parameter}_quantile_90_error_{split}"] < 0.02


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["training.learning_rate=0"], r"training\.learning_rate=0"),
        (["training.learning_rate_decay=linear"], r"training\.learning_rate_decay=linear"),
        (["training.smoothing_weight=-1"], r"training\.smoothing_weight=-1"),
        (["model=polynomials"], "trains model=logistic_network"),
    ],
)
def test_bad_choices_are_refused_before_training(overrides, message, tmp_path):
    small = [option for option in SMALL if not option.startswith("model")]
    with pytest.raises(ConfigurationError, match=message):
        run_of(tmp_path, *small, *overrides)


@pytest.mark.parametrize("training", ["logistic_network", "logistic_closed_form"])
def test_other_data_have_no_parameters_to_recover(training, tmp_path):
    options = ["data=noisy_damped_sine", "model=logistic_network", f"training={training}", "trainer.max_epochs=1"]
    with pytest.raises(ConfigurationError, match=rf"training={training} infers .* data=logistic_growth"):
        run(composed("mechnn", [*options, "logger=none"], folder=tmp_path))
