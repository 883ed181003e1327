"""A task and a method make one ordinary run, composed by the method's own script."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.suite import ForecastTask, benchmark
from sciml_bench.suite.comparison import chosen_names, compare, names_of
from sciml_bench.suite.composition import composed_run

TASK = {
    "name": "short_lorenz",
    "record": ["data=lorenz63", "data.n_steps=400", "data.split={train: 0.5, validation: 0.1, test: 0.4}"],
    "evaluation": {"_target_": "sciml_bench.suite.ForecastTask", "horizon": 20, "n_starts": 5},
}
WAVES = ["data=kdv", "data.split={train:3,validation:1,test:1}", "data.n_skipped=1", "data.n_frames=40"]
WAVES += ["data.n_test_frames=60", "data.system.n_points=32"]
CHOICES = {"task": "short_lorenz", "method": "any"}


def node(group: str, name: str) -> dict:
    return yaml.safe_load((configuration_root() / "benchmark" / group / f"{name}.yaml").read_text())


OF_TRAJECTORIES = [name for name in names_of("method") if node("method", name)["paradigm"] != "nsm"]


@pytest.mark.parametrize("method", [name for name in OF_TRAJECTORIES if "evaluation" not in node("method", name)])
def test_every_method_composes_with_the_record_the_evaluation_and_the_budget_of_a_task(
    method: str, tmp_path: Path
) -> None:
    config = composed_run(TASK, node("method", method), tmp_path, choices=CHOICES, seed=3, cpu_seconds=7)
    assert (config.data.n_steps, config.evaluation.horizon, config.seed) == (400, 20, 3)
    assert (config.trainer.cpu_seconds, config.trainer.threads, config.script) == (7, 1, "benchmark")
    assert config.run_folder == str(tmp_path)
    assert config.choices.task == "short_lorenz"


@pytest.mark.parametrize("task", [name for name in names_of("task") if name.endswith("_forecast")])
def test_every_forecast_task_composes_and_its_evaluation_is_set_by_the_command(task: str, tmp_path: Path) -> None:
    asked = [*(["data.path=mine.csv"] if task == "own_record_forecast" else []), "evaluation.horizon=7"]
    choices = {"task": task, "method": "persistence"}
    config = composed_run(node("task", task), node("method", "persistence"), tmp_path, choices=choices, overrides=asked)
    assert (config.evaluation.horizon, config.evaluation.n_starts >= 20) == (7, True)
    assert isinstance(instantiate(config.evaluation, role="evaluation"), ForecastTask)


@pytest.mark.parametrize("task", names_of("task"))
def test_every_task_says_its_record_its_evaluation_and_its_budget(task: str) -> None:
    assert {"record", "evaluation", "cpu_seconds"} <= set(node("task", task))


def test_of_another_record_the_task_says_the_split_alone(tmp_path: Path) -> None:
    words = ["data=double_pendulum_real", "data.path=mine.txt"]
    choices = {"task": "double_pendulum_forecast", "method": "dmd"}
    task, method = node("task", choices["task"]), node("method", "dmd")
    config = composed_run(task, method, tmp_path, choices=choices, overrides=words)
    assert (config.choices.data, config.data.path, config.data.trial) == ("double_pendulum_real", "mine.txt", 0)
    assert config.data.split == {"train": 0.5, "validation": 0.1, "test": 0.4}
    assert "end_time" not in config.data


def test_a_method_may_set_the_evaluation_of_the_tasks_that_it_is_made_for(tmp_path: Path) -> None:
    method = node("method", "perfect_model_invariant_tail")
    choices = {"task": "common_task_lorenz_clean", "method": "perfect_model_invariant_tail"}
    task = node("task", choices["task"])
    config = composed_run(task, method, tmp_path / "own", choices=choices, seed=2)
    assert (config.evaluation.tail, config.data.simulation) == ("invariant_measure", 2)
    assert (config.choices.group, config.choices.task) == ("common_task_lorenz", "common_task_lorenz_clean")
    typed = ["evaluation.tail=path", "data.simulation=7"]
    config = composed_run(task, method, tmp_path / "typed", choices=choices, overrides=typed)
    assert (config.evaluation.tail, config.data.simulation) == ("path", 7)
    with pytest.raises(
        NotApplicableError,
        match=r"method=any is made for tasks such as task=common_task_lorenz_clean alone",
    ):
        composed_run(TASK, method, tmp_path / "other", choices=CHOICES)
    assert json.loads((tmp_path / "other" / "record.json").read_text())["status"] == "not_applicable"


def test_settings_of_a_command_win_and_misspelt_ones_are_named(tmp_path: Path) -> None:
    method = node("method", "koopman_vamp")
    config = composed_run(TASK, method, tmp_path, choices=CHOICES, overrides=["data.n_steps=300", "model.n_modes=5"])
    assert (config.data.n_steps, config.model.n_modes) == (300, 5)
    with pytest.raises(ConfigurationError, match=r"no configuration key 'data.tme_step'; did you mean data.time_step"):
        composed_run(TASK, method, tmp_path, choices=CHOICES, overrides=["data.tme_step=1"])
    with pytest.raises(ConfigurationError, match=r"method=any: its yaml lacks paradigm"):
        composed_run(TASK, {}, tmp_path, choices=CHOICES)
    with pytest.raises(ConfigurationError, match=r"method.paradigm=magic: there is no conf/magic"):
        composed_run(TASK, {"paradigm": "magic"}, tmp_path, choices=CHOICES)


def test_what_is_typed_for_every_run_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list = []
    monkeypatch.setattr(sys.modules["sciml_bench.training.run"], "run", lambda config: seen.append(config) or {})
    words = ["ensemble=3", "trusted_packages=[mine]", "method=koopman_vamp", "data.n_steps=500", "cpu_seconds=2"]
    words += ["logger=wandb", "logger.offline=true"]
    monkeypatch.setattr(sys, "argv", ["benchmark.py", *words])
    benchmark.main()
    (config,) = seen
    assert (config.ensemble, list(config.trusted_packages), config.data.n_steps) == (3, ["mine"], 500)
    assert config.trainer.cpu_seconds == 2
    assert (config.logger._target_.rpartition(".")[2], config.logger.offline) == ("WeightsAndBiasesLogging", True)
    assert list(config.command) == ["ensemble=3", "data.n_steps=500", "cpu_seconds=2"]


def test_other_settings_have_folders_of_their_own(tmp_path: Path) -> None:
    rows = [compare(TASK, ["persistence"], folder=tmp_path)[0]]
    rows += compare(TASK, ["persistence"], folder=tmp_path, overrides=["data.n_steps=300"], cpu_seconds=3)
    assert [Path(row["folder"]).parent.name for row in rows] == ["defaults", "cpu_seconds=3,data.n_steps=300"]
    assert rows[0]["persistence_standardised_error"] != rows[1]["persistence_standardised_error"]
    plain, other = (json.loads((Path(row["folder"]) / "record.json").read_text()) for row in rows)
    assert not {"question_variant", "method_variant"} & plain.keys()
    assert (other["question_variant"], other["method_variant"]) == ("data.n_steps=300", "cpu_seconds=3")


@pytest.mark.usefixtures("undrawn")
def test_a_baseline_obeys_its_budget_and_tells_what_it_fitted(tmp_path: Path) -> None:
    few = ["data.observe=[x]", "model.n_rows=[1]", "model.degrees=[2]"]
    reservoir, unhurried = (
        compare(TASK, "next_generation_reservoir", folder=tmp_path, cpu_seconds=seconds, overrides=few)
        for seconds in (1e-9, 1000)
    )
    persistence = compare(TASK, "persistence", folder=tmp_path)
    hurried, whole, nothing = (
        json.loads((Path(rows[0]["folder"]) / "record.json").read_text())
        for rows in (reservoir, unhurried, persistence)
    )
    assert (hurried["settings_tried"], whole["settings_tried"]) == (1, 4)  # four ridges
    assert hurried["cpu_seconds_over_budget"] == hurried["fit_cpu_seconds"] - 1e-9
    assert "cpu_seconds_over_budget" not in whole
    assert hurried["parameters"] == 3  # of 1, x and x²
    assert "parameters" not in nothing


def test_a_method_of_other_records_leaves_its_reason_in_the_folder(tmp_path: Path) -> None:
    equation = {"record": ["pde=poisson"], "evaluation": {"_target_": "sciml_bench.nsm.Evaluation"}}
    options = {"choices": CHOICES, "seed": 2, "command": ["pde.n_points=8"]}
    with pytest.raises(NotApplicableError, match=r"method=any learns from trajectories, which task=short_lorenz has"):
        composed_run(equation, node("method", "koopman_vamp"), tmp_path / "one", **options)
    record = json.loads((tmp_path / "one" / "record.json").read_text())
    assert (record["status"], record["task"], record["seed"]) == ("not_applicable", "short_lorenz", 2)
    assert record["question_variant"] == "pde.n_points=8"  # it stands below the table of what was asked
    with pytest.raises(NotApplicableError, match=r"method=any learns from equations"):
        composed_run(TASK, {"paradigm": "nsm"}, tmp_path / "two", choices=CHOICES)


def test_patterns_choose_and_what_there_is_not_is_named() -> None:
    assert chosen_names("method", "koopman_*") == [name for name in names_of("method") if name.startswith("koopman_")]
    with pytest.raises(ConfigurationError, match=r"=kopman: there is none; did you mean koopman_vamp. choose among"):
        chosen_names("method", ["kopman"])


def test_methods_are_compared_from_python_and_what_does_not_apply_says_why(tmp_path: Path) -> None:
    fields = TASK | {"record": WAVES}
    rows = compare(fields, ["persistence", "equation_discovery"], seeds=(0, 1), folder=tmp_path)
    assert [(row["method"], row["seed"], row["status"]) for row in rows] == [
        ("persistence", 0, "finished"),
        ("persistence", 1, "finished"),
        ("equation_discovery", 0, "not_applicable"),
        ("equation_discovery", 1, "not_applicable"),
    ]
    assert rows[0]["forecast_standardised_error"] == rows[0]["persistence_standardised_error"]
    assert "at most 20 components" in rows[2]["reason"]


def test_a_sweep_over_methods_ends_well_although_one_does_not_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf" / "task").mkdir(parents=True)
    task = {"record": WAVES, "evaluation": TASK["evaluation"], "cpu_seconds": None}
    (tmp_path / "conf" / "task" / "waves.yaml").write_text(yaml.safe_dump(task))
    words = ["--multirun", f"hydra.searchpath=[file://{tmp_path}/conf]", "task=waves"]
    words += ["method=training_mean,equation_discovery", "data.n_frames=41"]
    monkeypatch.setattr(sys, "argv", ["benchmark.py", *words])
    benchmark.main()
    assert "does not apply: equations are discovered" in capsys.readouterr().err
    found = {path.parts[-4]: json.loads(path.read_text()) for path in tmp_path.rglob("record.json")}
    assert {method: record["status"] for method, record in found.items()} == {
        "training_mean": "finished",
        "equation_discovery": "not_applicable",
    }
    folder = tmp_path / "outputs" / "benchmark" / "waves" / "training_mean" / "data.n_frames=41" / "seed=0"
    assert (folder / "metrics.json").exists()
    assert found["training_mean"] | {"task": "waves", "method": "training_mean"} == found["training_mean"]


@pytest.mark.parametrize("path", sorted((configuration_root() / "benchmark" / "settings").glob("*.yaml")), ids=str)
def test_settings_that_were_found_for_a_task_are_composed_with_it(path: Path, tmp_path: Path) -> None:
    task, found = node("task", path.stem), yaml.safe_load(path.read_text())
    for method, overrides in found.items():
        choices = {"task": path.stem, "method": method}
        config = composed_run(task, node("method", method), tmp_path, choices=choices)
        for key, _, value in (override.partition("=") for override in overrides):
            assert OmegaConf.select(config, key) == yaml.safe_load(value), key


def test_an_ensemble_takes_the_settings_of_its_members(tmp_path: Path) -> None:
    task, method = node("task", "lorenz63_forecast"), node("method", "homotopy_neural_ode_ensemble")
    choices = {"task": "lorenz63_forecast", "method": "homotopy_neural_ode_ensemble"}
    config = composed_run(task, method, tmp_path, choices=choices)
    assert (config.training.view.rows_per_piece, config.ensemble) == (10, 5)
