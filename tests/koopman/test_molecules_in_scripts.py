"""Whole runs of train_koopman.py on molecules: alanine dipeptide simulated on the spot, and its files as a person's."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from scripts import SMALL, command_line, settings

from sciml_bench.training.build import build_record
from sciml_bench.training.restore import restore

pytest.importorskip("openmm", reason="needs the extra `molecules`")
pytest.importorskip("mdtraj", reason="needs the extra `molecules`")

ALANINE = ["data=alanine_dipeptide", *SMALL["alanine_dipeptide"]]
QUICK = ["trainer.max_epochs=1", "trainer.threads=1", "logger=none", "training.view.batch_size=16"]
QUICK += ["evaluation.n_bootstrap=5", "evaluation.forecast_steps=2", "evaluation.timescale_lags=[1,2]"]
CARBONS = ["data.features=positions", "data.atoms='element C'"]
SMALL_SCHNET = ["model=schnet", "model.encoder.n_features=8", "model.encoder.n_interactions=1"]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Keys of a topology and three trajectories."""
    record = build_record(settings("koopman", *ALANINE, folder=tmp_path))
    record.setup()
    for name in record.simulation.files:
        (tmp_path / name).write_bytes((record.folder / name).read_bytes())
    return [f"data.topology={record.topology}", f"data.trajectories={tmp_path}/*.xtc", *SMALL["molecular"]]


def test_a_perceptron_learns_from_dihedrals_and_the_record_tells_of_crossings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = f"hydra.run.dir={tmp_path / 'run'}"
    assert command_line(monkeypatch, "koopman", *ALANINE, *QUICK, "training.view.lag_time=0.003", folder) == 0
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert "crossings of phi = 0" in record["data_reading"]
    assert record["time_unit"] == "ns"
    learned = restore(tmp_path / "run").learned
    assert (learned.spec.lag, learned.spec.component_names[0]) == (3, "cos phi 2")
    assert learned.spec.lag_time == pytest.approx(0.003)


def test_schnet_learns_from_positions_and_is_read_back_bit_by_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = f"hydra.run.dir={tmp_path / 'run'}"
    assert command_line(monkeypatch, "koopman", *ALANINE, *QUICK, *CARBONS, *SMALL_SCHNET, folder) == 0
    first, second = (restore(tmp_path / "run").learned for _ in range(2))
    assert first.spec.atomic_numbers == (6,) * 6
    states = 0.3 * np.random.default_rng(0).standard_normal((4, 6, 3))
    np.testing.assert_array_equal(first.f(states), second.f(states))
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    np.testing.assert_allclose(first.f(states @ turn + 1), first.f(states), atol=1e-4)
    scores = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert np.isfinite(scores["vamp_e_test"])
    # schnetpack brings a second copy of the trainer's package, which would speak in its place
    assert not logging.getLogger("pytorch_lightning.utilities.rank_zero").isEnabledFor(logging.INFO)


def test_both_sides_of_a_pair_look_their_neighbours_up_in_one_list(tmp_path: Path) -> None:
    from sciml_bench.training.build import build

    torch.manual_seed(0)
    _, method = build(settings("koopman", *ALANINE, *QUICK, *CARBONS, *SMALL_SCHNET, folder=tmp_path))
    pairs = method.view.pairs("train")
    method.model(*pairs.batch(np.arange(len(pairs))))
    assert len(pairs) == 100 - 10
    assert len(method.model.encoder.neighbours) == 100  # rows, not states of pairs


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([*ALANINE, "model=schnet"], "model=schnet learns from the positions (atoms, 3) of a molecule"),
        (
            [*ALANINE, *CARBONS, *SMALL_SCHNET, "training.view.standardize=true"],
            "training.view.standardize=true scales the coordinates",
        ),
        ([*ALANINE, "training.view.lag_time=0.0015"], "training.view.lag_time=0.0015: rows are 0.001 ns apart"),
        ([*ALANINE, "training.view.lag=200"], "has 100 states, but training.view.lag=200 needs at least 201"),
        ([*ALANINE, "data.atoms='name XX'"], "selects none of the 22 atoms"),
        (["data=molecular", "data.trajectories=x.xtc"], "data.topology has no value"),
    ],
)
def test_what_cannot_be_learned_stops_with_one_sentence_before_training(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = f"hydra.run.dir={tmp_path / 'run'}"
    assert command_line(monkeypatch, "koopman", *words, "logger=none", folder) == 1
    (said,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert sentence in said
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_truncated_file_stops_a_run_or_is_listed_in_its_record(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trajectory0.xtc").write_bytes((tmp_path / "trajectory1.xtc").read_bytes()[:-100])
    words = ["data=molecular", *files, *QUICK, f"hydra.run.dir={tmp_path / 'run'}"]
    assert command_line(monkeypatch, "koopman", *words) == 1
    assert "trajectory0.xtc is truncated or damaged: it ends within frame 100; " in capfd.readouterr().err
    assert command_line(monkeypatch, "koopman", *words, "data.skip_unreadable=true") == 0
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert "left out, for it cannot be read: " in record["data_reading"]
    assert "trajectory0.xtc" in record["data_reading"]
