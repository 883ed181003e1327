import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.run_folder import FINISHED, RunFolder


def test_a_folder_that_nobody_claimed_has_no_status(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new")
    assert folder.status is None
    assert folder.record == {}
    assert folder.configuration is None
    assert not folder.path.exists()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    folder = RunFolder(str(tmp_path))
    folder.write_record({"status": FINISHED, "seed": 3})
    folder.write_metrics({"spectral_error": 0.25})
    folder.write_arrays({"eigenvalues": np.array([1.0, 0.5j])})
    folder.write_configuration({"seed": 3, "data": {"lag": 1, "name": "ä"}, "nothing": None})
    again = RunFolder(tmp_path)
    assert again.status == FINISHED
    assert again.metrics == {"spectral_error": 0.25}
    np.testing.assert_array_equal(again.arrays["eigenvalues"], [1.0, 0.5j])
    assert again.configuration == {"seed": 3, "data": {"lag": 1, "name": "ä"}, "nothing": None}


def test_a_claimed_folder_is_refused_to_everybody_else_until_it_is_free(tmp_path: Path) -> None:
    claim = "import sys; from sciml_bench.core.run_folder import RunFolder\nwith RunFolder(sys.argv[1]).claimed(): pass"
    command = [sys.executable, "-c", claim, str(tmp_path)]
    with RunFolder(tmp_path).claimed():
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        with (
            pytest.raises(ConfigurationError, match=r"another process.*hydra\.run\.dir="),
            RunFolder(tmp_path).claimed(),
        ):
            pass
    assert refused.returncode != 0
    assert "another process is working on" in refused.stderr
    with RunFolder(tmp_path).claimed():
        pass


def test_a_claim_ends_with_the_process_however_it_ends(tmp_path: Path) -> None:
    process = os.fork()
    if process == 0:
        with RunFolder(tmp_path).claimed():
            os.kill(os.getpid(), 9)
    os.waitpid(process, 0)
    with RunFolder(tmp_path).claimed():
        pass


def test_claiming_removes_what_a_killed_writer_left(tmp_path: Path) -> None:
    left = tmp_path / "checkpoints" / "last.ckpt.1.incomplete"
    left.parent.mkdir()
    left.write_bytes(b"half")
    with RunFolder(tmp_path).claimed():
        assert not left.exists()


def test_clearing_removes_every_result_of_the_earlier_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_record({"status": FINISHED})
    folder.write_metrics({"a": 1.0})
    folder.write_arrays({"a": [1]})
    files = (
        folder.best_checkpoint,
        folder.last_checkpoint,
        folder.figures / "a.png",
        folder.logs / "csv" / "b" / "c.csv",
    )
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("a person's own")
    folder.clear()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["notes.txt"]
    assert folder.status is None


def test_clearing_does_not_follow_links_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    folder = RunFolder(tmp_path / "run")
    folder.logs.mkdir(parents=True)
    (folder.logs / "latest-run").symlink_to(outside)
    folder.clear()
    assert (outside / "precious").exists()
    assert not (folder.logs / "latest-run").is_symlink()
