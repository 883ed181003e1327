"""Ctrl-C and a cluster's signals end a run in one sentence with their exit code, and a repeated command goes on."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import toy_method
from lightning.pytorch.trainer.connectors import signal_connector
from toy_runs import toy

from sciml_bench.core.interruption import SIGNALS, TOLD, Interrupted, interruptible, listening, undisturbed
from sciml_bench.core.stored.files import write_atomically
from sciml_bench.training import run
from sciml_bench.training.loop.fit import _quieten_lightning
from sciml_bench.training.script import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def own_handlers():
    earlier = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in earlier.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 138), (signal.SIGUSR2, 140)]
)
def test_a_signal_ends_the_process_in_one_sentence(number, code, capsys):
    def interrupted():
        with interruptible():
            os.kill(os.getpid(), number)
            time.sleep(1)
            pytest.fail("the signal did not come in")

    with pytest.raises(SystemExit) as ended:
        interrupted()
    assert ended.value.code == code
    assert capsys.readouterr().err == TOLD + "\n"
    assert signal.getsignal(number) is signal.SIG_IGN  # a second one does not spoil what is left to do


def test_in_the_process_of_a_sweep_s_job_a_launcher_s_handlers_stay() -> None:
    heard = []
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    signal.signal(signal.SIGUSR2, lambda *_: heard.append("requeued"))

    def warned() -> None:
        with listening():
            os.kill(os.getpid(), signal.SIGUSR2)
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(1)
            pytest.fail("the signal did not come in")

    with pytest.raises(Interrupted, match="interrupted"):
        warned()
    assert heard == ["requeued"]
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL


def test_a_launcher_that_ends_its_job_leaves_an_interrupted_run(tmp_path, monkeypatch):
    """submitit raises SystemExit when it requeues, which may not end as an error or as another exit code."""

    def requeued(*_):
        sys.exit(144)

    monkeypatch.setattr(toy_method.ToyMethod, "loss", requeued)
    with pytest.raises(SystemExit) as ended:
        run(toy(tmp_path))
    assert ended.value.code == 144
    assert json.loads((tmp_path / "record.json").read_text())["status"] == "interrupted"


def as_of_compiled_code(*_):
    """A signal comes while Numba loads a function, which it does in Python."""
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    except Interrupted as interruption:
        raise SystemError("factorize returned a result with an exception set") from interruption


def test_a_signal_that_compiled_code_makes_an_error_of_is_still_an_interruption(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sciml_bench.training.build.build", as_of_compiled_code)
    monkeypatch.setattr(sys, "argv", ["train_node_homotopy.py", "logger=none", f"hydra.run.dir={tmp_path}"])

    def interrupted():
        with interruptible():
            main("node_homotopy")

    with pytest.raises(SystemExit) as ended:
        interrupted()
    assert ended.value.code == 143
    assert capsys.readouterr().err == TOLD + "\n"
    record = json.loads((tmp_path / "record.json").read_text())
    assert (record["status"], record["reason"]) == ("interrupted", TOLD)


class Interrupting:
    """A signal comes while it is thrown away, where Python drops whatever is raised."""

    def __init__(self, number):
        self.number = number

    def __del__(self):
        os.kill(os.getpid(), self.number)
        for _ in range(1000):
            pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("then", [lambda: time.sleep(2), sys.exit], ids=["goes on", "another ends the run with 0"])
def test_a_signal_that_python_drops_is_not_lost(then, capsys):
    def interrupted():
        with interruptible():
            Interrupting(signal.SIGTERM)
            then()
            pytest.fail("the signal did not come in")

    with pytest.raises(SystemExit) as ended:
        interrupted()
    assert ended.value.code == 143
    assert capsys.readouterr().err == TOLD + "\n"


def test_another_error_stays_what_it_is():
    def failed():
        with interruptible():
            raise SystemError("of its own")

    with pytest.raises(SystemError, match="of its own"):
        failed()


def test_a_signal_waits_until_a_file_is_written(tmp_path):
    def write(file):
        file.write(b"half ")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
        file.write(b"and whole")

    def interrupted():
        with interruptible():
            try:
                write_atomically(tmp_path / "x.txt", write)
            except Interrupted:
                assert (tmp_path / "x.txt").read_bytes() == b"half and whole"
                raise
            pytest.fail("the signal was lost")

    with pytest.raises(SystemExit) as ended:
        interrupted()
    assert ended.value.code == 143
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_lightning_says_nothing_of_a_signal():
    _quieten_lightning()
    assert not logging.getLogger(signal_connector.__name__).isEnabledFor(logging.INFO)


def test_doors_may_stand_within_doors():
    reached = []

    def interrupted():
        with interruptible(), undisturbed():
            with undisturbed():
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            reached.append("the end of the outer one")

    with pytest.raises(SystemExit):
        interrupted()
    assert reached


@pytest.mark.parametrize(  # SIGTERM interrupts the sweeps of test_resume.py, too
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_an_interrupted_run_says_so_in_its_record(number, tmp_path):
    times = np.linspace(0, 6, 60)
    np.savetxt(
        tmp_path / "x.csv",
        np.column_stack([times, np.sin(times), np.cos(times)]),
        delimiter=",",
        header="t,x,v",
        comments="",
    )
    command = [sys.executable, str(ROOT / "train_node_homotopy.py"), "data=trajectories", "logger=none"]
    command += [f"data.path={tmp_path / 'x.csv'}", f"hydra.run.dir={tmp_path / 'run'}", "training=vanilla"]
    command += ["trainer.max_epochs=1000000"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "epoch" in line:
                process.send_signal(number)
                break
        said += process.communicate(timeout=120)[0].splitlines(keepends=True)
    assert process.returncode == 128 + number, said
    assert said[-1] == TOLD + "\n"
    assert "Traceback" not in "".join(said)
    assert "Received SIG" not in "".join(said)
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert (record["status"], record["reason"]) == ("interrupted", TOLD)


@pytest.mark.parametrize(
    "left_to_do",
    [
        "atexit.register(lambda: (print('leaving', flush=True), time.sleep(1)))",
        "threading.Thread(target=lambda: (print('leaving', flush=True), time.sleep(60))).start()",
    ],
)
def test_what_is_finished_stays_so_whatever_comes_while_libraries_leave(left_to_do: str) -> None:
    body = f"import atexit, threading, time\nfrom sciml_bench.core.interruption import interruptible\n{left_to_do}\n"
    command = [sys.executable, "-c", body + "with interruptible(): pass\n"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "leaving\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0
