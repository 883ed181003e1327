"""`generate=<n_steps>` writes a forecast from the last observation, also of a run that is finished already."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_runs import toy

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.run_folder import RunFolder
from sciml_bench.training import run


def planned(folder: Path, **keys: Any) -> dict[str, Any]:
    return toy(folder, "ToyPlanned") | keys


def forecast(folder: Path) -> np.ndarray:
    with np.load(folder / "forecast.npz", allow_pickle=False) as arrays:
        return arrays["states"]


def unchanged(folder: Path) -> dict[Path, int]:
    names = ("record.json", "metrics.json", "arrays.npz", "checkpoints/best.ckpt", "checkpoints/last.ckpt")
    return {folder / name: (folder / name).stat().st_mtime_ns for name in names}


def test_the_forecast_is_made_with_the_weights_that_were_selected(tmp_path: Path) -> None:
    metrics = run(planned(tmp_path, generate=4))
    np.testing.assert_allclose(forecast(tmp_path), metrics["slope"] * np.array([1, 2, 3, 4]), rtol=1e-6)


def test_a_finished_run_is_asked_for_its_forecast_without_training_again(tmp_path: Path) -> None:
    metrics = run(planned(tmp_path))
    assert not (tmp_path / "forecast.npz").exists()
    before = unchanged(tmp_path)
    assert run(planned(tmp_path, generate=3)) == metrics
    np.testing.assert_allclose(forecast(tmp_path), metrics["slope"] * np.array([1, 2, 3]), rtol=1e-6)
    assert run(planned(tmp_path, generate=5)) == metrics
    assert len(forecast(tmp_path)) == 5
    assert unchanged(tmp_path) == before
    written = (tmp_path / "forecast.npz").stat().st_mtime_ns
    run(planned(tmp_path, generate=5))
    run(planned(tmp_path))  # asking for nothing takes nothing away
    assert (tmp_path / "forecast.npz").stat().st_mtime_ns == written
    assert RunFolder(tmp_path).configuration == planned(tmp_path, generate=5)


def test_each_member_of_an_ensemble_makes_its_forecast(tmp_path: Path) -> None:
    run(planned(tmp_path, ensemble=2))
    run(planned(tmp_path, ensemble=2, generate=3))
    for seed in (0, 1):
        member = tmp_path / "members" / f"seed={seed}"
        np.testing.assert_allclose(
            forecast(member), RunFolder(member).metrics["slope"] * np.array([1, 2, 3]), rtol=1e-6
        )
    assert not (tmp_path / "forecast.npz").exists()


def test_a_run_that_starts_over_leaves_no_old_forecast(tmp_path: Path) -> None:
    run(planned(tmp_path, generate=3))
    run(planned(tmp_path, force=True))
    assert not (tmp_path / "forecast.npz").exists()


def test_a_method_that_makes_no_forecast_says_who_does_before_training(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"generate=3.*ToyMethod.*train_node_homotopy\.py"):
        run(toy(tmp_path) | {"generate": 3})
    assert not (tmp_path / "checkpoints").exists()


def test_a_finished_run_that_makes_no_forecast_says_so_too(tmp_path: Path) -> None:
    run(toy(tmp_path))
    with pytest.raises(ConfigurationError, match=r"generate=3.*ToyMethod"):
        run(toy(tmp_path) | {"generate": 3})
    assert RunFolder(tmp_path).status == "finished"


@pytest.mark.parametrize("n_steps", [0, -3, 2.5, "many", True])
def test_a_number_of_steps_that_is_none_is_refused(tmp_path: Path, n_steps: Any) -> None:
    with pytest.raises(ConfigurationError, match="generate="):
        run(planned(tmp_path / "run", generate=n_steps))
    assert not (tmp_path / "run").exists()
