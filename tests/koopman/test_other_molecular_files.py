"""A run that learned from a molecule's features goes on from, and is scored on, other trajectories of its atoms."""

import json
from pathlib import Path

import numpy as np
import pytest
from scripts import SMALL, command_line, settings

from sciml_bench.command_line import main
from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training.build import build_record
from sciml_bench.training.data_files import changed_data
from sciml_bench.training.evaluate import evaluate
from sciml_bench.training.restore import restore

pytest.importorskip("openmm", reason="needs the extra `molecules`")
mdtraj = pytest.importorskip("mdtraj", reason="needs the extra `molecules`")

ALANINE = ["data=alanine_dipeptide", *SMALL["alanine_dipeptide"]]
QUICK = ["trainer.max_epochs=1", "trainer.threads=1", "logger=none", "training.view.batch_size=16"]
QUICK += ["evaluation.n_bootstrap=5", "evaluation.forecast_steps=2", "evaluation.timescale_lags=[1,2]"]
QUICK += ["training.view.lag=2"]


@pytest.fixture
def record(tmp_path: Path):
    found = build_record(settings("koopman", *ALANINE, folder=tmp_path))
    found.setup()
    for name in found.simulation.files:
        (tmp_path / name).write_bytes((found.folder / name).read_bytes())
    return found


def own(record, folder: Path) -> list[str]:
    files = [f"data.topology={record.topology}", f"data.trajectories={folder}/*.xtc"]
    return ["data=molecular", *files, *SMALL["molecular"]]


def expected_features(path: Path, topology: Path, features: str) -> np.ndarray:
    """By MDTraj alone."""
    frames = mdtraj.load(str(path), top=str(topology))[::2]
    if features == "positions":
        return frames.atom_slice(frames.topology.select("element C")).xyz
    angles = [compute(frames)[1] for compute in (mdtraj.compute_phi, mdtraj.compute_psi)]
    return np.concatenate([part for angle in angles for part in (np.cos(angle), np.sin(angle))], axis=1)


@pytest.mark.parametrize("features", ["dihedrals", "positions"])
@pytest.mark.parametrize("own_files", [True, False])
def test_other_frames_are_read_with_the_atoms_features_and_clock_of_the_run(
    record, features, own_files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"data.features={features}", "data.stride=2", f"hydra.run.dir={tmp_path / 'run'}", *QUICK]
    words += ["data.atoms='element C'"] if features == "positions" else []
    given = [
        "data=molecular",
        f"data.topology={record.topology}",
        f"data.trajectories={tmp_path}/*.xtc",
        *SMALL["molecular"],
    ]
    assert command_line(monkeypatch, "koopman", *(given if own_files else ALANINE), *words) == 0
    other, output = tmp_path / "trajectory1.xtc", tmp_path / "forecast.npz"
    ask = ["forecast", str(tmp_path / "run"), "--past", str(other), "--horizon", "3", "--output", str(output)]
    assert main(ask) == 0
    rows, learned = expected_features(other, Path(str(record.topology)), features), restore(tmp_path / "run").learned
    last = np.concatenate(list(learned.expected(rows[-2:], [1])))[:2]
    with np.load(output, allow_pickle=False) as forecast:
        np.testing.assert_allclose(forecast["states"][0, :2], last, atol=2e-4)
        step = forecast["times"][0, 1] - forecast["times"][0, 0]
        assert step == pytest.approx(learned.spec.time_step)
    assert main(["evaluate", str(tmp_path / "run"), "--data", str(other)]) == 0
    (folder,) = (tmp_path / "run" / "evaluations").iterdir()
    scores = json.loads((folder / "metrics.json").read_text())
    assert np.isfinite(scores["vamp_e_test"])


