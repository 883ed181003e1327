"""A run that is killed and repeated ends exactly where an uninterrupted one ends."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scripts import SMALL

from sciml_bench.core.interruption import SIGNALS

KILLED = -9
INTERRUPTED = (130, 138, 140, 143)

N_INTERRUPTIONS = int(os.environ.get("SCIML_BENCH_INTERRUPTIONS", "20"))
"""Of a run of every paradigm; fewer where somebody is in a hurry."""

LOGISTIC_MAP = (
    "data=logistic_map",
    "model=mlp",
    "data.n_steps=3000",
    "trainer.max_epochs=12",
    "trainer.seconds_between_checkpoints=0",
    "evaluation.n_bootstrap=5",
    "evaluation.quadrature_points=50",
)
DIGITS = (  # dropout and augmentation draw random numbers in every step
    "data=ordered_digits",
    "data.n_digits=2",
    "data.image_size=8",
    "model.encoder.dropout=0.2",
    "model.encoder.channels=[4,8]",
    "model.n_modes=3",
    "trainer.max_epochs=5",
    "trainer.seconds_between_checkpoints=0",
    "trainer.early_stopping.patience=50",
    "evaluation.n_bootstrap=5",
    "evaluation.forecast_steps=2",
)


MOLECULE = (
    *("data=alanine_dipeptide", *SMALL["alanine_dipeptide"], "data.features=positions", "data.atoms='element C'"),
    *("model=schnet", "model.encoder.n_features=8", "model.encoder.n_interactions=1", "training.view.batch_size=16"),
    *("trainer.max_epochs=4", "trainer.seconds_between_checkpoints=0", "evaluation.n_bootstrap=5"),
    *("evaluation.forecast_steps=2", "evaluation.timescale_lags=[1,2]"),
)
FIELD = ("training=vanilla", "trainer.max_epochs=150")
SEQUENCE = (
    "data=two_body",
    "data.split={train:4,validation:1,test:1}",
    "data.n_states=120",
    "data.n_test_states=250",
    "training.view.windows_per_epoch=64",
    "trainer.max_epochs=6",
)
OPERATOR = (
    "pde.batch_size=2",
    "pde.steps_per_epoch=10",
    "pde.n_validation=2",
    "pde.n_test=2",
    "pde.test_resolutions=[16]",
    "model.modes=[5,5]",
    "model.width=4",
    "trainer.max_steps=400",
)
PARADIGMS = {
    "koopman": LOGISTIC_MAP,
    "mechnn": (*SEQUENCE, "trainer.seconds_between_checkpoints=0"),
    "node_homotopy": (*FIELD, "trainer.seconds_between_checkpoints=0"),
    "nsm": (*OPERATOR, "trainer.seconds_between_checkpoints=0"),
}
"""By script: a run of a second or two, with random batches where the method has them."""


def job(arguments: tuple[str, ...], folder: Path, script: str = "koopman", **kill: Any) -> dict[str, Any]:
    return {"arguments": [*arguments, f"hydra.run.dir={folder}"], "kill": kill or None, "script": script}


Runner = Callable[[list[dict[str, Any]]], list[int]]


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Run a plan in a process of its own; how every run of it ended: 0 or minus the signal."""
    errors = tmp_path_factory.mktemp("killed_runs") / "stderr"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("killed_runs.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=tmp_path_factory.getbasetemp(),
            env={**os.environ, "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(tmp_path_factory.getbasetemp() / "cache")},
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None

        def run(plan: list[dict[str, Any]]) -> list[int]:
            print(json.dumps(plan), file=process.stdin, flush=True)
            codes = json.loads(process.stdout.readline())
            assert set(codes) <= {0, KILLED, *INTERRUPTED}, errors.read_text()
            return codes

        yield run
        process.stdin.close()


@pytest.fixture(scope="module")
def whole(ends: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody interrupts."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "run"
    assert ends([job(LOGISTIC_MAP, folder)]) == [0]
    return folder


def weights(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)["state_dict"]


def assert_same_run(one: Path, other: Path) -> None:
    """Bit-identical weights and metrics; and nothing half written is left behind."""
    for name in ("best.ckpt", "last.ckpt"):
        expected, found = (weights(folder / "checkpoints" / name) for folder in (one, other))
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[key], found[key]) for key in expected), name
    expected, found = (json.loads((folder / "metrics.json").read_text()) for folder in (one, other))
    of_the_clock = ("seconds_", "solver_seconds_", "breakeven_")
    expected, found = (
        {name: value for name, value in metrics.items() if not name.startswith(of_the_clock)}
        for metrics in (expected, found)
    )
    assert expected == found
    with np.load(one / "arrays.npz") as expected, np.load(other / "arrays.npz") as found:
        assert set(expected.files) == set(found.files)
        for name in set(expected.files) - {"history_training_seconds"}:
            np.testing.assert_array_equal(expected[name], found[name], err_msg=name)
    assert not list(other.rglob("*.incomplete"))
    assert json.loads((other / "record.json").read_text())["status"] == "finished"


def test_a_run_killed_again_and_again_ends_bit_identical_to_an_uninterrupted_one(
    ends: Runner, whole: Path, tmp_path: Path
) -> None:
    killed = tmp_path / "killed"
    moments: list[dict[str, Any]] = [
        {"when": "half_written", "file": "last.ckpt", "count": 1},  # before there is any checkpoint
        {"when": "half_written", "file": "last.ckpt", "count": 3},
        {"when": "before_renaming", "file": "last.ckpt", "count": 2},
        {"when": "after_renaming", "file": "last.ckpt", "count": 2},
        {"when": "before_renaming", "file": "last.ckpt", "count": 1},  # no progress at all in between
        {"when": "after_renaming", "file": "last.ckpt", "count": 1},
        {"when": "half_written", "file": "best.ckpt", "count": 1},  # after the last epoch
        {"when": "after_renaming", "file": "best.ckpt", "count": 1},
        {"when": "before_renaming", "file": "spectrum.png", "count": 1},
        {"when": "before_renaming", "file": "metrics.json", "count": 1},
        {"when": "after_renaming", "file": "metrics.json", "count": 1},
        {"when": "before_renaming", "file": "record.json", "count": 2},  # all done but for the word `finished`
    ]
    plan = [*(job(LOGISTIC_MAP, killed, **moment) for moment in moments), job(LOGISTIC_MAP, killed)]
    assert ends(plan) == [*[KILLED] * len(moments), 0]
    assert_same_run(whole, killed)
    record = json.loads((killed / "record.json").read_text())
    assert record["interruptions"] == len(moments)
    assert record["epochs"] == 12
    assert record["steps"] == json.loads((whole / "record.json").read_text())["steps"]


def test_a_cluster_s_warnings_leave_a_run_that_goes_on_bit_identical(ends: Runner, whole: Path, tmp_path: Path) -> None:
    warned = tmp_path / "warned"
    moments: list[dict[str, Any]] = [
        {"when": "after_renaming", "file": "last.ckpt", "count": 3, "signal": int(signal.SIGUSR1)},
        {"when": "half_written", "file": "last.ckpt", "count": 2, "signal": int(signal.SIGUSR2)},
    ]
    for moment, code in zip(moments, (138, 140), strict=True):
        assert ends([job(LOGISTIC_MAP, warned, **moment)]) == [code]
        assert json.loads((warned / "record.json").read_text())["status"] == "interrupted"
    assert ends([job(LOGISTIC_MAP, warned)]) == [0]
    assert_same_run(whole, warned)


def test_a_run_killed_at_random_moments_ends_bit_identical_to_an_uninterrupted_one(
    ends: Runner, whole: Path, tmp_path: Path
) -> None:
    killed = tmp_path / "killed"
    seconds = np.random.default_rng(0).uniform(0.3, 1.5, 5)
    plan = [
        *(job(LOGISTIC_MAP, killed, after_seconds=moment) for moment in seconds.tolist()),
        job(LOGISTIC_MAP, killed),
    ]
    assert ends(plan)[-1] == 0
    assert_same_run(whole, killed)


@pytest.mark.slow
@pytest.mark.parametrize("script", PARADIGMS)
def test_whatever_interrupts_a_run_of_any_paradigm_it_ends_bit_identical(
    script: str, ends: Runner, tmp_path: Path
) -> None:
    words, rng = PARADIGMS[script], np.random.default_rng(1)
    whole, again, broken = tmp_path / "whole", tmp_path / "again", tmp_path / "broken"
    assert ends([job(words, whole, script)]) == [0]  # it also compiles what the others find in the cache
    started = time.monotonic()
    assert ends([job(words, again, script)]) == [0]
    length, interruptions = time.monotonic() - started, 0
    while interruptions < N_INTERRUPTIONS:
        kill: dict[str, Any] = {"signal": int(rng.choice([signal.SIGKILL, *SIGNALS]))}
        if interruptions % 2:  # in a checkpoint's writing
            when = str(rng.choice(["half_written", "before_renaming", "after_renaming"]))
            kill |= {"when": when, "file": "last.ckpt", "count": int(rng.integers(1, 4))}
        else:
            kill |= {"after_seconds": float(rng.uniform(0.2, 0.6) * length)}
        (code,) = ends([job(words, broken, script, **kill)])
        interruptions += code != 0
        if code == 0:  # it had come too far to be interrupted so late
            assert_same_run(whole, broken)
            shutil.rmtree(broken)
            length *= 0.9
    assert ends([job(words, broken, script)]) == [0]
    assert_same_run(whole, broken)


def require_repeated_exactly(ends: Runner, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Killed after a checkpoint, and while the next is half written, a run ends as one that nothing has disturbed."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    plan = [
        job(words, whole),
        job(words, killed, when="after_renaming", file="last.ckpt", count=1),
        job(words, killed, when="half_written", file="last.ckpt", count=2),
        job(words, killed),
    ]
    assert ends(plan) == [0, KILLED, KILLED, 0]
    assert_same_run(whole, killed)


def test_dropout_and_augmentation_are_repeated_exactly_after_a_kill(ends: Runner, tmp_path: Path) -> None:
    require_repeated_exactly(ends, tmp_path, DIGITS)


def test_double_precision_is_repeated_exactly_after_a_kill(ends: Runner, tmp_path: Path) -> None:
    """Lightning loads weights before it makes them double."""
    require_repeated_exactly(ends, tmp_path, (*LOGISTIC_MAP, "trainer.precision=64-true"))


@pytest.mark.slow
def test_schnet_on_a_molecule_is_repeated_exactly_after_a_kill(ends: Runner, tmp_path: Path) -> None:
    pytest.importorskip("openmm", reason="needs the extra `molecules`")
    pytest.importorskip("mdtraj", reason="needs the extra `molecules`")
    require_repeated_exactly(ends, tmp_path, MOLECULE)


def test_a_sweep_killed_half_way_runs_only_what_is_missing(ends: Runner, tmp_path: Path) -> None:
    sweep = ("--multirun", *LOGISTIC_MAP, "trainer.max_epochs=2", "seed=0,1,2", f"hydra.sweep.dir={tmp_path}")
    kill = {"when": "after_renaming", "file": "metrics.json", "count": 2}

    def records() -> dict[str, dict[str, Any]]:
        return {path.parent.name: json.loads(path.read_text()) for path in tmp_path.rglob("record.json")}

    assert ends([{"arguments": sweep, "kill": kill}]) == [KILLED]
    before = records()
    assert {name: record["status"] for name, record in before.items()} == {"seed=0": "finished", "seed=1": "running"}
    assert ends([{"arguments": sweep, "kill": None}]) == [0]
    after = records()
    assert set(after) == {"seed=0", "seed=1", "seed=2"}
    assert {record["status"] for record in after.values()} == {"finished"}
    assert after["seed=0"] == before["seed=0"]
    assert after["seed=1"]["started"] == before["seed=1"]["started"]
    assert after["seed=1"]["interruptions"] == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)]
)
def test_a_sweep_that_is_interrupted_with_jobs_unrun_says_so_by_its_exit_code(
    ends: Runner, tmp_path: Path, number: int, code: int
) -> None:
    words = ("--multirun", *LOGISTIC_MAP, "trainer.max_epochs=2", "seed=0,1,2", f"hydra.sweep.dir={tmp_path}")
    kill = {"when": "after_renaming", "file": "metrics.json", "count": 1, "signal": int(number)}
    assert ends([{"arguments": words, "kill": kill}]) == [code]
    statuses = {path.parent.name: json.loads(path.read_text())["status"] for path in tmp_path.rglob("record.json")}
    assert statuses == {"seed=0": "interrupted"}  # the others have not begun
    assert ends([{"arguments": words, "kill": None}]) == [0]
    assert len(list(tmp_path.rglob("metrics.json"))) == 3


@pytest.mark.slow
def test_the_script_itself_survives_being_killed(tmp_path: Path, repository: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    command = [sys.executable, "train_koopman.py", *LOGISTIC_MAP, "trainer.max_epochs=60"]
    subprocess.run([*command, f"hydra.run.dir={whole}"], cwd=repository, check=True, capture_output=True)
    for seconds in (6.0, 7.0, 8.0):
        process = subprocess.Popen(
            [*command, f"hydra.run.dir={killed}"], cwd=repository, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    subprocess.run([*command, f"hydra.run.dir={killed}"], cwd=repository, check=True, capture_output=True)
    assert_same_run(whole, killed)
