"""Any record, any script: what docs/records.md promises, cell by cell."""

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odebench_file import written
from scripts import RECORDS, SCRIPTS, SMALL, TRAJECTORY_SCRIPTS, command_line, settings
from small_peptide import written_archive

from sciml_bench.command_line.show import run_summary
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.record import Record
from sciml_bench.systems import DoublePendulum, Lorenz63
from sciml_bench.training.build import build_record

DOCS = Path(__file__).resolve().parents[1] / "docs"
TABLE: dict[str, Any] = runpy.run_path(str(DOCS / "records.py"))
DOWNLOADED = "ordered_mnist"
CELLS = [(script, record) for script in TRAJECTORY_SCRIPTS for record in RECORDS]
_TOO_LARGE = {
    "node_homotopy": "a NeuralODE learns from vectors, or states of at most 20 numbers; these have the shape ",
    "mechnn": "equations are discovered for states of at most 20 components; these states have the shape ",
}
REFUSED = {
    ("node_homotopy", "ephemeris"): f"{_TOO_LARGE['node_homotopy']}(10, 3)",
    **{
        (script, record): f"{sentence}(1, 28, 28)"
        for script, sentence in _TOO_LARGE.items()
        for record in ("ordered_digits", "ordered_mnist")
    },
}
"""The cells that cannot work, and what is said there; there are no others."""


@pytest.mark.parametrize(("script", "record"), CELLS)
def test_a_cell_of_the_table_says_what_the_script_does(script: str, record: str) -> None:
    (row,) = [line for line in (DOCS / "records.md").read_text().splitlines() if line.startswith(f"| `{record}`")]
    written = row.strip("| ").split(" | ")[1 + TABLE["SCRIPTS"].index(script)]
    assert written == TABLE["cell"](script, record), "write docs/records.md again: python docs/records.py"
    assert written.startswith(REFUSED.get((script, record), "`"))


def test_the_table_has_all_records() -> None:
    rows = [line for line in (DOCS / "records.md").read_text().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == RECORDS


@pytest.mark.parametrize(
    ("script", "choices", "sentence"),
    [(script, [f"data={record}"], sentence) for (script, record), sentence in REFUSED.items()]
    + [
        ("mechnn", ["data=kdv", "model=polynomials", "training=closed_form"], "at most 20 components"),
        ("mechnn", ["data=kdv", "model=discovery_network", "training=network"], "at most 20 components"),
        ("mechnn", ["data=ephemeris", "model=learned_linear_ode", "training=trajectory_fit"], "at most 20 components"),
        ("koopman", ["data=lorenz63", "training=classifier_features"], "needs labelled images"),
    ],
)
def test_a_cell_that_cannot_work_stops_with_its_sentence_before_anything_is_loaded(
    script: str,
    choices: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Record, "setup", lambda record: pytest.fail("the data were loaded"))
    folder = f"hydra.run.dir={tmp_path / 'run'}"
    assert command_line(monkeypatch, script, *choices, "logger=none", folder) == 1
    (said,) = [line for line in capfd.readouterr().err.splitlines() if line]
    assert said.startswith("error: ")
    assert sentence in said
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["status"] == "not_applicable"
    assert f"error: {record['reason']}" == said


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_run_records_its_script_its_data_or_equation_its_model_and_its_training(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def stopped(configuration: dict[str, Any]) -> None:
        raise ConfigurationError("the record is open, and nothing is to be learned")

    monkeypatch.setattr("sciml_bench.training.build.build", stopped)
    arguments = ["debug=fast", "logger=none", f"hydra.run.dir={tmp_path / 'run'}"]
    assert command_line(monkeypatch, script, *arguments) == 1
    assert "nothing is to be learned" in capfd.readouterr().err
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    chosen = settings(script, folder=tmp_path)["choices"]
    names = ("pde" if script == "nsm" else "data", "model", "training")
    assert {name: record[name] for name in names} == {name: chosen[name] for name in names}
    assert all(record[name] for name in names)
    assert record["script"] == f"train_{script}"
    shown = [line.split() for line in run_summary(tmp_path / "run").splitlines()]
    for name in ("script", *names):
        assert [name, record[name]] in shown


@pytest.fixture(scope="module")
def own_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "mine.npy"
    np.save(path, Lorenz63().reference(np.array([[1.0, 1.0, 1.0]]), 0.05 * np.arange(500))[0])
    return path


def recording(folder: Path) -> Path:
    """A file in the format of the real pendulum's: trial, time, angles and velocities."""
    times, pendulum = 0.01 * np.arange(300), DoublePendulum()
    states = pendulum.reference(pendulum.default_initial_state[None], times)[0]
    rows = np.concatenate([np.zeros((300, 1)), times[:, None], states], axis=1)
    rows = np.delete(rows, [30, 31, 70, 150], axis=0)  # frames are missing, as in the real one
    np.savetxt(folder / "recording.txt", rows, fmt=["%d", *["%.9f"] * 5], header="o1 o2 w1 w2", comments="% ")
    return folder / "recording.txt"


@pytest.mark.slow
@pytest.mark.usefixtures("painted")
@pytest.mark.parametrize(("script", "record"), [cell for cell in CELLS if cell not in REFUSED])
def test_a_cell_that_works_runs_through_its_fast_setting(
    script: str, record: str, own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if record == DOWNLOADED:
        pytest.skip(f"data={record} is downloaded")
    if record == "dysts":
        pytest.importorskip("dysts")
    file = own_file
    if record == "double_pendulum_real":
        file = recording(tmp_path)
    elif record == "odebench":
        file = written(tmp_path / "odebench.json")
    elif record == "chignolin":
        pytest.importorskip("mdtraj", reason="needs the extra `molecules`")
        file = tmp_path / "C22star"
        file.mkdir()
        written_archive(file, n_frames=20)
    if record in ("molecular", "alanine_dipeptide"):
        pytest.importorskip("openmm", reason="needs the extra `molecules`")
    if record == "molecular":
        kept = build_record(settings(script, "data=alanine_dipeptide", *SMALL["alanine_dipeptide"], folder=tmp_path))
        kept.setup()
        own = [f"data.topology={kept.topology}", f"data.trajectories={kept.folder}/*.xtc"]
    else:
        own = [f"data.{key}={file}" for key in TABLE["files_of"](record)]
    own += {"trajectories": ["data.time_step=0.05"], "odebench": ["data.system=7"]}.get(record, [])
    rollouts = ["evaluation.rollout_steps=[20,10]", "training.validation_steps=10"]
    shorter = rollouts if script == "mechnn" and record in ("ephemeris", "kdv", "two_body") else []
    arguments = [f"data={record}", *own, *SMALL.get(record, []), *shorter, "debug=fast", "logger=none"]
    assert command_line(monkeypatch, script, *arguments, f"hydra.run.dir={tmp_path / 'run'}") == 0
    assert json.loads((tmp_path / "run" / "record.json").read_text())["status"] == "finished"
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())


def test_many_systems_are_not_scored_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["data=odebench", f"data.path={written(tmp_path / 'odebench.json')}", "logger=none"]
    assert command_line(monkeypatch, "mechnn", *words, f"hydra.run.dir={tmp_path / 'run'}") == 1
    (said,) = [line for line in capfd.readouterr().err.splitlines() if line]
    assert "data holds 3: choose one with data.system=, or compare methods on all: " in said
