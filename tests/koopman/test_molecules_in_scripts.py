"""Whole runs of train_koopman.py on molecules: alanine dipeptide simulated on the spot, and its files as a person's."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from scripts import SMALL, command_line, settings
from small_peptide import SWITCHING, written_archive, written_switching_peptide

from sciml_bench.command_line import main
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


# ---- chignolin, and what slow coordinates are ------------------------------------------------------------------------


def test_chignolin_is_learned_from_its_archive_and_its_kinetics_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "C22star").mkdir()
    written_archive(tmp_path / "C22star")
    run = tmp_path / "run"
    words = ["experiment=chignolin", f"data.path={tmp_path / 'C22star'}", f"hydra.run.dir={run}", *SMALL_SCHNET]
    small = ["model.n_modes=3", "data.atoms='name N CA C'", "training.view.batch_size=143", "trainer.max_epochs=10"]
    quick = [word for word in QUICK if not word.startswith(("trainer.max_epochs", "training.view.batch_size"))]
    assert command_line(monkeypatch, "koopman", *words, *small, *quick) == 0
    assert {path.stem for path in (run / "figures").glob("*.png")} >= {"learning_curves", "spectrum"}
    record = json.loads((run / "record.json").read_text())
    assert (record["data"], record["model"], record["training"]) == ("chignolin", "schnet", "nested_lora")
    assert np.isfinite(json.loads((run / "metrics.json").read_text())["vamp_e_test"])
    capfd.readouterr()
    assert main(["kinetics", str(run), "--states", "2", "--core", "0.6"]) == 0
    assert "eigenfunction 2 correlates with: " in capfd.readouterr().out
    with np.load(run / "kinetics" / "arrays.npz", allow_pickle=False) as arrays:
        assert arrays["correlations"].shape == (1, 1 + 8)
        assert arrays["variable_names"][:3].tolist() == ["radius of gyration", "cos psi 1", "sin psi 1"]
        assert len(arrays["slow_coordinates"]) == 26 * 12
    assert (run / "kinetics" / "correlations.png").stat().st_size > 1000


def test_the_settings_of_the_experiment_are_those_of_the_paper(tmp_path: Path) -> None:
    config = settings("koopman", "experiment=chignolin", "data.path=C22star", folder=tmp_path)
    training, model = config["training"], config["model"]
    assert (training["view"]["lag"], training["view"]["batch_size"], training["learning_rate"]) == (1, 384, 1e-3)
    assert (model["n_modes"], model["center"], model["lagged"]) == (16, True, "separate")
    assert config["trainer"]["max_epochs"] == 200
    asked = {"n_features": 64, "n_interactions": 3, "n_radial": 20, "cutoff": 0.6, "readout": "mean"}
    assert {name: model["encoder"][name] for name in asked} == asked
    assert config["schedule"]["_target_"].endswith("ConstantRate")
    assert config["trainer"]["gradient_clip_val"] is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["experiment=chignolin"], "data.path has no value; give it on the command line: data.path=<value>; download"),
        (["data=chignolin", "data.path=nowhere"], "data.path=nowhere: there is no protein.gro, C0.xtc, C1.xtc and 32"),
    ],
)
def test_without_the_archive_it_is_said_where_it_is_downloaded(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command_line(monkeypatch, "koopman", *words, "logger=none", f"hydra.run.dir={tmp_path / 'run'}") == 1
    (said,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert sentence in said
    assert "trajs_out.zip from zenodo.org/records/10681926, unpack it, and give the folder C22star" in said


LEARNED_FROM = {
    "dihedrals": ["model.encoder.hidden=[16]", "trainer.max_epochs=9", "training.learning_rate=0.01"],
    "positions": ["model=schnet", "data.atoms='element != H'", "model.encoder.n_features=16", "trainer.max_epochs=6"],
}


@pytest.mark.parametrize("features", ["dihedrals", pytest.param("positions", marks=pytest.mark.slow)])
def test_the_slow_coordinate_is_the_one_dihedral_that_is_slow(
    features: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Phi switches between two values, psi is drawn anew in each frame: the truth is a Markov chain of two states."""
    files, run = written_switching_peptide(tmp_path, n_frames=1000), tmp_path / "run"
    words = ["data=molecular", *files, "data.split={train:3,validation:0,test:1}", f"data.features={features}"]
    words += ["training=nested_lora_reversible", "model.n_modes=3", *LEARNED_FROM[features], f"hydra.run.dir={run}"]
    quick = [word for word in QUICK if not word.startswith(("trainer.max_epochs", "training.view.batch_size"))]
    assert command_line(monkeypatch, "koopman", *words, *quick, "training.view.batch_size=48") == 0
    capfd.readouterr()
    assert main(["kinetics", str(run), "--states", "2", "--core", "0.7"]) == 0
    (told,) = [line for line in capfd.readouterr().out.splitlines() if line.startswith("eigenfunction 2 correlates")]
    assert told.partition(": ")[2].split(", ")[0][1:] >= "0.9"
    with np.load(run / "kinetics" / "arrays.npz", allow_pickle=False) as arrays:
        found = dict(zip(arrays["variable_names"].tolist(), np.abs(arrays["correlations"][0]), strict=True))
        timescale = arrays["timescales"][0]
    assert found["sin phi 2"] > 0.9
    assert max(found["cos psi 2"], found["sin psi 2"]) < 0.15
    assert timescale == pytest.approx(-0.002 / np.log(1 - 2 * SWITCHING), rel=0.3)  # of 60 transitions
