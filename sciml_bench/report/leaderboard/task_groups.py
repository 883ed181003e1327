"""Tasks whose scores stand in one table: the twelve of the Common Task Framework, their average, and the ceiling."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sciml_bench.core.stored.run_folder import FAILED
from sciml_bench.report.comparison import Estimate, estimate
from sciml_bench.report.leaderboard.grouping import Entry, question_variant, seed_of
from sciml_bench.report.leaderboard.plain_text import plain
from sciml_bench.report.leaderboard.ranking import ScoredTask, score_named

AVERAGE = "common_task_average"
CEILING = "perfect_model"
"""The method that knows the true law."""

FAILED_SCORE = -100.0
"""Of a run that failed: what the protocol gives to a prediction that is not finite."""

N_SCORES = 12
_SCORE = "common_task_e<n>"
_NUMBER = re.compile(r"common_task_e(\d{1,2})")

HOW_TO_READ = (
    "mean ± standard deviation over seeds, which are simulations; of at most 100. perfect_model is the ceiling: the "
    "true law from the true last row; long scores lie beyond predictability. The average is over all twelve scores, "
    "of which a failed run has −100; a method that does not apply to a part has no average."
)


@dataclass(frozen=True)
class GroupRow:
    """A method.

    Args:
        label: its name.
        cells: by metric, as far as it has them.
        average: over the twelve scores of every seed; None where one is missing.
    """

    label: str
    cells: dict[str, Estimate]
    average: Estimate | None


@dataclass(frozen=True)
class TaskGroup:
    """The methods on all tasks of a group.

    Args:
        name: of the group.
        columns: the metrics, by number.
        rows: the best average first, those without one last.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[GroupRow, ...]

    @property
    def ceiling(self) -> GroupRow | None:
        """The row of the perfect model, where it was run."""
        return next((row for row in self.rows if row.label == CEILING), None)


def groups_of(tasks: Sequence[ScoredTask]) -> list[TaskGroup]:
    """The groups that runs name, by name.

    Args:
        tasks: scored.
    """
    members: dict[str, list[ScoredTask]] = {}
    for task in tasks:
        runs = [run for entry in task.order for run in entry.runs if run.record.get("group")]
        names = {plain(run.record["group"]) + question_variant(run.record) for run in runs}
        for name in sorted(names)[:1]:
            members.setdefault(name, []).append(task)
    groups = [_group(name, inside) for name, inside in sorted(members.items())]
    return [group for group in groups if group.columns]


def number_of(metric: str) -> str:
    """How a column is headed, such as E3."""
    return metric.removeprefix("common_task_").upper()


def _group(name: str, tasks: Sequence[ScoredTask]) -> TaskGroup:
    columns: set[str] = set()
    found: dict[str, dict[str, dict[int | None, float]]] = {}  # by method, metric and seed
    for task in tasks:
        metrics = [metric for metric in task.columns if (score := score_named(metric)) and score.name == _SCORE]
        metrics = [metric for metric in metrics if _NUMBER.fullmatch(metric)]
        columns.update(metrics)
        for entry in task.order:
            for metric in metrics:
                found.setdefault(entry.label, {}).setdefault(metric, {}).update(_by_seed(entry, metric))
    ordered = sorted(columns, key=lambda metric: int(metric.removeprefix("common_task_e")))
    rows = []
    for label, metrics in found.items():
        told = {metric: estimate(list(metrics[metric].values())) for metric in ordered if metric in metrics}
        complete = [_average([seeds.get(seed) for seeds in metrics.values()]) for seed in _seeds(metrics)]
        averages = [value for value in complete if value is not None]
        cells = {metric: cell for metric, cell in told.items() if cell is not None}
        rows.append(GroupRow(label, cells, estimate(averages) if cells else None))
    rows = [row for row in rows if row.cells]
    place = {row.label: -math.inf if row.average is None else row.average.mean for row in rows}
    return TaskGroup(name, tuple(ordered), tuple(sorted(rows, key=lambda row: (-place[row.label], row.label))))


def _by_seed(entry: Entry, metric: str) -> dict[int | None, float]:
    failed = {seed_of(run): FAILED_SCORE for run in entry.left_out if run.status == FAILED}
    return failed | {seed_of(run): run.metrics[metric] for run in entry.repeated.runs if metric in run.metrics}


def _seeds(metrics: dict[str, dict[int | None, float]]) -> list[int | None]:
    return list(dict.fromkeys(seed for seeds in metrics.values() for seed in seeds))


def _average(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return sum(known) / N_SCORES if len(known) == N_SCORES else None
