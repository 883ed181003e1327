"""Whole runs of train_koopman.py in the smallest form: every training, overfitting, profiling."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from scripts import command_line, options

SMALL = [
    "trainer.threads=1",
    "evaluation.n_bootstrap=5",
    "evaluation.forecast_steps=2",
    "evaluation.quadrature_points=50",
    "evaluation.timescale_lags=[1,2]",
    "logger=none",
]
SMALL_DIGITS = ["data.image_size=8", "data.n_digits=2", "model.encoder.channels=[4,8]", "model.n_modes=3"]
LOGISTIC_MAP = ["data=logistic_map", "model=mlp", "data.n_steps=2000", *SMALL]
TRAININGS = sorted(set(options("training", "koopman")) - {"base", "gradient_steps", "generator"})  # of vectors alone


@pytest.mark.usefixtures("quick_oracle")
@pytest.mark.parametrize("training", TRAININGS)
def test_every_training_runs_through_in_its_fast_setting(
    training: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [f"training={training}", "debug=fast", *SMALL_DIGITS, *SMALL, f"hydra.run.dir={tmp_path}"]
    if training in ("linear_ridge", "classifier_features", "polynomial_regression"):
        arguments = [argument for argument in arguments if not argument.startswith("model.")]
    if training == "polynomial_regression":
        arguments += ["training.degree=1", "training.operator.method=ridge"]
    assert command_line(monkeypatch, "koopman", *arguments) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert {"accuracy_step_1", "accuracy_step_minus_2", "vamp_e_validation"} <= metrics.keys()
    # 65 features of a ridge on pixels are too many for the few held-out pairs to be whitened with
    assert ("vamp_2_validation" in metrics) == (training not in ("linear_ridge", "polynomial_regression"))
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["status"] == "finished"
    assert record.get("steps", 3) == 3


@pytest.mark.usefixtures("painted")
def test_overfitting_sees_one_batch_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = f"hydra.run.dir={tmp_path}"
    assert command_line(monkeypatch, "koopman", *LOGISTIC_MAP, "debug=overfit", "trainer.max_epochs=8", folder) == 0
    assert json.loads((tmp_path / "record.json").read_text())["steps"] == 8
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert arrays["history_loss"][-1] < arrays["history_loss"][0]
    figures = list((tmp_path / "figures").glob("*.png"))
    assert len(figures) >= 3
    assert all(np.ptp(imread(figure)) > 0.5 for figure in figures)


def test_profiling_says_where_the_time_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command_line(monkeypatch, "koopman", *LOGISTIC_MAP, "debug=profile", f"hydra.run.dir={tmp_path}") == 0
    assert json.loads((tmp_path / "record.json").read_text())["epochs"] == 3
    shown = capfd.readouterr()
    assert "run_training_epoch" in shown.out + shown.err
