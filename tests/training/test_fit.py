"""How long a fit goes on, what ends it early, and what it leaves then."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
import toy_method
from toy_runs import CSV, toy

from sciml_bench.core.errors import ConfigurationError, SolverError, TrainingError
from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import run
from sciml_bench.training.loop.callbacks import SeedEveryEpoch


def planned(folder: Path, trainer: dict[str, Any] | None = None, **training: Any) -> dict[str, Any]:
    return toy(folder, "ToyPlanned", trainer, **training)


def test_without_a_number_of_epochs_the_methods_plan_is_followed(tmp_path: Path) -> None:
    run(planned(tmp_path, {"max_epochs": None}))
    assert RunFolder(tmp_path).record["epochs"] == 6


def test_a_number_of_epochs_goes_before_the_methods_plan(tmp_path: Path) -> None:
    run(planned(tmp_path, {"max_epochs": 2}))
    assert RunFolder(tmp_path).record["epochs"] == 2


def test_without_a_number_and_without_a_plan_the_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"trainer\.max_epochs=null.*ToyMethod plans none"):
        run(toy(tmp_path, trainer={"max_epochs": None}))


def test_a_solver_that_breaks_down_leaves_its_reason_and_the_best_weights_so_far(tmp_path: Path) -> None:
    with pytest.raises(SolverError, match="underflow in dt at time"):
        run(planned(tmp_path, solver_breaks_in=3, learning_rate=0.05) | {"seed": 1})
    folder = RunFolder(tmp_path)
    assert folder.status == "failed"
    assert folder.record["reason"].startswith("SolverError: underflow in dt at time 1.5, state norm 1e9; try")
    run(planned(tmp_path / "whole", {"max_epochs": 3}, learning_rate=0.05) | {"seed": 1})
    best, expected = (
        torch.load(place.best_checkpoint, weights_only=True) for place in (folder, RunFolder(tmp_path / "whole"))
    )
    assert best["epoch"] == expected["epoch"]
    assert all(torch.equal(best["state_dict"][name], expected["state_dict"][name]) for name in best["state_dict"])


def test_what_a_method_counts_is_in_the_record_and_survives_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = toy_method.ToyPlanned.loss

    def interrupted(self: Any, batch: Any):
        if self.progress.epoch == 2:
            raise RuntimeError("interrupted")
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(toy_method.ToyPlanned, "loss", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run(planned(tmp_path))
    metrics = run(planned(tmp_path))
    assert RunFolder(tmp_path).record["function_evaluations"] == metrics["function_evaluations"] == 16


STOPPING = {"max_epochs": 50, "early_stopping": {"patience": 3, "min_delta": 0.0}}


def test_early_stopping_sees_what_a_method_logs_at_the_end_of_the_same_epoch(tmp_path: Path) -> None:
    metrics = run(planned(tmp_path, STOPPING))
    assert RunFolder(tmp_path).record["epochs"] == metrics["best_epoch"] + 3 < 50


def test_counters_survive_a_kill_after_the_decision_to_stop_early(tmp_path: Path) -> None:
    metrics = run(planned(tmp_path, STOPPING))
    folder = RunFolder(tmp_path)
    record = folder.record
    (tmp_path / "metrics.json").unlink()
    folder.write_record(record | {"status": "running"})
    assert run(planned(tmp_path, STOPPING)) == metrics
    assert folder.record["function_evaluations"] == record["function_evaluations"] == 4 * record["epochs"]


@pytest.mark.parametrize("factor", ["nan", "inf"])
def test_a_score_logged_at_the_end_of_the_epoch_must_be_finite(tmp_path: Path, factor: str) -> None:
    with pytest.raises(TrainingError, match=f"distance became {factor} after epoch 0"):
        run(planned(tmp_path, distance_becomes=factor, in_epoch=0))
    assert not RunFolder(tmp_path).best_checkpoint.exists()


def test_numbers_of_an_epoch_reach_the_history_and_the_logger_in_full_precision(tmp_path: Path) -> None:
    run(planned(tmp_path) | {"logger": CSV})
    arrays = RunFolder(tmp_path).arrays
    best = torch.load(RunFolder(tmp_path).best_checkpoint, weights_only=True)
    assert arrays["history_distance"].min() == best["value"] == abs(best["state_dict"]["model.weight"].item() - 1)
    np.testing.assert_array_equal(arrays["history_count"], [4, 8, 12, 16])
    (path,) = (tmp_path / "logs").rglob("metrics.csv")
    table = np.genfromtxt(path, delimiter=",", names=True)
    logged = ~np.isnan(table["distance"])
    np.testing.assert_array_equal(table["distance"][logged], arrays["history_distance"])
    np.testing.assert_array_equal(table["epoch"][logged], arrays["history_epoch"])


def test_the_rows_of_the_csv_are_on_the_disk_when_a_checkpoint_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: Any) -> None:
        (path,) = (tmp_path / "logs").rglob("metrics.csv")
        assert len(path.read_text().splitlines()) == 1 + 4
        raise RuntimeError("interrupted")

    monkeypatch.setattr(toy_method.ToyPlanned, "learned", killed)
    with pytest.raises(RuntimeError, match="interrupted"):
        run(planned(tmp_path) | {"logger": CSV})


def test_the_random_numbers_of_an_epoch_are_those_of_its_seed_alone() -> None:
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    drawn = []
    for number in range(2):
        torch.rand(number)
        SeedEveryEpoch(3).on_train_epoch_start(trainer, pl.LightningModule())
        drawn.append((torch.rand(3), np.random.rand(3)))  # noqa: NPY002
    seed_everything(3, "epoch", 0, "rank", 0)
    drawn.append((torch.rand(3), np.random.rand(3)))  # noqa: NPY002
    for here, there in pairwise(drawn):
        assert torch.equal(here[0], there[0])
        np.testing.assert_array_equal(here[1], there[1])


@pytest.mark.slow  # a limit in seconds fails on a machine that has other things to do
@pytest.mark.parametrize("logger", [{}, CSV])
def test_an_epoch_of_one_cheap_step_costs_milliseconds_at_most(tmp_path: Path, logger: Any) -> None:
    # 1 ms on a free machine without run-time type checks; what this guards against costs several times as much
    trainer = {"max_epochs": 200, "limit_train_batches": 1, "seconds_between_checkpoints": 10.0}
    trainer |= {"limit_val_batches": 0}  # which would be an epoch of its own
    run(planned(tmp_path, trainer) | {"logger": logger})
    assert RunFolder(tmp_path).record["cpu_seconds_per_epoch"] < 4e-3
