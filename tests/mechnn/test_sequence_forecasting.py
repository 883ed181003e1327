import json

import numpy as np
import pytest
import sequence_cases as cases
import torch
from sequence_cases import Rotation

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.mechnn.sequence_models.field_sequence_model import FieldSequenceModel
from sciml_bench.scores.rollout_scores import relative_squared_errors
from sciml_bench.sequences import RolloutEvaluation, SequenceForecasting
from sciml_bench.training import composed, restore, run


def evaluated(view, model, steps=(20,)):
    """Results of a model whose fit is over."""
    evaluation = RolloutEvaluation(rollout_steps=steps, thresholds=(0.01, 0.1), batch_size=16)
    with torch.no_grad():
        return evaluation(SequenceForecasting(model, view).learned(), view.record)


@pytest.fixture(scope="module")
def points():
    return cases.points()


@pytest.mark.parametrize("give_inputs", [True, False])
def test_an_exact_model_has_no_error_however_many_states_it_gives(points, give_inputs):
    model = Rotation(points.spec, give_inputs=give_inputs)
    windows = next(iter(points.train_loader()))
    assert float(SequenceForecasting(model, points).window_loss(windows).detach()) < 1e-6
    metrics = evaluated(points, model).metrics
    assert metrics["rollout_relative_squared_error"] < 1e-9
    assert metrics["window_relative_squared_error"] < 1e-9
    assert metrics["horizon_0.01"] == pytest.approx(2.8)  # never passed: to the end of the test part


def test_errors_of_a_rotation_that_lags_grow_as_they_must(points):
    """An angle that is short by δ after n steps leaves ‖û − u‖²/‖u‖² = 2 − 2 cos nδ; persistence is short by all."""
    found = evaluated(points, Rotation(points.spec, angle=0.09))
    metrics, steps = found.metrics, np.arange(1, 21)
    assert metrics["rollout_relative_squared_error"] == pytest.approx(np.mean(2 - 2 * np.cos(0.01 * steps)), rel=1e-4)
    assert metrics["persistence_relative_squared_error"] == pytest.approx(
        np.mean(2 - 2 * np.cos(0.1 * steps)), rel=1e-4
    )
    assert metrics["window_relative_squared_error"] == pytest.approx(
        np.mean(2 - 2 * np.cos(0.01 * steps[:3])), rel=1e-3
    )
    assert metrics["horizon_0.01"] == pytest.approx(1.1)  # 2 − 2 cos 0.10 is 0.00999…
    assert found.arrays["errors"].shape == (2, 28)  # to the end of the test part
    assert set(found.pictures) == {"error_growth", "rollout"}


def test_the_loss_is_measured_in_deviations_of_each_component(points):
    method = SequenceForecasting(Rotation(points.spec, give_inputs=False), points, loss="mse")
    windows = next(iter(points.train_loader()))
    shifted = windows.clone()
    shifted[:, -3:, 1] += 0.5  # the second point alone
    deviation = points.sequences("train").std(axis=(0, 1))[1]
    expected = np.mean((0.5 / deviation) ** 2) / 2
    assert float(method.window_loss(shifted).detach()) == pytest.approx(expected, rel=1e-4)


def test_inputs_that_were_pushed_forward_are_the_models_own_and_the_truth_stays_the_truth():
    view = cases.points(n_calls=3, dtype="float64")
    method = SequenceForecasting(Rotation(view.spec, angle=0.09), view)
    windows = next(iter(view.train_loader()))
    assert windows.shape[1] == 2 + 3 * 3
    angle = torch.atan2(windows[:, :, 0, 1], windows[:, :, 0, 0])
    seen = set()
    torch.manual_seed(0)
    for _ in range(20):
        truth, inputs = method.pushed_forward(windows)
        n_calls = next(n for n in range(3) if torch.equal(truth, windows[:, 3 * n : 3 * n + 5]))
        late = 0.01 * 3 * n_calls  # the lag after as many calls
        expected = torch.cos(angle[:, 3 * n_calls + 1] - late)
        torch.testing.assert_close(inputs[:, -1, 0, 0], expected)
        seen.add(n_calls)
    assert seen == {0, 1, 2}


def test_the_future_beyond_the_end_continues_the_test_trajectories(points):
    learned = SequenceForecasting(Rotation(points.spec), points).learned()
    forecast = learned.forecast(points.record.splits["test"], 7)
    angle = 0.1 * (29 + np.arange(1, 8)) + np.arange(2)[:, None]
    np.testing.assert_allclose(forecast.states[:, :, 0, 0], np.cos(angle), atol=1e-5)
    np.testing.assert_allclose(forecast.times, np.broadcast_to(0.1 * (29 + np.arange(1, 8)), (2, 7)))
    own = learned.forecast(learned.past, 7)
    np.testing.assert_array_equal(own.states[:2], forecast.states)


