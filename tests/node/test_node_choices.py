"""Runs of train_node_homotopy.py with every training and solver, and on a person's own file."""

import json
from pathlib import Path

import numpy as np
import pytest
from scripts import options, settings

from sciml_bench.training import restore, run
from sciml_bench.training.build import build

FEW_EPOCHS = ["trainer.max_epochs=2", "logger=none"]
SHORT = ["data.end_time=4.0", "data.split={train:21,test:20}"]


@pytest.mark.parametrize("training", sorted(set(options("training", "node_homotopy")) - {"base"}))
@pytest.mark.parametrize("solver", options("solver", "node_homotopy"))
def test_every_training_runs_with_every_solver_and_records_its_cost(training: str, solver: str, tmp_path: Path) -> None:
    chosen = [f"training={training}", f"solver={solver}"]
    metrics = run(settings("node_homotopy", *chosen, *SHORT, *FEW_EPOCHS, folder=tmp_path))
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["function_evaluations"] == metrics["function_evaluations"] > 0
    assert record["fit_cpu_seconds"] > 0
    assert metrics["integration_error"] >= 0
    parts = {"interpolation_mse", "extrapolation_mse"}
    assert parts | {f"{name}_clean" for name in parts} <= set(metrics)
    assert metrics["best_epoch"] in (1, 2)
    drawn = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert drawn >= {"trajectories", "phase_portrait", "learning_curves"}


def test_the_solvers_train_alike(tmp_path: Path) -> None:
    steps = {"compiled": ["solver.max_step=0.02"], "fixed_step": ["solver.max_step=0.02"], "adaptive": []}
    scores = [
        run(settings("node_homotopy", f"solver={solver}", *step, *SHORT, *FEW_EPOCHS, folder=tmp_path / solver))
        for solver, step in steps.items()
    ]
    errors = [metrics["interpolation_mse"] for metrics in scores]
    np.testing.assert_allclose(errors, errors[0], rtol=1e-5)


def test_a_persons_own_csv_trains_and_is_forecast(tmp_path: Path) -> None:
    times = np.sort(np.random.default_rng(0).uniform(0, 6, 40))
    rows = np.column_stack([times, np.sin(times), np.cos(times)])
    np.savetxt(tmp_path / "mine.csv", rows, delimiter=",", header="t,x,v", comments="")
    own = ["data=trajectories", f"data.path={tmp_path / 'mine.csv'}", "data.time_column=t", "model=second_order"]
    run(settings("node_homotopy", *own, *FEW_EPOCHS, folder=tmp_path / "run"))
    learned = restore(tmp_path / "run").learned
    forecast = learned.forecast(learned.past, 7)
    assert forecast.states.shape == (1, 7, 2)
    assert forecast.times[0, 0] > times[-1]


def test_the_coupling_is_stable_between_rows_that_are_far_apart_beside_it(tmp_path: Path) -> None:
    far = ["data=linear_gaussian", "data.n_steps=400", "training.coupling_strength=6.0"]  # rows are 1 apart
    _, method = build(settings("node_homotopy", *far, folder=tmp_path))
    assert method.coupled_solver.max_step == 2 / 6
    assert float(method.losses(0)) < 10
    _, unstable = build(settings("node_homotopy", *far, "max_step=1.0", folder=tmp_path))
    assert unstable.coupled_solver == unstable.solver  # what is typed is left alone
    assert not float(unstable.losses(0)) < 10
