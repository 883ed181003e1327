"""Jobs that run side by side: submitit's local executor requeues a run that goes on, and threads fit into the cores."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl
import torch

from sciml_bench.training import script
from sciml_bench.training.threads import cap_threads, threads_of_a_job

JOB = (
    *("data=logistic_map", "model=mlp", "data.n_steps=3000", "trainer.max_epochs=60"),
    *("trainer.seconds_between_checkpoints=0", "evaluation.n_bootstrap=2", "evaluation.quadrature_points=50"),
)


@pytest.mark.parametrize(
    ("launcher", "threads"),
    [
        ({"n_jobs": 2}, 4),
        ({"n_jobs": -1}, 1),
        ({"n_jobs": -2}, 1),
        ({"n_jobs": -5}, 2),
        ({"n_jobs": 3}, 2),
        ({"n_jobs": 50}, 1),
        ({"cpus_per_task": 4, "timeout_min": 240}, 4),
        ({"cpus_per_task": None, "timeout_min": 240}, None),
        ({"_target_": "hydra._internal.core_plugins.basic_launcher.BasicLauncher"}, None),
    ],
)
def test_jobs_times_threads_are_no_more_than_the_cores(
    launcher: dict, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    assert threads_of_a_job(launcher) == threads


def test_the_libraries_of_a_job_are_capped_as_well() -> None:
    with threadpoolctl.threadpool_limits(2):
        before = torch.get_num_threads()
        try:
            torch.set_num_threads(2)
            cap_threads({"cpus_per_task": 1})
            _ = np.ones((8, 8)) @ np.ones((8, 8))
            assert torch.get_num_threads() == 1
            assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info()} == {1}
        finally:
            torch.set_num_threads(before)


@pytest.mark.slow
def test_a_job_of_submitit_that_is_warned_is_requeued_and_goes_on(repository: Path, tmp_path: Path) -> None:
    """With its own executor for one machine; on a cluster, Slurm's takes its place."""
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    command = [sys.executable, str(repository / "train_koopman.py"), "--multirun", "hydra/launcher=submitit_local"]
    with subprocess.Popen([*command, *JOB, "seed=0", "logger=none"], cwd=tmp_path) as sweep:
        until = time.monotonic() + 300
        while not list(tmp_path.rglob("last.ckpt")):
            assert time.monotonic() < until
            assert sweep.poll() is None
            time.sleep(0.05)
        (controller,) = {path.name.split("_")[0] for path in (tmp_path / "outputs").rglob("*_log.out")}
        children = Path(f"/proc/{controller}/task/{controller}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGUSR2)
        assert sweep.wait(timeout=300) == 0
    (folder,) = [path.parent for path in tmp_path.rglob("record.json")]
    record = json.loads((folder / "record.json").read_text())
    assert (record["status"], record["interruptions"], record["epochs"]) == ("finished", 1, 60)
    assert record["resumed"]
    assert record["hardware"]["threads"] == 1  # cpus_per_task
    whole = tmp_path / "whole"
    subprocess.run([*command[:2], *JOB, f"hydra.run.dir={whole}", "trainer.threads=1"], check=True, cwd=tmp_path)
    assert json.loads((folder / "metrics.json").read_text()) == json.loads((whole / "metrics.json").read_text())


def test_a_sweep_is_asked_for_at_any_place() -> None:
    given = ["logger=none", "--multirun", "seed=0,1"]
    assert script._sweep_first(given) == ["--multirun", "logger=none", "seed=0,1"]
    assert script._sweep_first(["--config-dir", "mine", "seed=0"]) == ["--config-dir", "mine", "seed=0"]
