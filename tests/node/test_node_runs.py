"""Whole runs of the training methods: resume, ensembles, model selection, break-downs."""

import json

import numpy as np
import pytest
import torch
from scripts import settings

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data.sources import SimulatedTrajectories
from sciml_bench.node import Evaluation, TrajectoryFitting
from sciml_bench.node.fitting.smoothing_spline import SmoothingSpline
from sciml_bench.training import composed, restore, run
from sciml_bench.training.ensemble import Ensemble

TRAININGS = {
    "vanilla": ["training=vanilla", "training.n_epochs=7"],
    "multiple_shooting": ["training=multiple_shooting", "training.n_epochs=7", "training.initial_state=trained"],
    "homotopy": ["training.coupling_schedule.n_steps=3", "training.coupling_schedule.epochs_per_step=3"],
    "homotopy_adaptive": [
        "training=homotopy_adaptive",
        "training.coupling_schedule.n_steps=3",
        "training.coupling_schedule.max_epochs_per_step=3",
        "training.coupling_schedule.patience=1",
        "training.initial_state=smoothed",
    ],
}
QUICK = [
    "logger=none",
    "data.end_time=4.0",
    "data.split={train:21,test:20}",
    "model.nodes_per_layer=6",
    "trainer.seconds_between_checkpoints=0",
]


pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Runs that nobody interrupts, by the name of their training, made when they are asked for."""
    root = tmp_path_factory.mktemp("whole")

    def of(training):
        if not (root / training).exists():
            run_of(root / training, *TRAININGS[training])
        return root / training

    return of


def run_of(folder, *overrides):
    return run(composed("node_homotopy", [*QUICK, *overrides], folder=folder))


def scores_of(folder):
    """What the learned object is worth, from its file and the record alone."""
    opened = restore(folder)
    return Evaluation(opened.configuration["evaluation"]["initial_state"])(opened.learned, opened.data()).metrics


def weights(folder):
    return torch.load(folder / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]


def assert_same(one, other):
    expected, found = weights(one), weights(other)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert RunFolder(one).metrics == RunFolder(other).metrics


def interrupting(monkeypatch, epoch):
    loss = TrajectoryFitting.loss

    def interrupted(self, batch):
        if self.progress.epoch == epoch:
            raise RuntimeError("interrupted")
        return loss(self, batch)

    monkeypatch.setattr(TrajectoryFitting, "loss", interrupted)


@pytest.mark.parametrize("training", TRAININGS)
def test_a_run_interrupted_in_the_middle_ends_as_if_it_had_not_been(training, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        interrupting(patch, 4)
        with pytest.raises(RuntimeError, match="interrupted"):
            run_of(tmp_path, *TRAININGS[training])
    run_of(tmp_path, *TRAININGS[training])
    assert_same(whole(training), tmp_path)
    one, other = (RunFolder(folder).arrays for folder in (whole(training), tmp_path))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


@pytest.mark.parametrize("training", TRAININGS)
def test_the_saved_weights_are_those_whose_error_selected_them(training, whole):
    metrics = RunFolder(whole(training)).metrics
    history = RunFolder(whole(training)).arrays["history_interpolation_mse"]
    again = scores_of(whole(training))["interpolation_mse"]
    assert again == pytest.approx(metrics["interpolation_mse"], rel=1e-12)
    assert again == pytest.approx(history.min(), rel=1e-12)
    assert metrics["best_epoch"] == np.argmin(history) + 1


def test_the_homotopy_parameter_is_logged_and_follows_the_schedule(whole):
    logged = RunFolder(whole("homotopy")).arrays["history_homotopy_parameter"]
    np.testing.assert_allclose(logged, np.repeat([1, 1 - 1 / 1.6, 0], 3))


@pytest.mark.parametrize(
    ("overrides", "seeds"),
    [
        (TRAININGS["homotopy"], [5, 6, 8]),
        ([*TRAININGS["vanilla"], "trainer.gradient_clip_val=0.01"], [1, 2]),  # every gradient is shortened by itself
    ],
)
def test_an_ensembles_members_are_the_runs_of_their_seeds_bit_for_bit(overrides, seeds, tmp_path):
    run_of(tmp_path / "ensemble", *overrides, f"ensemble={seeds}")
    for seed in seeds:
        run_of(tmp_path / f"{seed}", *overrides, f"seed={seed}")
        assert_same(tmp_path / f"{seed}", tmp_path / "ensemble" / "members" / f"seed={seed}")
    together = restore(tmp_path / "ensemble").learned
    alone = [restore(tmp_path / f"{seed}").learned for seed in seeds]
    members = together.forecast(together.past, 5).members
    np.testing.assert_array_equal(members, [each.forecast(each.past, 5).states for each in alone])


def test_members_of_an_ensemble_read_and_smooth_their_data_once(tmp_path, monkeypatch):
    counts = {"record": 0, "spline": 0}
    of_load, of_spline = SimulatedTrajectories.load, SmoothingSpline.__init__

    def load(record):
        counts["record"] += 1
        return of_load(record)

    def smooth(spline, *given):
        counts["spline"] += 1
        of_spline(spline, *given)

    monkeypatch.setattr(SimulatedTrajectories, "load", load)
    monkeypatch.setattr(SmoothingSpline, "__init__", smooth)
    configuration = settings("node_homotopy", "data.relative_noise=0.0123", "ensemble=3", folder=tmp_path)
    _, joined = Ensemble(configuration, RunFolder(tmp_path), [0, 1, 2]).build()
    assert counts == {"record": 1, "spline": 1}
    weights = next(iter(joined.parameters()))
    assert not torch.equal(weights[0], weights[1])


def test_an_ensemble_that_lacks_a_member_is_not_restored(tmp_path):
    run_of(tmp_path, *TRAININGS["vanilla"], "ensemble=2")
    (tmp_path / "members" / "seed=1" / "checkpoints" / "learned.ckpt").unlink()
    with pytest.raises(DataError, match=r"seed=1 has learned nothing yet \(finished\); repeat its command first"):
        restore(tmp_path)


def breaking(monkeypatch, member, epoch=3):
    """Let the weights of one member become huge in the middle of the fit."""
    loss = TrajectoryFitting.loss

    def broken(self, batch):
        if self.progress.epoch == epoch:
            self._next_losses = None
            with torch.no_grad():
                list(self.model.parameters())[-1][member] = 1e300
        return loss(self, batch)

    monkeypatch.setattr(TrajectoryFitting, "loss", broken)


def test_a_member_that_breaks_down_leaves_the_others_untouched(tmp_path, monkeypatch):
    run_of(tmp_path / "sound", *TRAININGS["homotopy"], "ensemble=3")
    with monkeypatch.context() as patch:
        breaking(patch, member=1)
        run_of(tmp_path / "broken", *TRAININGS["homotopy"], "ensemble=3")
    for seed in (0, 2):
        assert_same(*(tmp_path / name / "members" / f"seed={seed}" for name in ("sound", "broken")))
    record = RunFolder(tmp_path / "broken" / "members" / "seed=1").record
    assert "try a smaller training.learning_rate" in record["broke_down"]
    assert RunFolder(tmp_path / "broken" / "members" / "seed=1").metrics["best_epoch"] <= 3


def test_a_single_run_that_breaks_down_keeps_its_best_weights(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        breaking(patch, member=0)
        with pytest.raises(SolverError, match=r"try a smaller training.learning_rate"):
            run_of(tmp_path / "run", *TRAININGS["vanilla"])
    assert json.loads((tmp_path / "run" / "record.json").read_text())["status"] == "failed"
    best = torch.load(tmp_path / "run" / "checkpoints" / "best.ckpt", weights_only=True)
    assert best["epoch"] < 3
    assert best["value"] < 1e3


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["training=multiple_shooting", "training.n_segments=21"], "training.n_segments=21"),
        (["training=multiple_shooting", "training.n_segments=0"], "training.n_segments=0"),
        (["training.coupling_strength=-1"], "training.coupling_strength=-1"),
        (["training.coupling_schedule.decay=0"], "training.coupling_schedule.decay=0"),
        (["data=lorenz63_ko2023", "data.end_time=4.0", "model=lotka_graybox"], "lotka_graybox"),
        (["model.activation=step"], "activation='step' is unknown"),
        (["model.dtype=float16"], "model.dtype=float16"),
        (["solver.method=euler"], "solver.method=euler"),
        (["training.smoothing=-1"], "training.smoothing=-1"),
    ],
)
def test_a_bad_choice_stops_the_run_before_training(overrides, message, tmp_path, monkeypatch):
    interrupting(monkeypatch, 0)
    with pytest.raises(ConfigurationError, match=message):
        run_of(tmp_path / "run", *overrides)
