"""Methods side by side: runs that differ by their seed alone repeat one method, so that it has a mean and a spread."""

import difflib
import math
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.report.runs import FinishedRun
from sciml_bench.scores.catalogue import find_score

LABELLED_METRICS = (*(f"accuracy_step_{step}" for step in (1, 5, 10, 15)), "oracle_accuracy")
"""What is shown of runs that forecast labelled images."""

MOST_METRICS = 8
"""Columns that a table has room for, unless they are asked for by name."""

UNREMARKABLE = "defaults"
"""The path component of a run without overrides; it says nothing beside others."""


class Estimate(NamedTuple):
    """A quantity over seeds; one value alone, or an infinite one, has neither deviation nor standard error."""

    mean: float
    standard_deviation: float | None
    median: float
    seeds: int

    @property
    def standard_error(self) -> float | None:
        """Of the mean."""
        return None if self.standard_deviation is None else self.standard_deviation / math.sqrt(self.seeds)


def estimate(values: Sequence[float]) -> Estimate | None:
    """The estimate from one value per seed; None without values."""
    if not values:
        return None
    deviation = statistics.stdev(values) if len(values) > 1 and all(map(math.isfinite, values)) else None
    return Estimate(statistics.fmean(values), deviation, statistics.median(values), len(values))


@dataclass(frozen=True)
class MethodRuns:
    """The repetitions of one method.

    Args:
        label: what tells it from the other methods of the comparison.
        runs: one per seed, by increasing seed.
    """

    label: str
    runs: tuple[FinishedRun, ...]

    def metric(self, name: str) -> Estimate | None:
        """A metric over those seeds that have it."""
        return estimate([run.metrics[name] for run in self.runs if name in run.metrics])

    @property
    def fit_cpu_seconds(self) -> Estimate | None:
        """The cost of the fit."""
        return estimate([run.fit_cpu_seconds for run in self.runs if run.fit_cpu_seconds is not None])


@dataclass(frozen=True)
class Comparison:
    """Methods side by side.

    Args:
        methods: ordered by the path of their runs.
    """

    methods: tuple[MethodRuns, ...]

    @classmethod
    def of(cls, runs: Sequence[FinishedRun]) -> "Comparison":
        """Group runs whose paths differ in the last component `seed=<n>` only.

        Args:
            runs: finished runs; one in a folder of another name stands for a method of its own.

        Raises:
            ConfigurationError: there are no runs.
        """
        if not runs:
            raise ConfigurationError("there is no finished run to compare; let one finish, or give another folder")
        groups: dict[Path, list[FinishedRun]] = {}
        for run in runs:
            groups.setdefault(run.path.parent if _seed(run) is not None else run.path, []).append(run)
        members = [tuple(sorted(group, key=lambda run: _seed(run) or 0)) for group in groups.values()]
        methods = map(MethodRuns, labels(list(groups)), members)
        return cls(tuple(methods))

    @property
    def runs(self) -> tuple[FinishedRun, ...]:
        """All runs of all methods."""
        return tuple(run for method in self.methods for run in method.runs)


def groups(comparison: Comparison) -> list[Comparison]:
    """Methods that have scores in common, the largest group first; a method that shares none is a group of its own.

    Args:
        comparison: of runs of any kinds.
    """
    left, found = list(comparison.methods), []
    while left:
        scored = {method.label: {name for run in method.runs for name in run.metrics} for method in left}
        shared = Counter(
            name for method in left for name in sorted(scored[method.label]) if _says_which_is_better(name)
        )
        most = shared.most_common(1)[0][0] if shared else None
        group = [method for method in left if most is None or most in scored[method.label]]
        found.append(Comparison(tuple(group)))
        left = [method for method in left if method not in group]
    return found


def labels(paths: Sequence[Path]) -> list[str]:
    """What tells paths apart: the components that not all of them have, joined by slashes.

    Args:
        paths: distinct folders; they may be of different depths.

    Returns:
        one distinct label per path; for a single path, its last telling component.
    """
    if len(paths) == 1:
        telling = [part for part in paths[0].parts if part != UNREMARKABLE]
        return [telling[-1]]
    everywhere = set.intersection(*(set(path.parts) for path in paths))
    differing = [[part for part in path.parts if part not in everywhere] for path in paths]
    shortened = ["/".join(part for part in parts if part != UNREMARKABLE) for parts in differing]
    if all(shortened) and len(set(shortened)) == len(shortened):
        return shortened
    joined = ["/".join(parts) for parts in differing]
    return joined if all(joined) and len(set(joined)) == len(joined) else [str(path) for path in paths]


def chosen_metrics(comparison: Comparison, wanted: Sequence[str] | None = None) -> list[str]:
    """The metrics to show.

    Args:
        comparison: of which runs.
        wanted: names as a person gave them; where None, accuracies at some steps for runs on labelled images, and
            otherwise what all runs have in common, one column per step of a forecast last and at most eight in all.

    Raises:
        ConfigurationError: no run has a wanted metric.
    """
    present = list(dict.fromkeys(name for run in comparison.runs for name in run.metrics))
    if wanted is not None:
        for name in wanted:
            if name not in present:
                near = difflib.get_close_matches(name, present, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                raise ConfigurationError(f"--metrics: no run has {name!r}; {hint}They have {', '.join(present)}")
        return list(wanted)
    if all(LABELLED_METRICS[0] in run.metrics for run in comparison.runs):
        return [name for name in LABELLED_METRICS if name in present]
    common = [name for name in present if all(name in run.metrics for run in comparison.runs)]
    return sorted(common, key=lambda name: bool(re.search(r"_step_(minus_)?\d+$", name)))[:MOST_METRICS]


def _says_which_is_better(name: str) -> bool:
    score = find_score(name)
    return score is None or score.better is not None


def _seed(run: FinishedRun) -> int | None:
    matched = re.fullmatch(r"seed=(\d+)", run.path.name)
    return int(matched.group(1)) if matched else None
