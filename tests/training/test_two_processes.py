"""Two processes train what one trains: the same weights and scores, also after a kill; a failure is told once."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scripts import SMALL as FEW
from scripts import command_line
from torch import distributed, multiprocessing
from toy_runs import TRAINER

from sciml_bench.core.errors import ConfigurationError, TrainingError
from sciml_bench.core.processes.workers import is_connection_lost, raise_reason, rank
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import run
from sciml_bench.training.loop.trainer_settings import require_trainer
from sciml_bench.training.script import composed

TWO = ("trainer=ddp", "trainer.accelerator=cpu")
PROCESS = ("data=ornstein_uhlenbeck", "data.n_steps=600", "model=mlp", "model.encoder.hidden=[8]")
SMALL = (
    *("model.n_modes=3", "training.view.batch_size=33", "trainer.precision=64-true", "trainer.threads=1"),
    *("logger=none", "trainer.seconds_between_checkpoints=0", "evaluation.n_bootstrap=2"),
    "evaluation.quadrature_points=50",
)
# the parts of a batch have 17 and 16 pairs
RUNS = {
    "batch norm, uneven parts": (*PROCESS, "trainer.max_epochs=10", "model.encoder.batch_norm=true"),
    "one validation pair each": (*PROCESS, "trainer.max_epochs=2", "data.split={train:590,validation:3,test:7}"),
    "several lags": (*PROCESS, "trainer.max_epochs=2", "training=nested_lora_reversible", "training.view.lags=[1,3]"),
    "a loss that is a mean": (*PROCESS, "trainer.max_epochs=2", "training=dynamical_auto_encoder"),
    "rows that count differently": (
        *("data=trajectories", "data.path=FOLDER/weighted.npy", "data.weights=2", "model=mlp"),
        *("model.encoder.hidden=[8]", "training=nested_lora", "trainer.max_epochs=2"),
    ),
    "a record that stays on disk": (
        *("data=trajectories", "data.path=FOLDER/states.npy", "data.in_memory_gigabytes=0", "model=mlp"),
        *("model.encoder.hidden=[8]", "training=vamp", "trainer.max_epochs=10"),
    ),
}
SINGLE = (*PROCESS, "trainer.max_epochs=10", "trainer.precision=32-true")
if util.find_spec("openmm") and util.find_spec("mdtraj") and util.find_spec("schnetpack"):
    RUNS["a molecule"] = (
        *("data=alanine_dipeptide", *FEW["alanine_dipeptide"], "data.features=positions", "data.atoms='element C'"),
        *("model=schnet", "model.encoder.n_features=8", "model.encoder.n_interactions=1", "trainer.max_epochs=3"),
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, False),
        ({"LOCAL_RANK": "1"}, True),
        ({"RANK": "2", "LOCAL_RANK": "0"}, True),
        ({"SLURM_PROCID": "0"}, False),
    ],
)
def test_the_first_process_owns_the_folder_whoever_started_it(
    told: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert (rank() > 0) is expected


def test_the_reason_of_another_process_is_told(tmp_path: Path) -> None:
    lost = RuntimeError("[third_party/gloo/gloo/transport/tcp/pair.cc:525] Connection closed by peer")
    assert is_connection_lost(lost)
    assert not is_connection_lost(RuntimeError("mat1 and mat2 must have the same dtype"))
    (tmp_path / "process_3.txt").write_text("data.path=x: row 7 is unreadable\n\nTraceback …")
    with pytest.raises(TrainingError, match=r"^data\.path=x: row 7 is unreadable \(process 3, .*process_3\.txt\)$"):
        raise_reason(tmp_path, lost)


@pytest.mark.parametrize("several", [{"strategy": "ddp"}, {"devices": 2}])
def test_a_budget_of_cpu_seconds_is_measured_by_one_process(several: dict[str, Any]) -> None:
    require_trainer({**TRAINER, "cpu_seconds": 3})
    with pytest.raises(ConfigurationError, match=r"trainer\.cpu_seconds=3: steps are measured by one process"):
        require_trainer({**TRAINER, "cpu_seconds": 3, **several})


def test_a_sweep_that_its_processes_would_repeat_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--multirun", *TWO, *PROCESS, *SMALL, "trainer.max_epochs=1", "seed=0,1"]
    assert command_line(monkeypatch, "koopman", *words) == 1
    said = capfd.readouterr().err
    assert said.count("this job failed: trainer.strategy=ddp: each of its processes would repeat the whole sweep") == 2


def one_process(rank: int, folder: str, port: int) -> None:
    """Train as a process that torchrun has started."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "GROUP_RANK": 0}
    told |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_RUN_ID": "test"}
    os.environ.update({name: str(value) for name, value in told.items()})
    torch.set_num_threads(1)
    for name, words in (RUNS | {"single precision": SINGLE}).items():
        configuration = composed("koopman", [*TWO, *SMALL, *in_folder(words, folder)], f"{folder}/two/{name}")
        run(configuration)
        while RunFolder(configuration.run_folder).status != "finished":  # the first process still evaluates
            time.sleep(0.1)
        run(configuration)