@pytest.mark.parametrize("transform", [[], ["data.resample=0.004"]])
def test_a_file_without_a_clock_is_read_on_that_of_the_run(
    record, transform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["data.stride=2", f"hydra.run.dir={tmp_path / 'run'}", *transform, *QUICK]
    assert command_line(monkeypatch, "koopman", *own(record, tmp_path), *words) == 0
    frames = mdtraj.load(str(tmp_path / "trajectory1.xtc"), top=str(record.topology))
    frames.save(str(tmp_path / "other.dcd"))
    forecasts, scores = [], []
    for name in ("trajectory1.xtc", "other.dcd"):
        output = tmp_path / f"{name}.npz"
        ask = ["forecast", str(tmp_path / "run"), "--past", str(tmp_path / name), "--horizon", "3"]
        assert main([*ask, "--output", str(output)]) == 0
        with np.load(output, allow_pickle=False) as found:
            forecasts.append((found["states"], np.diff(found["times"])))
        scores.append(evaluate(tmp_path / "run", tmp_path / name)[0]["vamp_e_test"])
    for one, other in zip(*forecasts, strict=True):
        np.testing.assert_allclose(other, one, atol=2e-3)
    np.testing.assert_allclose(forecasts[1][1], 0.004 if transform else 0.002)
    assert scores[1] == pytest.approx(scores[0], rel=1e-2)
    (tmp_path / "both").mkdir()
    for name in ("trajectory1.xtc", "other.dcd"):
        (tmp_path / "both" / name).write_bytes((tmp_path / name).read_bytes())
    with pytest.raises(DataError, match=r"some have a clock, and \.dcd has none; give those of each kind apart"):
        evaluate(tmp_path / "run", tmp_path / "both")
    (tmp_path / "both" / "other.dcd").rename(tmp_path / "both" / "topology.pdb")  # of which no frame is read
    assert evaluate(tmp_path / "run", tmp_path / "both")[0]["vamp_e_test"] == scores[0]


def test_a_trajectory_that_was_added_to_a_pattern_is_named(
    record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The parts would be others, with rows to learn from among those that are held out."""
    words = [*own(record, tmp_path), f"hydra.run.dir={tmp_path / 'run'}", *QUICK]
    assert command_line(monkeypatch, "koopman", *words) == 0
    (tmp_path / "trajectory9.xtc").write_bytes((tmp_path / "trajectory1.xtc").read_bytes())
    assert main(["kinetics", str(tmp_path / "run")]) == 1
    assert "trajectory9.xtc was added" in capsys.readouterr().err
    for path in tmp_path.glob("*.xtc"):
        path.unlink()
    folder = RunFolder(tmp_path / "run")
    assert changed_data(folder, folder.configuration) is None  # a record that makes its files can make them anew
    assert main(["kinetics", str(tmp_path / "run")]) == 1
    assert "there is no such file" in capsys.readouterr().err


def test_other_states_are_told_and_a_file_of_features_is_one_still(
    record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        "data=molecular",
        f"data.topology={record.topology}",
        f"data.trajectories={tmp_path}/*.xtc",
        *SMALL["molecular"],
    ]
    assert command_line(monkeypatch, "koopman", *given, f"hydra.run.dir={tmp_path / 'run'}", *QUICK) == 0
    states = expected_features(tmp_path / "trajectory2.xtc", Path(str(record.topology)), "dihedrals")
    np.savez(tmp_path / "features.npz", states=states)
    ask = ["forecast", str(tmp_path / "run"), "--horizon", "2", "--output", str(tmp_path / "out.csv"), "--past"]
    assert main([*ask, str(tmp_path / "features.npz")]) == 0
    np.savez(tmp_path / "positions.npz", states=np.zeros((9, 20, 3)))
    assert main([*ask, str(tmp_path / "positions.npz")]) == 1
    assert "holds states of the shape" in (told := capsys.readouterr().err)
    assert "but those of the run's record are (4,)" in told
    assert main([*ask, str(tmp_path / "nowhere.xtc")]) == 1
    assert "nowhere.xtc" in capsys.readouterr().err
