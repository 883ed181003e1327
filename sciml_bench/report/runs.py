"""The runs below some folders: the finished ones with their numbers, the others with why they do not count."""

import math
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.core.plain_types import Metrics, PathType
from sciml_bench.core.stored.run_folder import FAILED, FINISHED, INTERRUPTED, NEVER, NOT_APPLICABLE, RUNNING, RunFolder

MEMBERS = "members"
"""The folder, in that of an ensemble, that holds its members."""

UNREADABLE = "unreadable"
"""The status of a run whose files do not tell their content."""

LARGEST_TEXT = 2**20
"""Bytes of record.json, of metrics.json and of a configuration; more is refused unread."""


@dataclass(frozen=True)
class FinishedRun:
    """A run that came to its end.

    Args:
        folder: where it is.
        record: the content of record.json.
        metrics: the content of metrics.json; infinite what the record says is never reached.
    """

    folder: RunFolder
    record: dict[str, Any]
    metrics: Metrics

    @property
    def path(self) -> Path:
        """The run's folder, which is its identity."""
        return self.folder.path

    @property
    def fit_cpu_seconds(self) -> float | None:
        """CPU seconds of the fit alone, or None where the record does not tell."""
        seconds = self.record.get("fit_cpu_seconds")
        return None if seconds is None else float(seconds)

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """The content of arrays.npz, read once; empty where there is none.

        Raises:
            DataError: the file cannot be read.
        """
        try:
            return self.folder.arrays
        except FileNotFoundError:
            return {}


@dataclass(frozen=True)
class UnfinishedRun:
    """A run that a comparison leaves out.

    Args:
        path: its folder.
        reason: why, ready to be shown.
        status: of the run, or `unreadable`.
        record: the content of record.json, empty where that cannot be read.
    """

    path: Path
    reason: str
    status: str = UNREADABLE
    record: dict[str, Any] = field(default_factory=dict)


def find_runs(folders: Iterable[PathType]) -> tuple[list[FinishedRun], list[UnfinishedRun]]:
    """Every run folder at or below the given ones, each once, ordered by path.

    On a task, an ensemble is one run, whose members are none; elsewhere a finished one counts as its members, which are
    run folders below its own.

    Args:
        folders: where to look.

    Returns:
        the finished runs, and those that are not finished or cannot be read.

    Raises:
        FileNotFoundError: a given folder does not exist.
    """
    paths: set[Path] = set()
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no folder {folder}; give one that holds run folders, such as outputs")
        paths |= {record.parent.resolve() for record in folder.rglob("record.json")}
    runs = [run for path in sorted(paths) if (run := _read(path)) is not None]
    whole = {run.path / MEMBERS for run in runs if run.record.get("task")}
    runs = [run for run in runs if run.path.parent not in whole]
    finished = [run for run in runs if isinstance(run, FinishedRun)]
    return finished, [run for run in runs if isinstance(run, UnfinishedRun)]


def require_own_file(path: Path, most: int) -> None:
    """Refuse what no run leaves, before a byte of it is read: links, pipes, devices, and files that are too large.

    Args:
        path: of a file that may be missing.
        most: bytes.

    Raises:
        DataError: it is refused.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode) or path.parent.is_symlink():
        raise DataError(f"{path.name} is no file of its own, but a link, a folder or a device")
    if found.st_size > most:
        raise DataError(f"{path.name} has {found.st_size} bytes, more than the {most} that are read")


def _read(path: Path) -> FinishedRun | UnfinishedRun | None:
    """A run, or None for the folder of a finished ensemble that answers no task."""
    folder, record = RunFolder(path), {}
    try:
        for name in ("record.json", "metrics.json"):
            require_own_file(path / name, LARGEST_TEXT)
        record = folder.record
        status = record.get("status")
        if status == FINISHED and isinstance(record.get("ensemble"), list) and not record.get("task"):
            return None
        if status == FINISHED:
            never = {name: math.inf for name, value in record.items() if value == NEVER}
            run = FinishedRun(folder, record, never | folder.metrics)
            _ = run.fit_cpu_seconds  # a number, or nothing
            return run
    except FileNotFoundError:
        return UnfinishedRun(path, "metrics.json is missing; repeat the run with force=true", record=record)
    except (DataError, TypeError, ValueError, OverflowError, OSError) as error:
        return UnfinishedRun(path, f"cannot be read: {error}", record=record)
    if status in (FAILED, NOT_APPLICABLE):
        reason = f"{status.replace('_', ' ')}: {record.get('reason', 'without a reason')}"
        return UnfinishedRun(path, reason, status, record)
    if status == INTERRUPTED:
        return UnfinishedRun(path, "interrupted; repeat its command to continue it", status, record)
    reason = "still running, or interrupted; in the latter case repeat its command to continue it"
    return UnfinishedRun(path, reason, RUNNING, record)
