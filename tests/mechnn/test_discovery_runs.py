"""Whole runs of train_mechnn.py that find equations: what a person reads afterwards, and how an interruption ends."""

import json
from pathlib import Path

import numpy as np
import pytest
from scripts import settings

from sciml_bench.mechnn import DiscoveryTraining
from sciml_bench.training import restore, run

SHORT_LORENZ = ["data.n_steps=700", "data.split={train:600,test:100}", "logger=none"]


def test_the_default_run_finds_the_lorenz_equations_and_writes_them_where_a_person_reads_them(tmp_path: Path) -> None:
    metrics = run(settings("mechnn", *SHORT_LORENZ, folder=tmp_path))
    assert metrics["exact_support"] == 1
    assert metrics["worst_coefficient_error"] < 1e-3
    assert metrics["forecast_relative_error"] < 1e-2
    record = json.loads((tmp_path / "record.json").read_text())
    assert [text.split(" = ")[0] for text in record["equations"]] == ["dx/dt", "dy/dt", "dz/dt"]
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {
        "coefficients",
        "discovered_trajectories",
        "simulated_phase_portrait",
    }
    learned = restore(tmp_path).learned
    forecast = learned.forecast(learned.past, 50)
    assert forecast.states.shape == (1, 50, 3)
    assert np.isfinite(forecast.states).all()


def test_the_network_trains_and_is_the_same_after_an_interruption(tmp_path: Path) -> None:
    few = ["model=discovery_network", "training=network", "model.hidden_width=16", "training.n_cycles=2"]
    few += ["training.epochs_per_cycle=2", *SHORT_LORENZ, "trainer.seconds_between_checkpoints=0"]
    whole = run(settings("mechnn", *few, folder=tmp_path / "whole"))
    with pytest.MonkeyPatch.context() as patch:
        original = DiscoveryTraining.loss

        def interrupted(self: DiscoveryTraining, batch: object) -> object:
            if self.progress.epoch == 3:
                raise ValueError("killed")
            return original(self, batch)

        patch.setattr(DiscoveryTraining, "loss", interrupted)
        with pytest.raises(ValueError, match="killed"):
            run(settings("mechnn", *few, folder=tmp_path / "resumed"))
    assert run(settings("mechnn", *few, folder=tmp_path / "resumed")) == whole


def test_a_persons_own_csv_gives_equations(tmp_path: Path) -> None:
    times = np.linspace(0, 12, 400)
    rows = np.column_stack([times, np.cos(2 * times), -2 * np.sin(2 * times)])
    np.savetxt(tmp_path / "mine.csv", rows, delimiter=",", header="t,x,v", comments="")
    own = ["data=trajectories", f"data.path={tmp_path / 'mine.csv'}", "data.time_column=t", "model.degree=1"]
    run(settings("mechnn", *own, "data.component_names=[x,v]", "logger=none", folder=tmp_path / "run"))
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["equations"] == ["dx/dt = 1 v", "dv/dt = -4 x"]


@pytest.mark.parametrize("split", ["{train:600,test:0}", "{train:500,test:100}"])
def test_equations_are_drawn_beside_all_rows_whether_or_not_some_were_held_out(split: str, tmp_path: Path) -> None:
    few = ["data.n_steps=600", f"data.split={split}", "logger=none"]
    metrics = run(settings("mechnn", *few, folder=tmp_path))
    assert ("forecast_mse" in metrics) == ("test:0" not in split)
    assert (tmp_path / "figures" / "discovered_trajectories.png").exists()
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert np.isfinite(arrays["forecast"]).any() == ("test:0" not in split)