def test_a_model_of_the_wrong_shape_and_a_past_that_is_too_short_are_described(points):
    windows = next(iter(points.train_loader()))
    with pytest.raises(DataError, match="expected the last 3 to 5 states"):
        SequenceForecasting(torch.nn.Identity(), points).window_loss(windows)
    learned = SequenceForecasting(Rotation(points.spec), points).learned()
    with pytest.raises(DataError, match="what was learned needs at least 2"):
        learned.forecast(points.record.splits["test"].select(time=slice(0, 1)), 7)


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "huber"},
        {"learning_rate": 0.0},
        {"push_forward_start": 2.0},
        {"n_epochs": 0},
        {"validation_steps": 0},
    ],
)
def test_options_out_of_range_are_named(points, options):
    with pytest.raises(ConfigurationError, match=f"training.{next(iter(options))}"):
        SequenceForecasting(Rotation(points.spec), points, **options)


@pytest.mark.parametrize("options", [{"rollout_steps": ()}, {"thresholds": (0.0,)}, {"batch_size": 0}])
def test_options_of_the_evaluation_out_of_range_are_named(options):
    with pytest.raises(ConfigurationError, match=f"evaluation.{next(iter(options))}"):
        RolloutEvaluation(**options)


def test_the_model_with_the_block_learns_to_carry_waves_around_the_circle():
    view = cases.waves()
    torch.manual_seed(0)
    model = FieldSequenceModel(view.spec, width=8, n_blocks=1, kernel_size=5)
    method = SequenceForecasting(model, view)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    loader = view.train_loader()
    for epoch in range(40):
        loader.sampler.set_epoch(epoch)
        for windows in loader:
            optimizer.zero_grad()
            method.window_loss(windows).backward()
            optimizer.step()
    metrics = evaluated(view, model).metrics
    assert metrics["window_relative_squared_error"] < 2e-3
    assert metrics["rollout_relative_squared_error"] < 0.02 * metrics["persistence_relative_squared_error"]


# ---- whole runs ---------------------------------------------------------------------------------------------------

QUICK = [
    "experiment=kdv",
    "logger=none",
    "data.system.n_points=32",
    "data.system.length=32.0",
    "data.system.refinement=1",
    "data.system.largest_step=0.1",
    "data.split={train:2,validation:1,test:1}",
    "data.n_skipped=2",
    "data.n_frames=24",
    "data.n_test_frames=30",
    "training.view.n_inputs=3",
    "training.view.n_outputs=3",
    "training.view.n_calls=2",
    "training.view.batch_size=4",
    "training.view.windows_per_epoch=8",
    "model.width=4",
    "model.n_blocks=1",
    "model.kernel_size=3",
    "training.n_epochs=4",
    "training.validation_steps=6",
    "evaluation.rollout_steps=[9,20]",
    "trainer.seconds_between_checkpoints=0",
]


def run_of(folder, *overrides):
    return run(composed("mechnn", [*QUICK, *overrides], folder=folder))


@pytest.mark.parametrize(("model", "schedule"), [("block_resnet", "warm_cosine"), ("resnet", "plateau")])
def test_a_run_interrupted_in_the_middle_ends_as_if_it_had_not_been(model, schedule, tmp_path, monkeypatch):
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
    options = [f"model={model}", f"schedule={schedule}"]
    if schedule == "plateau":
        options += ["schedule.patience=1", "training.learning_rate=0.3"]  # large enough that the validation error rises
    run_of(tmp_path / "whole", *options)
    loss = SequenceForecasting.loss

    def interrupted(self, batch):
        if self.progress.epoch == 2 and self.progress.step % 2 == 1:
            raise RuntimeError("interrupted")
        return loss(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(SequenceForecasting, "loss", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run_of(tmp_path / "resumed", *options)
    run_of(tmp_path / "resumed", *options)
    whole, resumed = (RunFolder(tmp_path / name) for name in ("whole", "resumed"))
    last = [torch.load(folder.last_checkpoint, weights_only=True)["state_dict"] for folder in (whole, resumed)]
    assert all(torch.equal(last[0][name], last[1][name]) for name in last[0])
    for name in whole.arrays:
        np.testing.assert_array_equal(whole.arrays[name], resumed.arrays[name], err_msg=name)
    assert whole.metrics == resumed.metrics
    rates = whole.arrays["history_learning_rate"]
    assert rates[-1] < rates[0]


def test_a_run_leaves_metrics_figures_a_forecaster_and_the_weights_that_were_selected(tmp_path):
    metrics = run_of(tmp_path)
    history = RunFolder(tmp_path).arrays["history_rollout_error_validation"]
    assert metrics["best_epoch"] == np.argmin(history) + 1
    opened = restore(tmp_path)
    learned, validation = opened.learned, opened.data().splits["validation"]
    rolled = learned.forecast(validation.select(time=slice(0, 3)), 6).states
    errors = relative_squared_errors(rolled, np.stack([part[3:9] for part in validation.states]))
    assert errors.mean() == pytest.approx(history.min(), rel=1e-5)
    assert {path.stem for path in (tmp_path / "figures").iterdir()} >= {"error_growth", "rollout"}
    forecast = learned.forecast(learned.past, 7)
    assert forecast.states.shape[1:] == (7, 32)
    assert np.isfinite(forecast.states).all()
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["model"] == "block_resnet"
    assert record["steps"] == 8
    assert {
        "rollout_relative_squared_error_step_20",
        "persistence_relative_squared_error_step_9",
        "horizon_0.1",
    } <= metrics.keys()
