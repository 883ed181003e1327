"""Networks that infer parameters: the loss, the choice of the epoch, resuming, and what a short fit recovers."""

from collections import OrderedDict

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored import kept_records
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.data.sources import LogisticPopulations
from sciml_bench.mechnn import LogisticNetwork, LogisticTraining, ParameterEvaluation
from sciml_bench.mechnn.parameters.parameter_recovery import populations
from sciml_bench.training import composed, restore, run

QUICK = ["experiment=logistic_discovery", "logger=none", "trainer.seconds_between_checkpoints=0"]
SMALL = ["data.split={train:96,validation:20,test:20}", "training.view.batch_size=32"]
SMALL += ["model.channels=4", "model.hidden=8", "trainer.max_epochs=4"]


pytestmark = pytest.mark.usefixtures("undrawn")


def run_of(folder, *overrides):
    metrics = run(composed("mechnn", [*QUICK, *overrides], folder=folder))
    return metrics, torch.load(folder / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]


def small_method(**options):
    view = WholeTrajectoriesView(LogisticPopulations({"train": 64, "validation": 4, "test": 4}))
    return LogisticTraining(LogisticNetwork(view.spec, channels=4, hidden=8), view, **options)


def test_the_loss_is_the_mean_absolute_error_of_solution_and_smoothed_state():
    method = small_method(smoothing_weight=0.3)
    observed = torch.from_numpy(populations(method.view.record.splits["train"])).float()
    estimate = method.model(observed)
    states, smoothed = (part.detach().numpy() for part in (estimate.states, estimate.smoothed))
    expected = np.abs(states - observed.numpy()).mean() + 0.3 * np.abs(smoothed - observed.numpy()).mean()
    assert method.loss(torch.arange(64)).item() == pytest.approx(expected, rel=1e-6)


def test_the_learning_rate_falls_to_zero_along_a_cosine(tmp_path):
    run_of(tmp_path / "cosine", *SMALL, "training.learning_rate=0.01")
    rates = RunFolder(tmp_path / "cosine").arrays["history_learning_rate"]
    last_steps = 3 * np.arange(1, 5) - 1  # three steps an epoch
    np.testing.assert_allclose(rates, 0.005 * (1 + np.cos(np.pi * last_steps / 12)), rtol=1e-9)
    run_of(tmp_path / "constant", *SMALL, "training.learning_rate=0.01", "schedule=constant")
    np.testing.assert_allclose(RunFolder(tmp_path / "constant").arrays["history_learning_rate"], 0.01)


def test_a_run_interrupted_in_the_middle_ends_as_if_it_had_not_been(tmp_path, monkeypatch):
    whole, weights = run_of(tmp_path / "whole", *SMALL)
    loss = LogisticTraining.loss

    def interrupted(self, batch):
        if self.progress.epoch == 2 and self.progress.step % 3 == 1:
            raise RuntimeError("interrupted")
        return loss(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(LogisticTraining, "loss", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run_of(tmp_path / "broken", *SMALL)
    metrics, again = run_of(tmp_path / "broken", *SMALL)
    assert RunFolder(tmp_path / "broken").record["interruptions"] == 1
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert metrics == whole
    opened = restore(tmp_path / "broken")
    found = ParameterEvaluation()(opened.learned, opened.data()).metrics
    assert found["growth_rate_median_error_test"] == whole["growth_rate_median_error_test"]


def test_no_true_parameter_acts_on_the_weights(tmp_path, monkeypatch):
    _, weights = run_of(tmp_path / "as_it_is", *SMALL)
    load_splits = LogisticPopulations.load_splits

    def changed(self):
        splits = load_splits(self)
        for part in splits.values():
            for values in (*part.parameters.values(), *part.clean):
                values += 1.0
        for states in splits["test"].states:
            states += 0.1
        return splits

    monkeypatch.setattr(LogisticPopulations, "load_splits", changed)
    monkeypatch.setattr(kept_records, "_kept", OrderedDict())
    _, other = run_of(tmp_path / "other_truth", *SMALL)
    assert all(torch.equal(weights[name], other[name]) for name in weights)


def test_a_short_fit_recovers_the_parameters_of_trajectories_it_has_not_seen(tmp_path):
    few = ["data.split={train:1000,validation:100,test:300}", "model.channels=16"]
    metrics, _ = run_of(tmp_path, *few, "trainer.max_epochs=8", "training.view.batch_size=32")
    # guessing the means would err by .11 (the median of |N(0, 1)| times the deviation of 1/6)
    assert metrics["growth_rate_median_error_test"] < 0.08
    assert metrics["capacity_median_error_test"] < 0.06
    assert metrics["growth_rate_median_error_train"] < 0.08


@pytest.mark.slow
def test_the_experiment_of_record_errs_by_less_than_one_percent(tmp_path):
    metrics, _ = run_of(tmp_path)
    for parameter in ("growth_rate", "capacity"):
        for split in ("train", "test"):
            assert metrics[f"{parameter}_median_error_{split}"] < 0.005
            assert metrics[f"{parameter}_quantile_90_error_{split}"] < 0.02


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["training.learning_rate=0"], r"training\.learning_rate=0"),
        (["training.smoothing_weight=-1"], r"training\.smoothing_weight=-1"),
        (["model=learned_linear_ode"], "trains model=logistic_network"),
    ],
)
def test_bad_choices_are_refused_before_training(overrides, message, tmp_path):
    small = [option for option in SMALL if not option.startswith("model")]
    with pytest.raises(ConfigurationError, match=message):
        run_of(tmp_path, *small, *overrides)


@pytest.mark.parametrize("training", ["logistic_network", "logistic_closed_form"])
def test_other_data_have_no_parameters_to_recover(training, tmp_path):
    options = ["data=noisy_damped_sine", "model=logistic_network", f"training={training}", "trainer.max_epochs=1"]
    options += ["training.view.batch_size=null"] if training == "logistic_network" else []
    with pytest.raises(ConfigurationError, match=rf"training={training} infers .* data=logistic_growth"):
        run(composed("mechnn", [*options, "logger=none"], folder=tmp_path))