def in_folder(words: Sequence[str], folder: str) -> list[str]:
    return [word.replace("FOLDER", folder) for word in words]


@pytest.mark.slow
@pytest.mark.skipif(not distributed.is_available() or not hasattr(os, "fork"), reason="needs processes that fork")
def test_two_processes_learn_the_weights_of_one(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rng, states = np.random.default_rng(0), np.zeros((700, 2))
    for row in range(1, len(states)):
        states[row] = [0.95, 0.7] * states[row - 1] + rng.standard_normal(2)
    np.save(tmp_path / "states.npy", states)
    np.save(tmp_path / "weighted.npy", np.column_stack([states, rng.uniform(0.1, 2, len(states))]))
    multiprocessing.start_processes(one_process, (str(tmp_path), port), nprocs=2, start_method="fork")
    for name, words in RUNS.items():
        words = in_folder(words, str(tmp_path))
        metrics = run(composed("koopman", ["trainer=cpu", *SMALL, *words], tmp_path / "one" / name))
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        assert json.loads((two / "record.json").read_text())["processes"] == 2
        assert json.loads((two / "metrics.json").read_text()) == pytest.approx(metrics, rel=1e-5, abs=1e-6)
        assert_same_weights(one, two)
    seeds = [
        run(composed("koopman", ["trainer=cpu", *SMALL, *SINGLE, f"seed={seed}"], tmp_path / "seeds" / str(seed)))
        for seed in range(3)
    ]
    for name, value in json.loads((tmp_path / "two" / "single precision" / "metrics.json").read_text()).items():
        assert abs(value - seeds[0][name]) <= np.ptp([metrics[name] for metrics in seeds]), name


def assert_same_weights(one: Path, other: Path) -> None:
    mine, theirs = (torch.load(path / "checkpoints" / "last.ckpt", weights_only=True) for path in (one, other))
    assert mine["global_step"] == theirs["global_step"]
    for name, weights in mine["state_dict"].items():
        torch.testing.assert_close(theirs["state_dict"][name], weights, rtol=0, atol=1e-6)


def started(folder: Path, *words: str, epochs: int = 40) -> subprocess.Popen[str]:
    script = Path(__file__).resolve().parents[2] / "train_koopman.py"
    command = [sys.executable, str(script), *TWO, *PROCESS, *SMALL, *words, f"trainer.max_epochs={epochs}"]
    places = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": places}
    return subprocess.Popen(
        [*command, f"hydra.run.dir={folder}"], stderr=subprocess.PIPE, text=True, env=environment, cwd=folder.parent
    )


@pytest.mark.slow
def test_a_kill_and_a_resume_end_where_an_uninterrupted_run_ends(tmp_path: Path) -> None:
    killed, until = started(tmp_path / "killed"), time.monotonic() + 300
    while not (tmp_path / "killed" / "checkpoints" / "last.ckpt").exists():
        assert killed.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    for name in ("killed", "whole"):
        process = started(tmp_path / name)
        assert process.communicate(timeout=300)[1]
        assert process.returncode == 0
    assert json.loads((tmp_path / "killed" / "record.json").read_text())["resumed"]
    assert_same_weights(tmp_path / "killed", tmp_path / "whole")


@pytest.mark.slow
def test_a_process_that_fails_ends_both_in_one_sentence(tmp_path: Path) -> None:
    words = ("+callbacks.mine._target_=failing_callback.FailsInTheSecond", "trusted_packages=[failing_callback]")
    process = started(tmp_path / "run", *words)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 1
    errors = [line for line in said.splitlines() if "row 7" in line or "Traceback" in line]
    assert errors == [line for line in said.splitlines() if line.startswith("error: row 7 is unreadable (process 1, ")]
    assert len(errors) == 1
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert (record["status"], record["reason"]) == ("failed", f"TrainingError: {errors[0].removeprefix('error: ')}")
