"""A disk that is full, or a folder that may not be written to: one sentence, and what was there before still is."""

import errno
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scripts import command_line
from toy_runs import toy

from sciml_bench.core.errors import StorageError, in_a_sentence
from sciml_bench.core.stored.files import write_arrays, write_atomically, write_json
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import run

WORDS = ["data=ornstein_uhlenbeck", "data.n_steps=400", "training=linear_ridge", "logger=none"]


class Full:
    """A disk on which there is room for some bytes more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room, opened = room, os.fdopen

        def fdopen(*args: Any, **options: Any) -> Any:
            file = opened(*args, **options)
            full = self

            class File:
                def write(self, content: Any) -> int:
                    full.room -= len(memoryview(content).cast("B"))
                    if full.room < 0:
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    return file.write(content)

                def __enter__(self) -> Any:
                    return self

                def __exit__(self, *_: object) -> None:
                    file.close()

                def __getattr__(self, name: str) -> Any:
                    return getattr(file, name)

            return File()

        monkeypatch.setattr("sciml_bench.core.stored.files.os.fdopen", fdopen)


@pytest.mark.parametrize("kind", ["json", "arrays", "checkpoint"])
def test_a_full_disk_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path = tmp_path / "file"
    writers = {
        "json": lambda size: write_json(path, {"text": "x" * size}),
        "arrays": lambda size: write_arrays(path, {"noise": np.random.default_rng(0).standard_normal(size)}),
        "checkpoint": lambda size: write_atomically(path, lambda file: torch.save({"a": torch.zeros(size)}, file)),
    }
    writers[kind](10)
    before = path.read_bytes()
    Full(monkeypatch, room=5000)
    with pytest.raises(StorageError, match=r"file cannot be written, the disk is full \(No space left on device\)"):
        writers[kind](100_000)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_run_on_a_full_disk_goes_on_from_its_last_checkpoint_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = toy(tmp_path / "whole"), toy(tmp_path / "broken")
    run(whole)
    size = RunFolder(tmp_path / "whole").last_checkpoint.stat().st_size
    with monkeypatch.context() as patch:
        Full(patch, room=int(2.5 * size))
        with pytest.raises(StorageError, match="disk is full"):
            run(broken)
    folder = RunFolder(tmp_path / "broken")
    assert folder.last_checkpoint.exists()
    assert not list(folder.path.rglob("*.incomplete"))
    assert run(broken) == RunFolder(tmp_path / "whole").metrics
    assert folder.record["interruptions"] == 1


def test_a_full_disk_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Full(monkeypatch, room=10)
    assert command_line(monkeypatch, "koopman", *WORDS) == 1
    (said,) = capfd.readouterr().err.splitlines()
    assert said.startswith("error: ")
    assert "the disk is full (No space left on device); free some space" in said


def test_a_folder_in_whose_place_a_file_lies_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text("x")
    for place in ("mine.txt", "mine.txt/run"):
        assert command_line(monkeypatch, "koopman", *WORDS, f"hydra.run.dir={place}") == 1
        (said,) = capfd.readouterr().err.splitlines()
        assert said.startswith("error: ")
        assert "a file stands where a folder is needed" in said
        assert "mine.txt" in said
    assert (tmp_path / "mine.txt").read_text() == "x"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs").mkdir(mode=0o500)
    assert command_line(monkeypatch, "koopman", *WORDS, "hydra.run.dir=theirs/run") == 1
    assert "theirs" in capfd.readouterr().err


def test_a_file_that_may_not_be_written_is_named_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**options: str) -> None:
        name = f"{options['dir']}/{options['prefix']}abc{options['suffix']}"
        raise PermissionError(errno.EACCES, "Permission denied", name)

    monkeypatch.setattr(tempfile, "mkstemp", refused)
    with pytest.raises(StorageError, match=r"theirs/n\.csv may not be opened or written"):
        write_atomically(tmp_path / "theirs" / "n.csv", lambda file: file.write(b"x"))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "may not be opened or written (Permission denied)"),
        (errno.EROFS, "may not be opened or written (Read-only file system)"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EIO, "run: Input/output error"),
    ],
)
def test_what_the_operating_system_says_has_its_file_and_a_remedy(number: int, said: str) -> None:
    told = in_a_sentence(OSError(number, os.strerror(number), "run"))
    assert told.startswith("run")
    assert said in told
