"""Spectrum tasks: what has eigenvalues is compared with the exact law, other methods do not apply."""

from pathlib import Path

import numpy as np
import pytest

from sciml_bench.suite import compare
from sciml_bench.suite.comparison import names_of

TASKS = [name for name in names_of("task") if name.endswith("_spectrum")]


@pytest.fixture(autouse=True)
def _undrawn_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing them takes longer than everything else here."""
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})


def test_the_second_eigenvalue_of_relaxation_is_that_of_its_rate(tmp_path: Path) -> None:
    methods = ["koopman_linear_ridge", "dmd", "persistence"]
    asked = [
        "data.n_steps=5000",
        "evaluation.leading_eigenvalues=2",
        "evaluation.n_bootstrap=2",
        "evaluation.timescale_lags=[1]",
    ]
    pytest.importorskip("pydmd")
    rows = compare("ornstein_uhlenbeck_spectrum", methods, folder=tmp_path, overrides=asked)
    found = {row["method"]: row for row in rows}
    assert found["persistence"]["status"] == "not_applicable"
    reason = "method=persistence has no eigenvalues; choose another method, such as method=koopman_linear_ridge"
    assert found["persistence"]["reason"] == reason
    for name in ("koopman_linear_ridge", "dmd"):
        row, arrays = found[name], np.load(Path(found[name]["folder"]) / "arrays.npz")
        np.testing.assert_allclose(arrays["exact_eigenvalues"], [1, np.exp(-0.5)], rtol=1e-12)
        second = np.sort(np.abs(arrays["eigenvalues"]))[::-1][1]
        assert abs(second - np.exp(-0.5)) < 0.05
        assert row["spectral_error"] == pytest.approx(abs(second - np.exp(-0.5)), abs=1e-6)
        ratio = 0.5 / -np.log(second)
        assert row["timescale_error"] == pytest.approx(1 - min(ratio, 1 / ratio), abs=1e-6)
    assert 0 < found["koopman_linear_ridge"]["vamp_e_deficit"] < 0.05
    assert "vamp_e_deficit" not in found["dmd"]


@pytest.mark.parametrize("task", TASKS)
def test_a_record_of_every_spectrum_task_has_known_eigenvalues_as_many_as_are_compared(
    task: str, tmp_path: Path
) -> None:
    pytest.importorskip("pydmd")
    (row,) = compare(task, "dmd", folder=tmp_path, overrides=["data.n_steps=400"])
    arrays = np.load(Path(row["folder"]) / "arrays.npz")
    assert len(arrays["exact_eigenvalues"]) == (4 if task.startswith("prinz") else 3)
    assert abs(arrays["exact_eigenvalues"][0] - 1) < 1e-9
    assert 0 < row["spectral_error"] < 1


def test_a_record_without_a_known_law_is_refused(tmp_path: Path) -> None:
    task = {
        "name": "lorenz",
        "record": ["data=lorenz63", "data.n_steps=400"],
        "evaluation": {"_target_": "sciml_bench.suite.SpectrumTask"},
    }
    pytest.importorskip("pydmd")
    (row,) = compare(task, "dmd", folder=tmp_path)
    assert row["status"] == "failed"
    assert "exact ones, which this record has none of" in row["reason"]
