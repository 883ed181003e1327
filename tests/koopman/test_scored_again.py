"""A finished run that is asked for other scores: what it has learned is scored, and nothing is trained."""

import numpy as np
import pytest

from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.koopman import KoopmanLearning
from sciml_bench.training import composed, run
from sciml_bench.training.identity import name_of_overrides

QUICK = [
    "data=logistic_map",
    "data.n_steps=2000",
    "logger=none",
    "trainer.max_epochs=1",
    "evaluation.n_bootstrap=2",
    "evaluation.quadrature_points=60",
]


def test_more_forecast_steps_are_scored_without_training_in_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
    few, many = (f"evaluation.forecast_steps={steps}" for steps in (15, 20))
    assert name_of_overrides([*QUICK, few]) == name_of_overrides([*QUICK, many])
    first = run(composed("koopman", [*QUICK, few], tmp_path))
    monkeypatch.setattr(KoopmanLearning, "loss", lambda self, batch: pytest.fail("trained again"))
    again = run(composed("koopman", [*QUICK, many], tmp_path))
    others = [name for name in first if "_step_" not in name]  # a longer reach leaves fewer starts of a short test part
    assert len(others) > 5
    assert {name: again[name] for name in others} == {name: first[name] for name in others}
    assert {f"forecast_error_over_mean_step_{step}" for step in range(1, 21)} <= again.keys()
    assert "forecast_error_over_mean_step_16" not in first
    assert len(RunFolder(tmp_path).arrays["forecast_times"]) == 20
    np.testing.assert_equal(RunFolder(tmp_path).metrics, again)
