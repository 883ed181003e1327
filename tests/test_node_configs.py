"""Every choice of train_node_homotopy.py composes, can be built, trains, and stops with one clear sentence."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.training import run
from sciml_bench.training.build import build
from sciml_bench.training.script import composed, main

ROOT = Path(__file__).resolve().parents[1] / "conf" / "node_homotopy"
FEW_EPOCHS = ["trainer.max_epochs=2", "logger=none"]
SIMULATED = ("lotka_volterra", "lorenz", "double_pendulum")


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / group).glob("*.yaml"))


def settings(*overrides: str, folder: Path) -> dict[str, Any]:
    config = composed("node_homotopy", list(overrides), folder)
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


def command_line(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The script in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["train_node_homotopy.py", *arguments])
    try:
        main("node_homotopy")
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.mark.parametrize(
    ("group", "option"),
    [
        (group, option)
        for group in ("data", "model", "solver", "training", "column", "experiment")
        for option in options(group)
        if option != "base"
    ],
)
def test_every_option_composes_and_every_reference_in_it_is_resolved(group: str, option: str, tmp_path: Path) -> None:
    config = composed("node_homotopy", [f"{group}={option}"], tmp_path)
    assert OmegaConf.missing_keys(config) <= {"data.path"}
    OmegaConf.to_container(config, resolve=True)


@pytest.mark.parametrize("data", SIMULATED)
@pytest.mark.parametrize("model", ["blackbox", "second_order", "lotka_graybox", "graybox"])
@pytest.mark.parametrize("training", ["vanilla", "multiple_shooting", "homotopy", "homotopy_adaptive"])
def test_every_combination_of_the_paper_can_be_built(data: str, model: str, training: str, tmp_path: Path) -> None:
    config = settings(f"data={data}", f"model={model}", f"training={training}", folder=tmp_path)
    dim = {"lotka_volterra": 2, "lorenz": 3, "double_pendulum": 4}[data]
    if (model == "second_order" and dim % 2) or (model == "lotka_graybox" and dim != 2):
        with pytest.raises(ConfigurationError, match=f"model={model}"):
            build(config)
        return
    prepared, method = build(config)
    assert method.spec.dim == dim
    assert prepared.observations.interpolation.sum() > 30
    assert method.planned_epochs == config["training"].get("n_epochs", method.planned_epochs)


@pytest.mark.parametrize("training", ["vanilla", "multiple_shooting", "homotopy", "homotopy_adaptive"])
@pytest.mark.parametrize("solver", ["compiled", "fixed_step", "adaptive"])
def test_every_training_runs_with_every_solver_and_records_its_cost(training: str, solver: str, tmp_path: Path) -> None:
    metrics = run(
        settings(f"training={training}", f"solver={solver}", "data.end_time=2.0", *FEW_EPOCHS, folder=tmp_path)
    )
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["function_evaluations"] == metrics["function_evaluations"] > 0
    assert record["fit_cpu_seconds"] > 0
    assert record["integration_error"] == metrics["integration_error"] >= 0
    assert {"interpolation_mse", "extrapolation_mse", "interpolation_mse_clean", "extrapolation_mse_clean"} <= set(
        metrics
    )
    assert metrics["best_epoch"] in (1, 2)
    assert {path.stem for path in (tmp_path / "figures").iterdir()} >= {
        "trajectories",
        "phase_portrait",
        "learning_curves",
    }


def test_the_solvers_train_alike(tmp_path: Path) -> None:
    few = ["data.end_time=2.0", "solver.max_step=0.02", *FEW_EPOCHS]
    scores = [
        run(settings("solver=compiled", *few, folder=tmp_path / "compiled"))["interpolation_mse"],
        run(settings("solver=fixed_step", *few, folder=tmp_path / "fixed_step"))["interpolation_mse"],
        run(settings("solver=adaptive", "data.end_time=2.0", *FEW_EPOCHS, folder=tmp_path / "a"))["interpolation_mse"],
    ]
    np.testing.assert_allclose(scores, scores[0], rtol=1e-5)


def test_the_command_of_the_issue_composes_with_its_number_of_nodes(tmp_path: Path) -> None:
    config = settings(
        "data=lotka_volterra", "training=homotopy", "model=lotka_graybox", "model.nodes_per_layer=10", folder=tmp_path
    )
    _, method = build(config)
    assert method.model.network.layers.weights[0].shape == (1, 2, 10)


def test_a_persons_own_csv_trains_and_is_forecast(tmp_path: Path) -> None:
    times = np.sort(np.random.default_rng(0).uniform(0, 6, 40))
    rows = np.column_stack([times, np.sin(times), np.cos(times)])
    np.savetxt(tmp_path / "mine.csv", rows, delimiter=",", header="t,x,v", comments="")
    run(
        settings(
            "data=trajectories",
            f"data.path={tmp_path / 'mine.csv'}",
            "data.time_column=t",
            "model=second_order",
            "generate=7",
            *FEW_EPOCHS,
            folder=tmp_path / "run",
        )
    )
    with np.load(tmp_path / "run" / "forecast.npz") as forecast:
        assert forecast["states"].shape == (1, 7, 2)
        assert forecast["times"][0, 0] > times[-1]


def test_the_sweep_of_table_5_has_all_its_columns_and_methods() -> None:
    sweep = OmegaConf.load(ROOT / "experiment" / "table5.yaml")
    assert sweep.hydra.sweeper.params.column.split(",") == [
        "lotka_volterra_blackbox",
        "lotka_volterra_graybox",
        "double_pendulum_blackbox",
        "double_pendulum_second_order",
        "lorenz_blackbox",
    ]
    assert set(sweep.hydra.sweeper.params.column.split(",")) == set(options("column"))
    assert sweep.hydra.sweeper.params.training == "vanilla,multiple_shooting,homotopy"
    assert list(sweep.ensemble) == [10, 20, 30]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["training.schedule.decay=0"], "training.schedule.decay"),
        (["training.schedule.n_steps=1"], "training.schedule.n_steps"),
        (["training.coupling_strength=-1"], "training.coupling_strength"),
        (["training=multiple_shooting", "training.n_segments=0"], "training.n_segments"),
        (["training=multiple_shooting", "training.n_segments=61"], "training.n_segments"),
        (["data=lorenz", "model=lotka_graybox"], "model=lotka_graybox"),
        (["data=double_pendulum_real", "data.path=nowhere.txt"], "nowhere.txt"),
        (["model.nodes_per_layer=0"], "model.nodes_per_layer"),
        (["solver=adaptive", "solver.method=euler"], "solver.method"),
        (["solver.max_step=0"], "solver.max_step"),
        (["training.smoothing=-1"], "training.smoothing"),
        (["training=vamp"], "train_koopman.py"),
        (["solver=compield"], "did you mean solver=compiled"),
    ],
)
def test_bad_input_stops_with_one_sentence_before_training(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line(monkeypatch, *arguments, *FEW_EPOCHS) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("error: ")
    assert says in said
    assert not list(tmp_path.rglob("last.ckpt"))
