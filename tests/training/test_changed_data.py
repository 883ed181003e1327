"""A run knows the files that it learned from, and says so wherever they are not the same any more."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scripts import command_line

from sciml_bench.command_line import main
from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training.restore import restore

COMMON = [
    *("data=trajectories", "data.path=mine.csv", "logger=none", "hydra.run.dir=run"),
    *("trainer.max_epochs=2", "trainer.seconds_between_checkpoints=0"),
]
METHODS = {
    "node_homotopy": ["training=vanilla", "model.nodes_per_layer=4"],
    "koopman": ["model=mlp", "data.split.validation=0.2"],
    "mechnn": ["model=discovery_network", "training=network", "model.window=10", "model.hidden_width=8"],
}
WORDS = [*COMMON, *METHODS["node_homotopy"]]
BOTH_WAYS = ("force=true", "put the old file back", "hydra.run.dir=")


def write(path: Path, n_rows: int = 60, factor: float = 1.0) -> None:
    t = np.linspace(0, 6, 60)[:n_rows]
    table = np.column_stack([t, factor * np.sin(t), np.cos(t)])
    np.savetxt(path, table, delimiter=",", header="t,x,v", comments="", fmt="%.6f")


@pytest.fixture
def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undrawn: None) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "mine.csv", 50)
    return tmp_path


def test_a_finished_run_says_that_its_file_has_changed_and_offers_both_ways(
    at_work: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command_line(monkeypatch, "node_homotopy", *WORDS) == 0
    folder = RunFolder(at_work / "run")
    old, size = (at_work / "mine.csv").read_bytes(), (at_work / "mine.csv").stat().st_size
    metrics, past = folder.metrics, restore(folder.path).learned.past
    forecast = restore(folder.path).learned.forecast(past, 5).states
    write(at_work / "mine.csv", 60, factor=3.0)
    more = (at_work / "mine.csv").stat().st_size
    changed = f"mine.csv has changed from {size} to {more} bytes"

    capfd.readouterr()
    assert command_line(monkeypatch, "node_homotopy", *WORDS) == 1
    (said,) = capfd.readouterr().err.splitlines()
    assert all(part in said for part in (changed, *BOTH_WAYS))
    # other settings of the evaluation would score it again
    assert command_line(monkeypatch, "node_homotopy", *WORDS, "evaluation.n_pieces=1") == 1
    assert changed in capfd.readouterr().err
    assert command_line(monkeypatch, "node_homotopy", "extend=run", "trainer.max_epochs=3") == 1
    (said,) = capfd.readouterr().err.splitlines()
    assert changed in said
    assert "without extend" in said
    for words in (["evaluate", "run"], ["evaluate", "run", "--checkpoint", "last", "--data", "mine.csv"]):
        assert main(words) == 1
        (said,) = capfd.readouterr().err.splitlines()
        assert changed in said
        assert "--data <file>" in said
    with pytest.raises(DataError, match=r"mine.csv has changed.*data\(changed=True\)"):
        restore(folder.path).data()
    assert restore(folder.path).data(changed=True).splits["train"].n_trajectories == 1
    assert folder.metrics == metrics
    # scales live with the weights
    np.testing.assert_array_equal(restore(folder.path).learned.forecast(past, 5).states, forecast)

    (at_work / "mine.csv").unlink()
    assert main(["evaluate", "run"]) == 1
    (said,) = capfd.readouterr().err.splitlines()
    assert all(part in said for part in ("mine.csv: there is no such file", "Put the old file back", "--data <file>"))

    (at_work / "mine.csv").write_bytes(old)
    assert command_line(monkeypatch, "node_homotopy", *WORDS) == 0
    assert "already finished" in capfd.readouterr().err
    write(at_work / "mine.csv", 60, factor=3.0)
    assert command_line(monkeypatch, "node_homotopy", *WORDS, "force=true") == 0
    assert folder.record["data_files"][0]["bytes"] == more
    assert folder.metrics != metrics


@pytest.mark.parametrize("script", METHODS)
def test_a_run_that_was_killed_does_not_go_on_with_another_file(
    at_work: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], script: str
) -> None:
    from sciml_bench.training.loop.gradient_training import GradientTraining

    words = [*COMMON, *METHODS[script]]
    training_step = GradientTraining.training_step

    def killed(self: GradientTraining, *given: Any) -> Any:
        if self.trainer.current_epoch == 1:
            raise KeyboardInterrupt
        return training_step(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(GradientTraining, "training_step", killed)
        with pytest.raises(KeyboardInterrupt):
            command_line(patch, script, *words)
    folder = RunFolder(at_work / "run")
    assert folder.last_checkpoint.exists()
    assert folder.record["data_files"][0]["path"] == "mine.csv"
    weights = folder.last_checkpoint.read_bytes()
    text = (at_work / "mine.csv").read_text()
    (at_work / "mine.csv").write_text(text.replace("0.000000,0.000000,1.000000", "0.000000,0.100000,1.000000"))
    capfd.readouterr()
    assert command_line(monkeypatch, script, *words) == 1
    (said,) = capfd.readouterr().err.splitlines()
    assert "run has begun to learn from other data, since mine.csv was replaced by another file of its size" in said
    assert all(part in said for part in ("go on with what it has learned", *BOTH_WAYS))
    assert folder.last_checkpoint.read_bytes() == weights
    replaced = (at_work / "mine.csv").read_text()
    (at_work / "mine.csv").write_text(text)
    assert command_line(monkeypatch, script, *words) == 0
    assert "continuing: run" in capfd.readouterr().err
    (at_work / "mine.csv").write_text(replaced)
    assert command_line(monkeypatch, script, *words, "force=true") == 0


def test_the_record_names_the_files_while_a_run_is_under_way(at_work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def looked_at(*_: object, **__: object) -> None:
        seen.append(json.loads((at_work / "run" / "record.json").read_text()))
        raise KeyboardInterrupt

    monkeypatch.setattr("sciml_bench.training.loop.fit.fit", looked_at)
    with pytest.raises(KeyboardInterrupt):
        command_line(monkeypatch, "node_homotopy", *WORDS)
    assert seen[0]["status"] == "running"
    assert [file["path"] for file in seen[0]["data_files"]] == ["mine.csv"]


def test_a_file_that_was_added_to_a_folder_is_named(
    at_work: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (at_work / "many").mkdir()
    for name in ("1.csv", "2.csv"):
        write(at_work / "many" / name)
    words = [*WORDS, "data.path=many"]
    assert command_line(monkeypatch, "node_homotopy", *words) == 0
    write(at_work / "many" / "3.csv")
    capfd.readouterr()
    assert command_line(monkeypatch, "node_homotopy", *words) == 1
    assert "many/3.csv was added" in capfd.readouterr().err
