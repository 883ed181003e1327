"""Smoothing by learned linear ODEs: what is minimised, what chooses the epoch, and that a resume changes nothing."""

from collections import OrderedDict

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored import kept_records
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.data.sources import NoisyDampedSine, TrajectoryFiles
from sciml_bench.mechnn import LearnedLinearODE, SmoothingEvaluation, TrajectoryFit
from sciml_bench.training import composed, run

QUICK = ["experiment=sine_fit", "logger=none", "data.n_times=60", "data.end_time=6.0", "trainer.max_epochs=12"]
QUICK += ["trainer.seconds_between_checkpoints=0"]


pytestmark = pytest.mark.usefixtures("undrawn")


def run_of(folder, *overrides):
    metrics = run(composed("mechnn", [*QUICK, *overrides], folder=folder))
    return metrics, torch.load(folder / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_the_loss_is_the_sum_of_squares_over_the_rows_that_are_learned_from():
    times = [np.arange(12.0), np.arange(20.0)]
    states = [np.random.default_rng(0).normal(size=(len(grid), 2)) for grid in times]
    view = WholeTrajectoriesView(TrajectoryFiles.from_arrays(times, states, split={"train": 10}))
    method = TrajectoryFit(LearnedLinearODE(view.spec), view, validation_fraction=0.3)
    method.start()
    found, learned = method.model().detach(), method.learned()
    rows = ~learned.held_out
    expected = sum(((found[n, :10][rows[n]].numpy() - states[n][:10][rows[n]]) ** 2).sum() for n in range(2))
    assert float(method.loss().detach()) == pytest.approx(expected, rel=1e-5)
    assert 0 < (~rows).sum() < 12
    assert rows[:, [0, -1]].all()
    metrics = SmoothingEvaluation()(learned, view.record).metrics
    everything = np.concatenate([(found[n].numpy() - states[n][:10]) for n in range(2)])
    assert metrics["sum_of_squares"] == pytest.approx((everything**2).sum(), rel=1e-5)
    assert metrics["interpolation_mse"] == pytest.approx((everything**2).mean(), rel=1e-5)
    assert "clean_rmse" not in metrics


def test_the_truth_and_the_rows_held_out_do_not_act_on_the_weights(tmp_path, monkeypatch):
    option = "training.validation_fraction=0.2"
    _, weights = run_of(tmp_path / "as_it_is", option)
    load = NoisyDampedSine.load
    seen = {}

    def changed(self):
        trajectories = load(self)
        trajectories.clean[0][:] += 100.0
        return trajectories

    with monkeypatch.context() as patch:
        patch.setattr(NoisyDampedSine, "load", changed)
        patch.setattr(kept_records, "_kept", OrderedDict())
        metrics, other = run_of(tmp_path / "other_truth", option)
    assert same(weights, other)
    assert metrics["clean_rmse"] > 90
    with np.load(tmp_path / "as_it_is" / "arrays.npz") as arrays:
        seen["held_out"] = arrays["held_out"]

    def changed_rows(self):
        trajectories = load(self)
        trajectories.states[0][seen["held_out"][0]] *= 1.0001  # the best epoch stays the last one
        return trajectories

    with monkeypatch.context() as patch:
        patch.setattr(NoisyDampedSine, "load", changed_rows)
        patch.setattr(kept_records, "_kept", OrderedDict())
        _, third = run_of(tmp_path / "other_rows", option)
    assert same(weights, third)


def test_the_best_epoch_is_the_one_of_the_smallest_error_on_the_rows_held_out(tmp_path):
    metrics, _ = run_of(
        tmp_path, "training.validation_fraction=0.3", "training.learning_rate=5.0", "trainer.max_epochs=40"
    )
    with np.load(tmp_path / "arrays.npz") as arrays:
        errors = arrays["history_validation_mse"]
        held_out = arrays["held_out"]
        difference = (arrays["smoothed"] - arrays["observed"])[held_out]
    assert np.argmin(errors) + 1 == metrics["best_epoch"] < 40
    assert errors.min() == pytest.approx(np.mean(difference**2), rel=1e-5)


def test_without_rows_held_out_the_last_epoch_is_kept(tmp_path):
    metrics, _ = run_of(tmp_path)
    assert metrics["best_epoch"] == 12
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["history_loss"][-1] == pytest.approx(metrics["sum_of_squares"], rel=1e-5)


def test_a_run_interrupted_in_the_middle_ends_as_if_it_had_not_been(tmp_path, monkeypatch):
    option = "training.validation_fraction=0.2"
    whole, weights = run_of(tmp_path / "whole", option)
    loss = TrajectoryFit.loss

    def interrupted(self, batch=None):
        if self.progress.epoch == 7:
            raise RuntimeError("interrupted")
        return loss(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(TrajectoryFit, "loss", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run_of(tmp_path / "broken", option)
    metrics, again = run_of(tmp_path / "broken", option)
    assert RunFolder(tmp_path / "broken").record["interruptions"] == 1
    assert same(weights, again)
    assert metrics == whole


def test_smoothing_removes_more_noise_than_it_adds(tmp_path):
    metrics, _ = run_of(tmp_path, "trainer.max_epochs=120", "data.n_times=250", "data.end_time=25.0", "model.order=3")
    assert metrics["clean_rmse"] < 0.75 * metrics["observed_clean_rmse"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_published_loss_is_reached_at_the_published_epoch(seed, tmp_path):
    options = ["experiment=sine_fit", "logger=none", f"data.noise_seed={seed}", f"seed={seed}"]
    metrics = run(composed("mechnn", options, folder=tmp_path))
    assert metrics["sum_of_squares"] < 7.05
    assert metrics["clean_rmse"] < 0.095


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.learning_rate=0", r"training\.learning_rate=0"),
        ("training.validation_fraction=1", r"training\.validation_fraction=1"),
        ("model=logistic_network", r"model=learned_linear_ode"),
    ],
)
def test_bad_choices_are_refused_before_training(override, message, tmp_path):
    options = [option for option in QUICK if not option.startswith("experiment")]
    base = ["data=noisy_damped_sine", "training=trajectory_fit"]
    model = [] if override.startswith("model") else ["model=learned_linear_ode"]
    with pytest.raises(ConfigurationError, match=message):
        run(composed("mechnn", [*base, *model, *options, override], folder=tmp_path))


def test_a_fit_is_scored_on_the_trajectories_that_were_fitted_alone():
    times, rng = np.arange(12.0), np.random.default_rng(0)
    views = [WholeTrajectoriesView(TrajectoryFiles.from_arrays(times, rng.normal(size=(12, 2)), split={"train": 10}))
             for _ in range(2)]  # fmt: skip
    method = TrajectoryFit(LearnedLinearODE(views[0].spec), views[0], validation_fraction=0.3)
    method.start()
    assert SmoothingEvaluation()(method.learned(), views[0].record).metrics
    with pytest.raises(DataError, match="not the trajectories that were fitted"):
        SmoothingEvaluation()(method.learned(), views[1].record)
