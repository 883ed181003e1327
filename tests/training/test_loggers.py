"""Where logged quantities go: one csv file whatever happens to the run, and an account only where there is one."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_method
from toy_runs import CSV, toy

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import run


def logged(folder: Path) -> list[dict[str, str]]:
    (path,) = (folder / "logs").rglob("*.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def interrupted_in(monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], epoch: int) -> None:
    loss = toy_method.ToyMethod.loss

    def stopped(self: Any, batch: Any) -> Any:
        if self.progress.epoch == epoch:
            raise KeyboardInterrupt
        return loss(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(toy_method.ToyMethod, "loss", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(config)


def test_the_csv_logger_goes_on_in_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(toy(tmp_path / "whole") | {"logger": CSV})
    config = toy(tmp_path / "broken") | {"logger": CSV}
    for epoch in (2, 3):
        interrupted_in(monkeypatch, config, epoch)
    run(config)
    assert logged(tmp_path / "broken") == logged(tmp_path / "whole")
    assert not list((tmp_path / "broken" / "logs").rglob("*.earlier"))


def test_what_was_logged_after_the_last_checkpoint_is_not_told_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = toy(tmp_path, trainer={"seconds_between_checkpoints": 1000.0}) | {"logger": CSV}
    interrupted_in(monkeypatch, config, epoch=3)  # epoch 0 is the only one that a checkpoint holds
    assert [row["epoch_number"] for row in logged(tmp_path) if row["epoch_number"]] == ["0.0", "1.0", "2.0"]
    run(config)
    numbers = [float(row["epoch_number"]) for row in logged(tmp_path) if row["epoch_number"]]
    np.testing.assert_array_equal(numbers, [0, 1, 2, 3])


def test_a_run_that_starts_over_begins_a_new_file(tmp_path: Path) -> None:
    config = toy(tmp_path) | {"logger": CSV}
    run(config)
    first = logged(tmp_path)
    run(config | {"force": True})
    assert len(logged(tmp_path)) == len(first)


def test_wandb_without_an_account_names_both_ways_out_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_SILENT", "true")
    for name in ("WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(toy_method.ToyMethod, "loss", lambda *_: pytest.fail("training began"))
    logger = {"_target_": "sciml_bench.training.loggers.WeightsAndBiasesLogging"}
    with pytest.raises(ConfigurationError, match=r"logger=wandb.*wandb login.*WANDB_MODE=offline"):
        run(toy(tmp_path / "run") | {"logger": logger})
    assert RunFolder(tmp_path / "run").status == "failed"
