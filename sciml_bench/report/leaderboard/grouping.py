"""Which runs belong together: a task, a method on it, the seeds that repeat it; and which runs do not count."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sciml_bench.core.checks import is_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.report.comparison import UNREMARKABLE, MethodRuns
from sciml_bench.report.leaderboard.plain_text import LONGEST_REASON, plain
from sciml_bench.report.runs import MEMBERS, FinishedRun, UnfinishedRun

DUPLICATE = "duplicate"
"""The status of a run whose task, method and seed another one has too."""

NO_TASK = "other runs"
"""Where a record names neither task nor data."""

Run = FinishedRun | UnfinishedRun


@dataclass(frozen=True)
class Entry:
    """A method on a task.

    Args:
        repeated: its finished runs, one per seed; their label is the method's name in all tasks.
        left_out: its other runs.
    """

    repeated: MethodRuns
    left_out: tuple[UnfinishedRun, ...] = ()

    @property
    def label(self) -> str:
        """The method."""
        return self.repeated.label

    @property
    def runs(self) -> tuple[Run, ...]:
        """All of them, the finished ones first."""
        return (*self.repeated.runs, *self.left_out)

    def count(self, status: str) -> int:
        """How many of the runs that are left out have a status."""
        return sum(run.status == status for run in self.left_out)


@dataclass(frozen=True)
class Task:
    """What several methods were asked.

    Args:
        name: of the task, or of the data that scripts learned from.
        entries: the methods, by name.
    """

    name: str
    entries: tuple[Entry, ...]

    @property
    def title(self) -> str:
        """What the runs call it, or its name."""
        told = [run.record["title"] for entry in self.entries for run in entry.runs if run.record.get("title")]
        return plain(told[0], LONGEST_REASON) if told else self.name

    @property
    def finished(self) -> list[Entry]:
        """The methods that have a finished run."""
        return [entry for entry in self.entries if entry.repeated.runs]


@dataclass(frozen=True)
class Leaderboard:
    """Everything that was found below some folders.

    Args:
        tasks: by name.
        unplaced: runs whose record does not say what they are.
        duplicates: runs that another one stands for.
        root: folder that all runs are below.
    """

    tasks: tuple[Task, ...]
    unplaced: tuple[UnfinishedRun, ...]
    duplicates: tuple[UnfinishedRun, ...]
    root: Path

    @property
    def runs(self) -> list[Run]:
        """All runs that have a place, the duplicates not."""
        return [run for task in self.tasks for entry in task.entries for run in entry.runs]

    def shown_path(self, run: Run) -> str:
        """The folder of a run below the common one."""
        path = run.path.relative_to(self.root) if run.path.is_relative_to(self.root) else run.path
        return plain(str(path), LONGEST_REASON)


def leaderboard_of(finished: Sequence[FinishedRun], unfinished: Sequence[UnfinishedRun]) -> Leaderboard:
    """Group runs.

    Args:
        finished: as `find_runs` gives them.
        unfinished: the same.

    Raises:
        ConfigurationError: there is no run at all.
    """
    everything: list[Run] = [*finished, *(replace(run, reason=plain(run.reason, LONGEST_REASON)) for run in unfinished)]
    if not everything:
        raise ConfigurationError("there is no run in these folders; give one that holds run folders, such as outputs")
    placed = [run for run in everything if run.record]
    kept, duplicates = _without_duplicates(placed)
    names = _labels(kept)
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in kept:
        groups.setdefault((_task(run.record), names[_method(run)]), []).append(run)
    tasks: dict[str, list[Entry]] = {}
    for (task, label), runs in sorted(groups.items()):
        runs = sorted(runs, key=lambda run: (seed_of(run) or 0, run.path))
        done = tuple(run for run in runs if isinstance(run, FinishedRun))
        others = tuple(run for run in runs if isinstance(run, UnfinishedRun))
        tasks.setdefault(task, []).append(Entry(MethodRuns(label, done), others))
    return Leaderboard(
        tuple(Task(name, tuple(entries)) for name, entries in tasks.items()),
        tuple(run for run in everything if isinstance(run, UnfinishedRun) and not run.record),
        tuple(duplicates),
        _common_folder([run.path for run in everything]),
    )


def variant_of(path: Path) -> str:
    """The component of a run's path that stands for its overrides."""
    while path.name == MEMBERS or re.fullmatch(r"seed=\d+", path.name):
        path = path.parent
    return path.name


def seed_of(run: Run) -> int | None:
    """The seed that the record tells, or None."""
    seed = run.record.get("seed")
    return seed if is_integer(seed) else None


def _task(record: Mapping[str, Any]) -> str:
    """What was asked; noise or lags of one's own make another question of a task."""
    for name in ("task", "data", "pde"):
        if record.get(name):
            part = ", scored on the validation part" if record.get("scored_on") == "validation" else ""
            return plain(record[name]) + part + question_variant(record)
    return NO_TASK


def question_variant(record: Mapping[str, Any]) -> str:
    """The overrides of a record and of its scores, in parentheses after a blank; empty where there are none."""
    asked = record.get("question_variant")
    return f" ({plain(asked)})" if asked else ""


def _method(run: Run) -> tuple[str, str]:
    """Name and variant."""
    record, variant = run.record, plain(_method_variant(run))
    if record.get("method"):
        return plain(record["method"]), variant
    parts = [plain(record[name]) for name in ("model", "training") if record.get(name)]
    script = plain(record.get("script") or "").removeprefix("train_")
    return ": ".join(part for part in (script, ", ".join(parts)) if part) or variant, variant


def _method_variant(run: Run) -> str:
    """The overrides of the method; of an earlier run's record, which tells none apart, all overrides."""
    told = run.record.get("method_variant")
    return told or (UNREMARKABLE if run.record.get("question_variant") else variant_of(run.path))


def _labels(runs: Iterable[Run]) -> dict[tuple[str, str], str]:
    """Name of every method, with its variant where there are several."""
    methods = {_method(run) for run in runs}
    names = [name for name, _ in methods]
    return {
        (name, variant): name if names.count(name) == 1 or variant in (UNREMARKABLE, name) else f"{name} ({variant})"
        for name, variant in methods
    }


def _without_duplicates(runs: Sequence[Run]) -> tuple[list[Run], list[UnfinishedRun]]:
    """Of several runs of one task, method and seed, the finished one counts, and of several of these the latest."""
    best: dict[Any, Run] = {}
    for run in runs:
        key = run.path if seed_of(run) is None else (_task(run.record), *_method(run), seed_of(run))
        if key not in best or _standing(run) > _standing(best[key]):
            best[key] = run
    kept = {id(run) for run in best.values()}
    others = [run for run in runs if id(run) not in kept]
    reason = "another run of this task, method and seed counts, the latest that is finished"
    return [run for run in runs if id(run) in kept], [
        UnfinishedRun(run.path, reason, DUPLICATE, run.record) for run in others
    ]


def _standing(run: Run) -> tuple[bool, str]:
    return isinstance(run, FinishedRun), plain(run.record.get("ended") or run.record.get("started") or "")


def _common_folder(paths: Sequence[Path]) -> Path:
    common = paths[0].parent
    while not all(path.is_relative_to(common) for path in paths):
        common = common.parent
    return common
