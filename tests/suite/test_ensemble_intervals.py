"""An ensemble of a benchmark is one row of the table: its common forecast is scored, with intervals."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.suite.composition import composed_run
from sciml_bench.training.run import run

TASK = {
    "record": ["data=lotka_volterra", "data.end_time=12", "++data.split={train: 0.4, validation: 0.3, test: 0.3}"],
    "evaluation": {"_target_": "sciml_bench.suite.ForecastTask", "horizon": 10},
}
SHORT = ["ensemble=2", "trainer.max_epochs=4", "logger=none", "data.time_step=0.1"]


@pytest.mark.usefixtures("undrawn")
def test_the_ensemble_is_scored_by_the_forecasts_of_its_members_together(tmp_path: Path) -> None:
    file = configuration_root() / "benchmark" / "method" / "homotopy_neural_ode_ensemble.yaml"
    choices = {"task": "short", "method": "homotopy_neural_ode_ensemble"}
    config = composed_run(TASK, yaml.safe_load(file.read_text()), tmp_path, choices=choices, overrides=SHORT)
    metrics = run(config)
    members = [json.loads((tmp_path / "members" / f"seed={seed}" / "metrics.json").read_text()) for seed in (0, 1)]
    assert 0 <= metrics["coverage_90"] <= 1
    assert metrics["interval_width_90"] > 0
    assert not any("coverage_90" in alone for alone in members)
    errors = [alone["forecast_standardised_error"] for alone in members]
    # the error of a mean is at most the root mean square of the errors, and not their mean
    assert metrics["forecast_standardised_error"] < np.sqrt(np.mean(np.square(errors)))
    assert metrics["forecast_standardised_error"] != pytest.approx(np.mean(errors), rel=1e-6)
    assert "forecast_standardised_error_std" not in metrics
    arrays = np.load(tmp_path / "arrays.npz")
    assert arrays["start_valid_prediction_time"].shape == arrays["start_forecast_standardised_error"].shape == (20,)
