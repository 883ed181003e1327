"""Every yaml composes, everything it describes can be built, and what is misspelt stops with one clear sentence."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.training import script
from sciml_bench.training.script import composed, main

ROOT = Path(__file__).resolve().parents[1] / "conf"
KOOPMAN = ROOT / "koopman"


def options(group: str, root: Path = KOOPMAN) -> list[str]:
    return sorted(path.stem for path in (root / group).glob("*.yaml"))


SETTINGS_OF_RECORD = [name for name in options("settings") if not name.endswith("_gradient_steps")]
DATA_WITHOUT_FILES = [
    name for name in SETTINGS_OF_RECORD if name not in ("trajectories", "ordered_mnist", "double_pendulum_real")
]
PARTS_OF_TRAININGS = ("base", "gradient_steps")
TRAININGS = [name for name in options("training") if name not in PARTS_OF_TRAININGS]
SMALL = [
    "trainer.threads=1",
    "evaluation.n_bootstrap=5",
    "evaluation.forecast_steps=2",
    "evaluation.quadrature_points=50",
    "evaluation.time_scale_lags=[1,2]",
    "logger=none",
]
SMALL_DIGITS = ["data.image_size=8", "data.n_digits=2", "model.encoder.channels=[4,8]", "model.n_modes=3"]


def built(config: Any) -> tuple[Any, Any]:
    from sciml_bench.training.build import build

    return build(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]


def command_line(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The script in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["train_koopman.py", *arguments])
    try:
        main("koopman")
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_the_configurations_are_those_of_this_checkout() -> None:
    assert configuration_root() == ROOT


@pytest.mark.parametrize(
    ("group", "option"),
    [(group, option) for group in ("model", "training", "evaluation", "experiment") for option in options(group)]
    + [
        (group, option)
        for group in ("data", "schedule", "logger", "trainer", "debug")
        for option in options(group, ROOT / "shared")
    ],
)
def test_every_option_composes_and_every_reference_in_it_is_resolved(group: str, option: str, tmp_path: Path) -> None:
    config = composed("koopman", [f"{group}={option}"], tmp_path)
    missing = OmegaConf.missing_keys(config)
    assert missing <= ({"data.path"} if group == "data" else set())
    OmegaConf.to_container(config, resolve=True)
    assert config.run_folder == str(tmp_path)


@pytest.mark.parametrize("name", DATA_WITHOUT_FILES)
def test_every_record_suits_the_model_that_its_settings_are_made_for(name: str, tmp_path: Path) -> None:
    small = {
        "duffing": ["data.n_trajectories=10", "data.n_steps=60"],
        "ordered_digits": ["data.image_size=8"],
        "lorenz63": ["data.n_steps=2000"],
        **{record: [] for record in ("double_pendulum", "lorenz63_ko2023", "lotka_volterra_ko2023")},
    }.get(name, ["data.n_steps=3000"])
    config = composed("koopman", [f"data={name}", *small], tmp_path)
    _, method = built(config)
    now, later = next(iter(method.view.train_loader()))
    f, g = method.model(now, later)
    assert f.shape == g.shape == (config.training.view.batch_size, config.model.n_modes)
    assert np.isfinite(float(method.pair_loss(now, later)))


def test_settings_of_record_give_way_to_what_is_typed_and_suit_what_is_chosen(tmp_path: Path) -> None:
    config = composed("koopman", ["data=ordered_digits"], tmp_path)
    assert config.choices.model == "cnn"
    assert config.training.learning_rate == 4e-3
    assert config.training.augmentation._target_ == "sciml_bench.networks.RandomAffine"
    typed = composed("koopman", ["data=lorenz63", "training.view.lag=7", "training.learning_rate=0.5"], tmp_path)
    assert typed.choices.model == "mlp"
    assert (typed.training.view.lag, typed.training.view.standardize, typed.model.n_modes) == (7, True, 12)
    assert typed.training.learning_rate == 0.5
    assert "learning_rate" not in composed("koopman", ["training=linear_ridge"], tmp_path).training


@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize("model", options("model"))
def test_every_training_goes_with_every_model(training: str, model: str, tmp_path: Path) -> None:
    encoder = ["model.encoder.channels=[4,8]"] if model == "cnn" else ["model.encoder.hidden=[16]"]
    config = composed("koopman", [f"training={training}", f"model={model}", "data.image_size=8", *encoder], tmp_path)
    _, method = built(config)
    if hasattr(method, "pair_loss"):
        loss = method.loss(next(iter(method.view.train_loader())))
        loss.backward()
        assert np.isfinite(float(loss.detach()))
        assert any(parameter.grad is not None for parameter in method.model.parameters())


@pytest.mark.parametrize("training", TRAININGS)
def test_every_training_runs_through_in_its_fast_setting(
    training: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [f"training={training}", "debug=fast", *SMALL_DIGITS, *SMALL, f"hydra.run.dir={tmp_path}"]
    if training in ("linear_ridge", "classifier_features"):
        arguments = [argument for argument in arguments if not argument.startswith("model.")]
    assert command_line(monkeypatch, *arguments) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert {"accuracy_step_1", "accuracy_step_minus_2", "vamp_e_validation"} <= metrics.keys()
    # 65 features of a ridge on pixels are too many for the few held-out pairs to be whitened with
    assert ("vamp_2_validation" in metrics) == (training != "linear_ridge")
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["status"] == "finished"
    assert record.get("steps", 3) == 3


LOGISTIC_MAP = ["data=logistic_map", "model=mlp", "data.n_steps=2000", *SMALL]


def test_overfitting_sees_one_batch_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = f"hydra.run.dir={tmp_path}"
    assert command_line(monkeypatch, *LOGISTIC_MAP, "debug=overfit", "trainer.max_epochs=8", folder) == 0
    assert json.loads((tmp_path / "record.json").read_text())["steps"] == 8
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["history_loss"][-1] < arrays["history_loss"][0]


def test_profiling_says_where_the_time_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command_line(monkeypatch, *LOGISTIC_MAP, "debug=profile", f"hydra.run.dir={tmp_path}") == 0
    assert json.loads((tmp_path / "record.json").read_text())["epochs"] == 3
    shown = capfd.readouterr()
    assert "run_training_epoch" in shown.out + shown.err


@pytest.mark.parametrize("experiment", options("experiment"))
def test_every_job_of_an_experiment_composes(experiment: str, tmp_path: Path) -> None:
    params = OmegaConf.load(KOOPMAN / "experiment" / f"{experiment}.yaml").hydra.sweeper.params
    ((key, choices),) = params.items()
    for choice in str(choices).split(","):
        config = composed("koopman", [f"experiment={experiment}", f"{key}={choice}"], tmp_path)
        assert config.data._target_.startswith("sciml_bench.data.")


MISTAKES = {
    "a misspelt key": ("trainer.max_epoch=3", ["'trainer.max_epoch'", "did you mean trainer.max_epochs?"]),
    "a misspelt key at the top": ("sead=3", ["'sead'", "did you mean seed?"]),
    "a key of another choice": ("training.loss.schatten_norm=1", ["'training.loss.schatten_norm'"]),
    "a misspelt choice": ("data=logistic_mapp", ["data=logistic_mapp", "did you mean data=logistic_map?", "lorenz63"]),
    "a misspelt group": ("modle=mlp", ["modle"]),
    "a misspelt training": ("training=nested_lra", ["did you mean training=nested_lora?"]),
    "a misspelt trainer": ("trainer=cpuu", ["did you mean trainer=cpu?"]),
    "a misspelt logger": ("logger=wandbb", ["did you mean logger=wandb?"]),
    "a misspelt debug": ("debug=fst", ["debug=fst"]),
    "a misspelt experiment": ("experiment=logistic", ["experiment=logistic", "logistic_map"]),
    "a broken word": ("data.n_steps=[1", ["data.n_steps"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_stops_the_script_with_one_clear_sentence(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    word, expected = MISTAKES[mistake]
    monkeypatch.chdir(tmp_path)
    assert command_line(monkeypatch, *LOGISTIC_MAP, word, "trainer.max_epochs=0") == 1
    shown = capfd.readouterr()
    lines = [line for line in shown.err.splitlines() if line]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert all(part in lines[0] for part in expected), lines[0]
    assert not list(tmp_path.rglob("checkpoints"))


def test_a_mistake_in_a_sweep_stops_it_before_its_first_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line(monkeypatch, "--multirun", "data=logistic_map,lorenz64", "model=mlp") == 1
    assert "did you mean data=lorenz63?" in capfd.readouterr().err
    assert not list(tmp_path.rglob("record.json"))


def test_a_choice_of_another_paradigm_is_named_with_its_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT, tmp_path / "conf")
    other = tmp_path / "conf" / "node_homotopy" / "training" / "homotopy.yaml"
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_text("_target_: sciml_bench.node.Homotopy\n")
    monkeypatch.setattr(script, "configuration_root", lambda: tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    assert command_line(monkeypatch, "training=homotopy") == 1
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line]
    assert "training=homotopy belongs to train_node_homotopy.py, not to train_koopman.py" in line
    assert "nested_lora" in line


def test_the_traceback_is_there_for_those_who_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sciml_bench.core.errors import ConfigurationError

    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr(sys, "argv", ["train_koopman.py", "data=logistic_map", f"hydra.run.dir={tmp_path}", "seed=-1"])
    with pytest.raises(ConfigurationError, match="seed=-1"):
        main("koopman")


def test_the_same_command_always_means_the_same_folder_and_another_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fast = [*LOGISTIC_MAP, "trainer.max_epochs=0", "training.view.batch_size=3"]  # stops before training
    for words in (["seed=1"], ["seed=1", "logger=csv"], ["seed=2"], ["training.view.lag=2"]):
        assert command_line(monkeypatch, *fast, *words) == 1
    folders = sorted(str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("record.json"))
    assert len(folders) == 3
    assert all(folder.startswith("outputs/train_koopman/logistic_map/mlp/nested_lora/") for folder in folders)
    assert [folder.rpartition("/")[2] for folder in folders].count("seed=1") == 1
