"""Every choice of train_mechnn.py composes, can be built, runs, and stops with one clear sentence."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.training import restore, run
from sciml_bench.training.build import build
from sciml_bench.training.script import composed, main

ROOT = Path(__file__).resolve().parents[1] / "conf" / "mechnn"
NEEDS_A_PATH = {"data.path"}
SHORT_LORENZ = ["data.end_time=5.99", "logger=none"]


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / group).glob("*.yaml"))


def settings(*overrides: str, folder: Path) -> dict[str, Any]:
    config = composed("mechnn", list(overrides), folder)
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


def command_line(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The script in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["train_mechnn.py", *arguments])
    try:
        main("mechnn")
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.mark.parametrize(
    ("group", "option"),
    [(group, option) for group in ("data", "model", "training", "experiment") for option in options(group)],
)
def test_every_option_composes_and_every_reference_in_it_is_resolved(group: str, option: str, tmp_path: Path) -> None:
    config = composed("mechnn", [f"{group}={option}"], tmp_path)
    assert OmegaConf.missing_keys(config) <= NEEDS_A_PATH
    OmegaConf.to_container(config, resolve=True)


def test_the_default_run_finds_the_lorenz_equations_and_writes_them_where_a_person_reads_them(tmp_path: Path) -> None:
    metrics = run(settings(*SHORT_LORENZ, folder=tmp_path))
    assert metrics["exact_support"] == 1
    assert metrics["worst_coefficient_error"] < 1e-3
    assert metrics["forecast_relative_error"] < 1e-2
    record = json.loads((tmp_path / "record.json").read_text())
    assert [text.split(" = ")[0] for text in record["equations"]] == ["dx/dt", "dy/dt", "dz/dt"]
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {
        "coefficients",
        "trajectories",
        "phase_portrait",
    }
    learned = restore(tmp_path).learned
    assert np.isfinite(learned.forecast(learned.past, 50).states).all()


def test_the_network_trains_and_is_the_same_after_an_interruption(tmp_path: Path) -> None:
    few = ["model=discovery_network", "training=network", "model.hidden_width=16", "training.n_cycles=2"]
    few += ["training.epochs_per_cycle=2", "data.end_time=5.99", "logger=none", "trainer.seconds_between_checkpoints=0"]
    whole = run(settings(*few, folder=tmp_path / "whole"))
    from sciml_bench.mechnn import DiscoveryTraining

    with pytest.MonkeyPatch.context() as patch:
        original = DiscoveryTraining.apply_threshold

        def interrupted(self: DiscoveryTraining) -> None:
            if self.current_epoch == 3:
                raise ValueError("killed")
            original(self)

        patch.setattr(DiscoveryTraining, "apply_threshold", interrupted)
        with pytest.raises(ValueError, match="killed"):
            run(settings(*few, folder=tmp_path / "resumed"))
    assert run(settings(*few, folder=tmp_path / "resumed")) == whole


def test_a_persons_own_csv_gives_equations(tmp_path: Path) -> None:
    times = np.linspace(0, 12, 400)
    rows = np.column_stack([times, np.cos(2 * times), -2 * np.sin(2 * times)])
    np.savetxt(tmp_path / "mine.csv", rows, delimiter=",", header="t,x,v", comments="")
    overrides = ["data=trajectories", f"data.path={tmp_path / 'mine.csv'}", "data.time_column=t", "model.degree=1"]
    run(settings(*overrides, "data.component_names=[x,v]", "logger=none", folder=tmp_path / "run"))
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["equations"] == ["dx/dt = 1 v", "dv/dt = -4 x"]


@pytest.mark.parametrize(("training", "model"), [("closed_form", "discovery_network"), ("network", "polynomials")])
def test_a_training_says_which_model_it_needs(training: str, model: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"model="):
        build(settings(f"training={training}", f"model={model}", *SHORT_LORENZ, folder=tmp_path))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["training.threshold=0"], "training.threshold"),
        (["training.threshold=1000"], "the support is empty"),
        (["training.taylor_order=0"], "training.taylor_order"),
        (["training.refinement=maybe"], "training.refinement"),
        (["model.degree=9"], "model.degree"),
        (["model.frequencies=-1"], "model.frequencies"),
        (["data=trajectories", "data.path=nowhere.csv"], "nowhere.csv"),
        (["training=homotopy"], "train_node_homotopy.py"),
        (["model=polynomial"], "did you mean model=polynomials"),
    ],
)
def test_bad_input_stops_with_one_sentence(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    short = [] if any("trajectories" in part for part in arguments) else ["data.end_time=5.99"]
    assert command_line(monkeypatch, *arguments, *short, "logger=none") == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("error: ")
    assert says in said
