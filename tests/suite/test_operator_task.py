"""Operator tasks: parametric equations, for the methods that learn from equations."""

import itertools
import json
from pathlib import Path

import pytest
import yaml

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import NotApplicableError
from sciml_bench.nsm import Evaluation, SupervisedTraining
from sciml_bench.suite import compare
from sciml_bench.suite.comparison import names_of
from sciml_bench.suite.composition import composed_run
from sciml_bench.training import restore


def node(group: str, name: str) -> dict:
    return yaml.safe_load((configuration_root() / "benchmark" / group / f"{name}.yaml").read_text())


METHODS = [name for name in names_of("method") if node("method", name)["paradigm"] == "nsm"]
TASKS = [name for name in names_of("task") if name.endswith("_operator")]


@pytest.mark.parametrize(("method", "task"), list(zip(METHODS, itertools.cycle(TASKS), strict=False)))
def test_every_operator_composes_with_an_equation_and_its_budget(method: str, task: str, tmp_path: Path) -> None:
    choices = {"task": task, "method": method}
    overrides = ["model.width=8"]
    tasks, methods = node("task", task), node("method", method)
    config = composed_run(tasks, methods, tmp_path, choices=choices, cpu_seconds=7, overrides=overrides)
    assert (config.choices.pde, config.model.width) == (task.removesuffix("_operator"), 8)
    assert (config.trainer.cpu_seconds, config.evaluation["_target_"]) == (7, "sciml_bench.nsm.Evaluation")


def test_there_are_as_many_operators_as_equations_at_least() -> None:
    assert len(METHODS) >= len(TASKS) == 3


def test_operators_are_compared_and_what_learns_from_trajectories_does_not_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
    asked = [f"pde.cache={tmp_path / 'cache'}", "pde.n_points=8", "pde.test_resolutions=[16]", "pde.n_test=2"]
    words = [*asked, "pde.batch_size=2", "pde.steps_per_epoch=2", "model.modes=[7,7]", "model.width=4"]
    folder = tmp_path / "runs"
    (row,) = compare("poisson_operator", "neural_spectral", overrides=words, folder=folder, cpu_seconds=0.05)
    assert row["status"] == "finished"
    assert {"error_ratio_twice_roughness", "error_ratio_twice_resolution"} <= set(row)
    assert {"relative_l2_16", "residual_l2", "seconds_per_solution_16", "solver_seconds_per_solution"} <= set(row)
    (other,) = compare("poisson_operator", "persistence", folder=tmp_path / "runs")
    assert (other["status"], "learns from trajectories" in other["reason"]) == ("not_applicable", True)


def test_the_library_s_operator_pays_for_its_pairs_and_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("neuralop", reason="the extra operators is not installed")
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
    monkeypatch.setattr(SupervisedTraining, "cpu_seconds_before", 7.0)
    words = ["pde.n_points=8", "pde.test_resolutions=[16]", "pde.n_test=2", "model.modes=[7,7]", "model.width=4"]
    words += [f"pde.cache={tmp_path}", "pde.batch_size=2", "pde.steps_per_epoch=2", "training.n_training=4"]
    (row,) = compare("poisson_operator", "fourier_neural_operator", [0], 7.05, tmp_path / "runs", words)
    assert row["status"] == "finished"
    record = json.loads((Path(row["folder"]) / "record.json").read_text())
    assert record["n_training"] == 4
    assert record["cpu_seconds_of_solutions"] == 7.0 < record["fit_cpu_seconds"]
    again = restore(row["folder"])
    problem = again.data()
    problem.setup()
    scores = Evaluation()(again.learned, problem).metrics
    assert scores["relative_l2_16"] == pytest.approx(row["relative_l2_16"], rel=1e-6)


def test_an_operator_does_not_apply_to_a_record_of_trajectories(tmp_path: Path) -> None:
    choices = {"task": "lorenz63_forecast", "method": METHODS[0]}
    with pytest.raises(NotApplicableError, match="learns from equations"):
        composed_run(node("task", "lorenz63_forecast"), node("method", METHODS[0]), tmp_path, choices=choices)
