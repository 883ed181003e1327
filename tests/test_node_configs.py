"""Every choice of train_node_homotopy.py composes, can be built, trains, and stops with one clear sentence."""

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

ROOT = Path(__file__).resolve().parents[1] / "conf" / "node_homotopy"
FEW_EPOCHS = ["trainer.max_epochs=2", "logger=none"]
SIMULATED = {"lotka_volterra_ko2023": 2, "lorenz63_ko2023": 3, "double_pendulum": 4}
SHORT = ["data.end_time=4.0", "data.split={train:21,test:20}"]


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
        for group in ("model", "solver", "training", "evaluation", "experiment")
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
    dim = SIMULATED[data]
    if (model == "second_order" and dim % 2) or (model == "lotka_graybox" and dim != 2):
        with pytest.raises(ConfigurationError, match=f"model={model}"):
            build(config)
        return
    record, method = build(config)
    assert record.spec.dim == method.batch.states.shape[-1] == dim
    assert sum(record.splits["train"].lengths) > 30
    assert method.planned_epochs == config["training"].get("n_epochs", method.planned_epochs)


@pytest.mark.parametrize("training", ["vanilla", "multiple_shooting", "homotopy", "homotopy_adaptive"])
@pytest.mark.parametrize("solver", ["compiled", "fixed_step", "adaptive"])
def test_every_training_runs_with_every_solver_and_records_its_cost(training: str, solver: str, tmp_path: Path) -> None:
    metrics = run(settings(f"training={training}", f"solver={solver}", *SHORT, *FEW_EPOCHS, folder=tmp_path))
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["function_evaluations"] == metrics["function_evaluations"] > 0
    assert record["fit_cpu_seconds"] > 0
    assert metrics["integration_error"] >= 0
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
    few = [*SHORT, "solver.max_step=0.02", *FEW_EPOCHS]
    scores = [
        run(settings("solver=compiled", *few, folder=tmp_path / "compiled"))["interpolation_mse"],
        run(settings("solver=fixed_step", *few, folder=tmp_path / "fixed_step"))["interpolation_mse"],
        run(settings("solver=adaptive", *SHORT, *FEW_EPOCHS, folder=tmp_path / "a"))["interpolation_mse"],
    ]
    np.testing.assert_allclose(scores, scores[0], rtol=1e-5)


def test_the_command_of_the_issue_composes_with_its_number_of_nodes(tmp_path: Path) -> None:
    config = settings(
        "data=lotka_volterra_ko2023",
        "training=homotopy",
        "model=lotka_graybox",
        "model.nodes_per_layer=10",
        folder=tmp_path,
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
            *FEW_EPOCHS,
            folder=tmp_path / "run",
        )
    )
    learned = restore(tmp_path / "run").learned
    forecast = learned.forecast(learned.past, 7)
    assert forecast.states.shape == (1, 7, 2)
    assert forecast.times[0, 0] > times[-1]


@pytest.mark.parametrize("data", sorted(path.stem for path in (ROOT.parent / "shared" / "data").glob("*.yaml")))
def test_every_record_composes(data: str, tmp_path: Path) -> None:
    config = composed("node_homotopy", [f"data={data}"], tmp_path)
    assert OmegaConf.missing_keys(config) <= {"data.path"}
    OmegaConf.to_container(config, resolve=True)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], {"learning_rate": 0.05, "initial_state": "exact", "smoothing": 1e-3}),
        (["data=double_pendulum", "model=second_order", "training=vanilla"], {"learning_rate": 0.05, "smoothing": 0.0}),
        (["data=double_pendulum", "training=multiple_shooting"], {"learning_rate": 0.02, "continuity_weight": 0.002}),
        (["data=lorenz63_ko2023", "training=vanilla"], {"learning_rate": 0.005, "n_epochs": 4000}),
        (["training.learning_rate=0.3"], {"learning_rate": 0.3}),
        (["data=duffing"], {"learning_rate": 0.02, "initial_state": "given", "smoothing": "gcv"}),
    ],
)
def test_settings_of_record_follow_data_model_and_training_unless_given(
    overrides: list[str], expected: dict[str, Any], tmp_path: Path
) -> None:
    training = settings(*overrides, folder=tmp_path)["training"]
    assert {key: training[key] for key in expected} == expected


def test_the_sweep_of_table_5_has_all_its_columns_and_methods() -> None:
    sweep = OmegaConf.load(ROOT / "experiment" / "table5.yaml")
    assert sweep.hydra.sweeper.params["+experiment/table5"].split(",") == [
        "lotka_volterra_blackbox",
        "lotka_volterra_graybox",
        "double_pendulum_blackbox",
        "double_pendulum_second_order",
        "lorenz_blackbox",
    ]
    assert set(sweep.hydra.sweeper.params["+experiment/table5"].split(",")) == set(options("experiment/table5"))
    assert sweep.hydra.sweeper.params.training == "vanilla,multiple_shooting,homotopy"
    assert list(sweep.ensemble) == [10, 20, 30]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["training.coupling_schedule.decay=0"], "training.coupling_schedule.decay"),
        (["training.coupling_schedule.n_steps=1"], "training.coupling_schedule.n_steps"),
        (["training.coupling_strength=-1"], "training.coupling_strength"),
        (["training=multiple_shooting", "training.n_segments=0"], "training.n_segments"),
        (["training=multiple_shooting", "training.n_segments=61"], "training.n_segments"),
        (["data=lorenz63_ko2023", "model=lotka_graybox"], "model=lotka_graybox"),
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
