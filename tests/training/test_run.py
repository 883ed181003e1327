"""One run from its configuration to its folder, on a toy method that trains in milliseconds."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import toy_method
import yaml
from matplotlib.image import imread
from toy_runs import CSV, toy

from sciml_bench.core.errors import ConfigurationError, DataError, TrainingError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import run
from sciml_bench.training.restore import restore


@pytest.mark.usefixtures("painted")
def test_a_run_leaves_a_complete_folder(tmp_path: Path) -> None:
    config = toy(tmp_path)
    metrics = run(config)
    folder = RunFolder(tmp_path)
    assert metrics == folder.metrics
    assert metrics["slope"] == pytest.approx(2, abs=0.7)
    assert folder.configuration == config == yaml.safe_load((tmp_path / ".hydra" / "config.yaml").read_text())
    assert {path.name for path in folder.figures.iterdir()} == {"errors.png", "learning_curves.png"}
    assert all(np.ptp(imread(path)) > 0.5 for path in folder.figures.iterdir())
    assert folder.best_checkpoint.exists()
    assert folder.last_checkpoint.exists()
    record = folder.record
    assert record["status"] == "finished"
    assert "reason" not in record
    assert (record["seed"], record["epochs"], record["steps"], record["parameters"]) == (0, 4, 16, 2)
    assert record["interruptions"] == 0
    assert record["started"] <= record["ended"]
    assert 0 < record["fit_wall_seconds"] < record["wall_seconds"]
    assert record["cpu_seconds_per_epoch"] == pytest.approx(record["fit_cpu_seconds"] / 4)
    assert record["peak_memory_mebibytes"] > 50
    assert record["versions"]["torch"] == torch.__version__
    assert {"git_commit", "hardware"} <= record.keys()


def test_the_history_holds_what_each_epoch_logged(tmp_path: Path) -> None:
    run(toy(tmp_path, best_at=2))
    arrays = RunFolder(tmp_path).arrays
    np.testing.assert_array_equal(arrays["history_epoch"], [0, 1, 2, 3])
    np.testing.assert_array_equal(arrays["history_epoch_number"], [0, 1, 2, 3])
    np.testing.assert_array_equal(arrays["history_loss_validation"], [2, 1, 0, 1])


def test_the_evaluated_weights_are_the_best_ones(tmp_path: Path) -> None:
    run(toy(tmp_path, best_at=1))
    folder = RunFolder(tmp_path)
    best = torch.load(folder.best_checkpoint, weights_only=True)
    last = torch.load(folder.last_checkpoint, weights_only=True)
    assert best["epoch"] == 1
    assert best["value"] == 0
    assert not torch.equal(best["state_dict"]["model.weight"], last["state_dict"]["method.model.weight"])
    np.testing.assert_array_equal(folder.arrays["weight"], best["state_dict"]["model.weight"])


def test_without_validation_the_last_weights_are_kept(tmp_path: Path) -> None:
    run(toy(tmp_path, trainer={"limit_val_batches": 0}))
    assert torch.load(RunFolder(tmp_path).best_checkpoint, weights_only=True)["epoch"] == 3


def test_a_finished_run_is_returned_without_running_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    metrics = run(toy(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    with caplog.at_level(logging.INFO, logger="sciml_bench"):
        assert run(toy(tmp_path) | {"logger": CSV}) == metrics  # where it reports to does not matter
    assert "already finished" in caplog.text
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_force_starts_over(tmp_path: Path) -> None:
    run(toy(tmp_path))
    (tmp_path / "figures" / "of_yesterday.png").write_bytes(b"x")
    other = toy(tmp_path, learning_rate=0.2) | {"force": True}
    run(other)
    folder = RunFolder(tmp_path)
    assert folder.configuration == other
    assert folder.record["interruptions"] == 0
    assert not (tmp_path / "figures" / "of_yesterday.png").exists()


WRONG = {
    "training": {"unheard_of": 1},
    "evaluation": {"_target_": "sciml_bench.koopman.Evaluation", "forecast_steps": 0},
    "schedule": {"_target_": "sciml_bench.core.CosineDecay", "warm_up": 2.0},
}


@pytest.mark.parametrize("node", WRONG)
def test_force_with_a_choice_that_is_wrong_leaves_a_finished_run_alone(tmp_path: Path, node: str) -> None:
    metrics = run(toy(tmp_path))
    other = toy(tmp_path) | {"force": True}
    other[node] = {**other.get(node, {}), **WRONG[node]}
    with pytest.raises(ConfigurationError):
        run(other)
    assert RunFolder(tmp_path).metrics == metrics
    assert RunFolder(tmp_path).learned_checkpoint.exists()


def test_another_configuration_in_the_folder_stops_with_both_values_and_the_remedy(tmp_path: Path) -> None:
    metrics = run(toy(tmp_path, learning_rate=0.1))
    with pytest.raises(ConfigurationError) as raised:
        run(toy(tmp_path, learning_rate=0.2))
    for part in ("training.learning_rate was 0.1, now 0.2", "force=true", "hydra.run.dir="):
        assert part in str(raised.value)
    assert RunFolder(tmp_path).metrics == metrics
    assert RunFolder(tmp_path).status == "finished"


@pytest.mark.parametrize("factor", ["nan", "inf"])
def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_last_good_checkpoint(tmp_path: Path, factor: str) -> None:
    with pytest.raises(TrainingError, match=rf"loss became {factor} in epoch 2, step 8.*learning_rate"):
        run(toy(tmp_path, loss_becomes=factor, at_epoch=2))
    folder = RunFolder(tmp_path)
    record = folder.record
    assert record["status"] == "failed"
    assert f"the loss became {factor} in epoch 2" in record["reason"]
    assert not (tmp_path / "metrics.json").exists()
    for path in (folder.best_checkpoint, folder.last_checkpoint):
        weights = torch.load(path, weights_only=True)["state_dict"]
        assert all(torch.isfinite(tensor).all() for tensor in weights.values())
    assert torch.load(folder.last_checkpoint, weights_only=True)["epoch"] == 1


def test_a_step_that_ruins_the_weights_is_noticed_before_they_are_saved(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"not finite|no longer finite|became"):
        run(toy(tmp_path, learning_rate=1e30))
    assert RunFolder(tmp_path).record["status"] == "failed"
    assert not RunFolder(tmp_path).last_checkpoint.exists()


@pytest.mark.parametrize("metric", ["inf", "nan"])
def test_a_score_that_is_not_finite_is_said_and_costs_nothing_of_the_fit(tmp_path: Path, metric: str, caplog) -> None:
    found = run(toy(tmp_path) | {"evaluation": {"_target_": "toy_method.ToyEvaluation", "metric": metric}})
    folder = RunFolder(tmp_path)
    assert folder.status == "finished"
    assert f"metric is {metric}" in caplog.text
    for metrics in (found, folder.metrics):
        assert np.array_equal(metrics["metric"], float(metric), equal_nan=True)
        assert np.isfinite(metrics["slope"])
    assert folder.learned_checkpoint.exists()


def test_a_failed_run_is_continued_when_it_is_repeated(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    expected = run(toy(whole))
    with pytest.raises(TrainingError):
        run(toy(broken, loss_becomes="nan", at_epoch=2))
    record = RunFolder(broken).record
    # the cause is removed; the configuration in the folder is made to agree
    RunFolder(broken).write_configuration(toy(broken))
    assert run(toy(broken)) == expected
    after = RunFolder(broken).record
    assert (after["status"], after["interruptions"], after["steps"]) == ("finished", 1, 16)
    assert after["started"] == record["started"]
    assert after["wall_seconds"] > record["wall_seconds"]


STOPPING = {"max_epochs": 50, "early_stopping": {"patience": 3, "min_delta": 0.0}}


def test_early_stopping_waits_for_its_patience(tmp_path: Path) -> None:
    run(toy(tmp_path, trainer=STOPPING, best_at=5))
    folder = RunFolder(tmp_path)
    assert folder.record["epochs"] == 5 + 1 + 3
    assert torch.load(folder.best_checkpoint, weights_only=True)["epoch"] == 5


def test_a_run_killed_after_it_decided_to_stop_early_does_not_train_on(tmp_path: Path) -> None:
    config = toy(tmp_path, trainer=STOPPING, best_at=5)
    metrics = run(config)
    folder = RunFolder(tmp_path)
    arrays = folder.arrays
    weights = torch.load(folder.last_checkpoint, weights_only=True)["state_dict"]
    (tmp_path / "metrics.json").unlink()
    folder.best_checkpoint.unlink()
    folder.write_record(folder.record | {"status": "running"})
    assert run(config) == metrics
    assert folder.record["epochs"] == 9
    found = torch.load(folder.last_checkpoint, weights_only=True)["state_dict"]
    assert all(torch.equal(found[name], weights[name]) for name in weights)
    np.testing.assert_array_equal(folder.arrays["history_loss_validation"], arrays["history_loss_validation"])


def test_gradients_are_clipped_at_the_norm_asked_for(tmp_path: Path) -> None:
    run(toy(tmp_path / "free", loss_becomes="1000", at_epoch=0, learning_rate=1e-6))
    run(
        toy(
            tmp_path / "clipped",
            loss_becomes="1000",
            at_epoch=0,
            learning_rate=1e-6,
            trainer={"gradient_clip_val": 0.5},
        )
    )
    weights = [
        torch.load(RunFolder(tmp_path / name).last_checkpoint, weights_only=True)["state_dict"][
            "method.model.weight"
        ].item()
        for name in ("free", "clipped")
    ]
    run(toy(tmp_path / "still", learning_rate=0.0))
    checkpoint = torch.load(RunFolder(tmp_path / "still").last_checkpoint, weights_only=True)
    origin = checkpoint["state_dict"]["method.model.weight"]
    assert abs(weights[0] - origin.item()) > 100 * abs(weights[1] - origin.item())
    assert 0 < abs(weights[1] - origin.item()) <= 16 * 1e-6 * 0.5 * 1.01


def test_the_seed_alone_decides_the_weights(tmp_path: Path) -> None:
    weights = []
    for number, seed in enumerate((3, 3, 4)):
        run(toy(tmp_path / str(number)) | {"seed": seed})
        torch.rand(number + 1)  # whatever happened before in the process does not matter
        weights.append(torch.load(RunFolder(tmp_path / str(number)).best_checkpoint, weights_only=True)["state_dict"])
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not torch.equal(weights[0]["model.bias"], weights[2]["model.bias"])


@pytest.mark.parametrize("seed", [-1, 1.5, "abc", None])
def test_a_seed_that_is_no_whole_number_is_named(tmp_path: Path, seed: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"seed={seed}"):
        run(toy(tmp_path / "run") | {"seed": seed})
    assert not (tmp_path / "run").exists()


def test_a_fit_without_epochs_has_the_same_folder(tmp_path: Path) -> None:
    config = toy(tmp_path, target="ToyDirectMethod")
    assert run(config)["slope"] == pytest.approx(2)
    folder = RunFolder(tmp_path)
    assert folder.status == "finished"
    assert folder.record["fit_wall_seconds"] > 0
    assert {path.name for path in folder.figures.iterdir()} == {"errors.png"}
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {"learned.ckpt"}
    before = folder.record
    run(config)
    assert folder.record == before


def test_a_device_that_the_machine_lacks_is_one_clear_sentence(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigurationError, match=r"trainer.*gpu"):
        run(toy(tmp_path, trainer={"accelerator": "gpu"}))
    assert RunFolder(tmp_path).status == "failed"


def test_a_run_that_another_process_works_on_is_refused(tmp_path: Path) -> None:
    with RunFolder(tmp_path).claimed(), pytest.raises(ConfigurationError, match="another process"):
        run(toy(tmp_path))


def test_a_finished_run_comes_back_with_what_its_best_weights_are(tmp_path: Path) -> None:
    metrics = run(toy(tmp_path, best_at=1))
    with pytest.raises(ConfigurationError, match="--trust"):  # a folder cannot ask to be trusted
        restore(tmp_path)
    found = restore(tmp_path, trusted_packages=["toy_method"])
    assert found.learned.line.weight.item() == pytest.approx(metrics["slope"])
    assert found.metrics == metrics
    assert found.record["status"] == "finished"
    assert len(found.data().points) == 64


def test_other_settings_of_the_evaluation_score_again_without_training(tmp_path: Path) -> None:
    first = run(toy(tmp_path))
    folder = RunFolder(tmp_path)
    weights, arrays = folder.last_checkpoint.read_bytes(), folder.arrays
    settings = {"evaluation": {"_target_": "toy_method.ToyEvaluation", "metric": 0.75}}
    metrics = run(toy(tmp_path) | settings)
    assert metrics == first | {"metric": 0.75} == folder.metrics
    assert folder.last_checkpoint.read_bytes() == weights
    assert folder.configuration is not None
    assert folder.configuration["evaluation"] == settings["evaluation"]
    np.testing.assert_array_equal(folder.arrays["history_loss"], arrays["history_loss"])


def test_an_interrupted_run_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any, batch: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(toy_method.ToyMethod, "loss", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(toy(tmp_path))
    assert RunFolder(tmp_path).status == "interrupted"


def test_a_folder_without_a_run_cannot_be_restored(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no run"):
        restore(tmp_path)


def test_no_logger_leaves_no_logs(tmp_path: Path) -> None:
    run(toy(tmp_path))
    assert not list((tmp_path / "logs").rglob("*")) if (tmp_path / "logs").exists() else True


def test_the_csv_logger_writes_every_epoch_and_the_final_metrics(tmp_path: Path) -> None:
    run(toy(tmp_path, best_at=2) | {"logger": CSV})
    (path,) = (tmp_path / "logs").rglob("metrics.csv")
    table = np.genfromtxt(path, delimiter=",", names=True)
    np.testing.assert_array_equal(table["epoch_number"][~np.isnan(table["epoch_number"])], [0, 1, 2, 3])
    assert table["slope"][~np.isnan(table["slope"])] == pytest.approx(RunFolder(tmp_path).metrics["slope"])


def test_the_tensorboard_logger_writes_its_events(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    run(toy(tmp_path) | {"logger": {"_target_": "sciml_bench.training.loggers.TensorBoardLogging"}})
    events = b"".join(path.read_bytes() for path in (tmp_path / "logs").rglob("events.out.tfevents*"))
    assert b"loss_validation" in events
    assert b"slope" in events


def test_an_unknown_logger_is_named_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="MLFlow"):
        run(toy(tmp_path) | {"logger": {"_target_": "sciml_bench.training.loggers.MLFlow"}})


def test_two_jobs_of_one_process_are_two_finished_offline_runs_of_wandb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wandb

    monkeypatch.setenv("WANDB_SILENT", "true")
    settings = {
        "_target_": "sciml_bench.training.loggers.WeightsAndBiasesLogging",
        "project": "toy",
        "entity": None,
        "run_name": None,
        "offline": True,
    }
    for name in ("one", "two"):
        run(toy(tmp_path / name) | {"logger": settings})
        assert wandb.run is None  # finished at the job's end
    folders = [list((tmp_path / name / "logs").rglob("offline-run-*")) for name in ("one", "two")]
    assert [len(found) for found in folders] == [1, 1]
    assert folders[0][0].name.rsplit("-", 1)[1] != folders[1][0].name.rsplit("-", 1)[1]
    assert all(list(found[0].glob("*.wandb")) for found in folders)


def test_a_wandb_run_that_fails_is_finished_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import wandb

    monkeypatch.setenv("WANDB_SILENT", "true")
    settings = {
        "_target_": "sciml_bench.training.loggers.WeightsAndBiasesLogging",
        "project": "toy",
        "entity": None,
        "run_name": None,
        "offline": True,
    }
    with pytest.raises(TrainingError):
        run(toy(tmp_path, loss_becomes="nan", at_epoch=1) | {"logger": settings})
    assert wandb.run is None
    assert json.loads((tmp_path / "record.json").read_text())["status"] == "failed"
