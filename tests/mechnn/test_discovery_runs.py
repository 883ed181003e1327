"""Whole runs of train_mechnn.py that find equations: what a person reads afterwards, and how an interruption ends."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
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


def test_the_network_trains_and_is_the_same_after_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})  # slower than everything else
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


@pytest.mark.parametrize(
    ("law", "start", "names", "equations"),
    [
        (lambda t, u: 0.5 * u * (1 - u / 10), [0.5], ["n"], ["dn/dt = 0.5 n - 0.05 n^2"]),
        (
            lambda t, u: [-4e-4 * u[0] * u[1], 4e-4 * u[0] * u[1] - 0.1 * u[1], 0.1 * u[1]],
            [990.0, 10.0, 0.0],
            ["susceptible", "infected", "recovered"],
            [
                "dsusceptible/dt = -0.0004 susceptible infected",
                "dinfected/dt = -0.1 infected + 0.0004 susceptible infected",
                "drecovered/dt = 0.1 infected",
            ],
        ),
    ],
)
def test_a_table_gives_equations_in_the_names_of_its_columns_with_the_defaults(
    law: Any, start: list[float], names: list[str], equations: list[str], tmp_path: Path
) -> None:
    times = np.linspace(0, 20 if len(names) == 1 else 100, 401)
    rows = solve_ivp(law, (0, times[-1]), start, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-12).y.T
    table = np.column_stack([times, rows])
    header = ",".join(["day", *names])
    np.savetxt(tmp_path / "mine.csv", table, delimiter=",", header=header, comments="", fmt="%.10g")
    own = ["data=trajectories", f"data.path={tmp_path / 'mine.csv'}", "data.time_column=day", "logger=none"]
    run(settings("mechnn", *own, folder=tmp_path / "run"))
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["equations"] == equations
    assert record.get("invariants") == (["susceptible + infected + recovered = 1000"] if len(names) == 3 else None)
    assert list(record["coefficients"]) == [f"d{name}/dt" for name in names]
