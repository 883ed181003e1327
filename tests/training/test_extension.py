"""A finished run that goes on into a new folder."""

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from toy_runs import toy

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import composed, run
from sciml_bench.training.extension import extended, extension_folder
from sciml_bench.training.script import _send_extension_below_its_run, main

COSINE = {"_target_": "sciml_bench.core.CosineDecay"}


def epochs(folder: Path, n: int, schedule: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return toy(folder, "ToyPlanned", {"max_epochs": n}) | ({} if schedule is None else {"schedule": schedule}) | more


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(RunFolder(folder).last_checkpoint, weights_only=True)["state_dict"]


def test_five_and_five_epochs_at_a_constant_rate_are_ten_bit_by_bit(tmp_path: Path) -> None:
    whole = run(epochs(tmp_path / "whole", 10))
    run(epochs(tmp_path / "half", 5))
    before = {path: path.read_bytes() for path in (tmp_path / "half").rglob("*") if path.is_file()}
    metrics = run(epochs(tmp_path / "more", 10, extend=str(tmp_path / "half")))
    assert metrics == whole
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "more")
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert {path: path.read_bytes() for path in before} == before  # the old run is as it was
    assert RunFolder(tmp_path / "more").record["epochs"] == 10
    assert len(RunFolder(tmp_path / "more").arrays["history_epoch"]) == 10


@pytest.mark.parametrize("continues", [False, True])
def test_a_schedule_starts_again_over_the_added_epochs_unless_it_continues(tmp_path: Path, continues: bool) -> None:
    run(epochs(tmp_path / "half", 4, COSINE))
    more = {"extend": str(tmp_path / "half"), "continue_schedule": continues}
    run(epochs(tmp_path / "more", 8, COSINE, **more))
    rates = RunFolder(tmp_path / "more").arrays["history_learning_rate"]
    # four steps per epoch: what is logged is the rate of an epoch's last one
    first = rates[4] / 0.1
    assert first == pytest.approx(0.5 if continues else 1.0, abs=0.17)
    assert (first < 0.5) == continues


def test_no_more_epochs_than_the_run_has_had_is_an_error(tmp_path: Path) -> None:
    run(epochs(tmp_path / "half", 4))
    with pytest.raises(ConfigurationError, match=r"max_epochs=4, but extend=.* has had 4 already"):
        run(epochs(tmp_path / "more", 4, extend=str(tmp_path / "half")))


def test_only_the_values_given_now_change(tmp_path: Path) -> None:
    run(epochs(tmp_path / "half", 4, COSINE))
    config = OmegaConf.create(
        epochs(tmp_path / "more", 9, extend=str(tmp_path / "half"), continue_schedule=False, seed=3)
    )
    configuration = extended(config, [f"extend={tmp_path / 'half'}", "trainer.max_epochs=9"])
    old = RunFolder(tmp_path / "half").configuration
    assert old is not None
    assert configuration["trainer"] == old["trainer"] | {"max_epochs": 9}
    assert configuration["schedule"] == COSINE
    assert configuration["seed"] == old["seed"] == 0
    assert configuration["run_folder"] == str(tmp_path / "more")


def test_whom_the_old_folder_trusts_does_not_count(tmp_path: Path) -> None:
    run(epochs(tmp_path / "half", 4))
    command = epochs(tmp_path / "more", 9, extend=str(tmp_path / "half"), continue_schedule=False, trusted_packages=[])
    configuration = extended(OmegaConf.create(command), [f"extend={tmp_path / 'half'}", "trainer.max_epochs=9"])
    with pytest.raises(ConfigurationError, match=r"toy_method.* is no class that the suite exports"):
        run(configuration)


def test_the_folder_of_an_extended_run_lies_below_the_old_one() -> None:
    overrides = ["extend=outputs/a/seed=0", "trainer.max_epochs=400"]
    assert extension_folder("outputs/a/seed=0", overrides) == Path("outputs/a/seed=0/extended/trainer.max_epochs=400")


def test_what_is_given_now_tells_two_extensions_apart() -> None:
    given = [[], ["seed=1"], ["training=vanilla"], ["seed=1", "training=vanilla"], ["~schedule"], ["model=a"]]
    folders = {extension_folder("old", ["extend=old", "trainer.max_epochs=4", *words]) for words in given}
    assert len(folders) == len(given)
    assert extension_folder("old", ["extend=old", "force=true", "evaluation=none"]) == Path("old/extended/defaults")


def test_the_command_line_knows_the_folder_of_an_extension_by_all_that_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"extend={tmp_path}/", "trainer.max_epochs=4", "seed=1", "~schedule"]
    monkeypatch.setattr("sciml_bench.training.extension.earlier_choices", lambda run: {})  # of an empty folder
    monkeypatch.setattr("sys.argv", ["train_node_homotopy.py", *words])
    _send_extension_below_its_run()
    assert sys.argv[-1] == f"hydra.run.dir={extension_folder(tmp_path, words)}"
    assert "seed=1" in sys.argv[-1]
    assert "~schedule" in sys.argv[-1]


def test_an_extended_run_is_the_same_however_the_folder_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="sciml_bench")
    run(epochs(tmp_path / "half", 4))
    monkeypatch.chdir(tmp_path)
    first = run(epochs(tmp_path / "more", 6, extend="half/"))
    written = [f"{tmp_path}/half", f"{tmp_path}/half/", "./half", "half/../half"]
    assert all(run(epochs(tmp_path / "more", 6, extend=path)) == first for path in written)
    assert caplog.text.count("already finished") == len(written)


def test_what_is_not_finished_or_has_no_epochs_cannot_be_extended(tmp_path: Path) -> None:
    cases = (("ToyDirectMethod", {}, "without epochs"), ("ToyPlanned", {"ensemble": 2}, "an ensemble"))
    for target, more, message in (*cases, (None, {}, "does not exist")):
        folder = tmp_path / str(target)
        if target:
            run(toy(folder, target) | more)
        config = OmegaConf.create(toy(tmp_path / "more") | {"extend": str(folder), "continue_schedule": False})
        with pytest.raises(ConfigurationError, match=message):
            extended(config, [f"extend={folder}"])


FIELD = ["training=vanilla", "trainer.max_epochs=2", "logger=none", "model.nodes_per_layer=4"]


def test_a_composed_extension_is_the_run_of_the_folder_with_what_is_given_now(tmp_path: Path) -> None:
    run(composed("node_homotopy", FIELD, tmp_path / "half"))
    given = [f"extend={tmp_path / 'half'}", "trainer.max_epochs=4"]
    config = composed("node_homotopy", given)
    assert Path(config.run_folder) == tmp_path / "half" / "extended" / "trainer.max_epochs=4"
    assert (config.choices.training, config.model.nodes_per_layer) == ("vanilla", 4)
    assert run(config)
    assert RunFolder(config.run_folder).record["epochs"] == 4
    for group in ("debug=fast", "debug=profile", "experiment=table5"):
        with pytest.raises(ConfigurationError, match=f"{group}: a run is extended with single values"):
            composed("node_homotopy", [*given, group])


def test_one_command_extends_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["train_node_homotopy.py", "-m", f"extend={tmp_path}", "trainer.max_epochs=3,4"])
    with pytest.raises(SystemExit):
        main("node_homotopy")
    assert "extend= goes on with one run" in capsys.readouterr().err
