"""Who is best on a task, and how sure that is: scores with their intervals, the score that decides, ranks.

A failed run counts as the last place of its task, whatever its method reached with other seeds; runs that are not
applicable, interrupted or running count as nothing.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.run_folder import FAILED
from sciml_bench.report.comparison import Estimate
from sciml_bench.report.leaderboard.grouping import Entry, Task
from sciml_bench.report.leaderboard.intervals import Interval, bootstrap
from sciml_bench.report.leaderboard.small_arrays import SCORED_ROWS, START, small_arrays
from sciml_bench.scores.catalogue import find_score

MAIN_SCORES = (
    "generalised_fraction",
    "coefficient_error",
    "valid_prediction_lyapunov_times",
    "forecast_standardised_error",
    "forecast_error_over_mean",
    "rollout_relative_squared_error",
    "spectral_error",
    "vamp_e_<split>",
    "accuracy_step_<n>",
    "forecast_error_over_mean_step_<n>",
    "worst_coefficient_error",
    "relative_l2_<resolution>",
    "growth_rate_median_error_<split>",
    "interpolation_mse",
    "common_task_e<n>",
)
"""Which score decides a task: of those that most methods have, the first of these names of the catalogue.

Errors of forecasts that outlast predictability are smallest for the mean, whatever a method knows of the motion; where
systems are chaotic, which is where Lyapunov times are told, it is how long forecasts hold.
"""

BESIDE_IT = (
    *("reconstructed_fraction", "support_f1"),
    "forecast_standardised_error",
    *("valid_prediction_lyapunov_times", "valid_prediction_time", "state_space_divergence"),
)
"""What stands next to it, where there is such a score."""

score_named = cache(find_score)


class Cell(NamedTuple):
    """A score of a method on a task."""

    estimate: Estimate
    interval: Interval | None


@dataclass(frozen=True)
class ScoredTask:
    """A task whose methods have been compared.

    Args:
        task: its methods.
        order: the methods, best first; those without the score that decides come after it, those that failed last.
        columns: the metrics, the one that decides first.
        cells: by method and metric.
        ranks: of the methods that count.
        arrays: of the finished runs, by their folder.
        notes: what could not be read of them.
    """

    task: Task
    order: tuple[Entry, ...]
    columns: tuple[str, ...]
    cells: Mapping[str, Mapping[str, Cell]]
    ranks: Mapping[str, float]
    arrays: Mapping[str, Mapping[str, np.ndarray]]
    notes: tuple[str, ...]

    @property
    def main(self) -> str | None:
        """The score that decides, or None where no metric has a direction."""
        return self.columns[0] if self.columns and direction(self.columns[0]) else None

    def best(self, name: str) -> str | None:
        """The method that is best by a metric, if its interval keeps clear of that of the next; else None."""
        return separated_best(
            {label: cells[name] for label, cells in self.cells.items() if name in cells}, direction(name)
        )


def scored(task: Task) -> ScoredTask:
    """Compare the methods of a task."""
    columns = _columns(task)
    arrays, notes, cells = {}, [], {}
    for entry in task.finished:
        for run in entry.repeated.runs:
            try:
                arrays[str(run.path)] = small_arrays(run.path)
            except DataError as error:
                arrays[str(run.path)] = {}
                notes.append(f"{entry.label}, {run.path.name}: {error}")
        cells[entry.label] = {name: cell for name in columns if (cell := _cell(entry, name, arrays)) is not None}
    main = columns[0] if columns and direction(columns[0]) else None
    ranks = _ranks(task, {label: found[main].estimate.mean for label, found in cells.items() if main in found}, main)
    place = {entry.label: (ranks.get(entry.label, math.inf), not entry.repeated.runs) for entry in task.entries}
    order = sorted(task.entries, key=lambda entry: (place[entry.label][1], place[entry.label][0], entry.label))
    return ScoredTask(task, tuple(order), columns, cells, ranks, arrays, tuple(notes))


def direction(name: str) -> str | None:
    """Which way a metric is better, `higher` or `lower`; None for references and numbers of somebody's own."""
    score = score_named(name)
    return None if score is None else score.better


def separated_best(cells: Mapping[str, Cell], better: str | None) -> str | None:
    """The best of some methods, if its interval keeps clear of that of the next.

    Args:
        cells: by method.
        better: `higher` or `lower`.
    """
    sign = {"lower": 1.0, "higher": -1.0}.get(better or "")
    known = {label: cell for label, cell in cells.items() if not math.isnan(cell.estimate.mean)}
    if sign is None or len(known) < 2:
        return None
    first, second = sorted(known, key=lambda label: sign * known[label].estimate.mean)[:2]
    one, other = known[first].interval, known[second].interval
    if one is None or other is None:
        return None
    apart = one.high < other.low if sign > 0 else one.low > other.high
    return first if apart else None


def mean_ranks(tasks: Iterable[ScoredTask]) -> list[tuple[str, float, int]]:
    """Methods with the mean of their ranks and the number of tasks where they count, best first."""
    found: dict[str, list[float]] = {}
    for task in tasks:
        for label, rank in task.ranks.items():
            found.setdefault(label, []).append(rank)
    rows = [(label, float(np.mean(ranks)), len(ranks)) for label, ranks in found.items()]
    return sorted(rows, key=lambda row: (row[1], row[0]))


def _cell(entry: Entry, name: str, arrays: Mapping[str, Mapping[str, np.ndarray]]) -> Cell | None:
    found = entry.repeated.metric(name)
    if found is None:
        return None
    runs = [run for run in entry.repeated.runs if name in run.metrics]
    given = [
        [array for run in runs if (array := arrays[str(run.path)].get(wanted)) is not None]
        for wanted in (START + name, SCORED_ROWS)
    ]
    return Cell(found, bootstrap([run.metrics[name] for run in runs], *given))


def _columns(task: Task) -> tuple[str, ...]:
    """The metrics of all methods: the one that decides, then the others with a direction, then the rest."""
    counts = Counter(
        name for entry in task.finished for name in {name for run in entry.repeated.runs for name in run.metrics}
    )
    names = list(dict.fromkeys(name for entry in task.finished for run in entry.repeated.runs for name in run.metrics))
    directed = [name for name in names if direction(name)]
    deciding = sorted(directed, key=lambda name: (-counts[name], _preference(name)))[:1]
    return tuple(dict.fromkeys((*deciding, *(name for name in BESIDE_IT if name in names), *directed, *names)))


def _preference(name: str) -> int:
    score = score_named(name)
    return MAIN_SCORES.index(score.name) if score and score.name in MAIN_SCORES else len(MAIN_SCORES)


def _ranks(task: Task, means: Mapping[str, float], main: str | None) -> dict[str, float]:
    """Ranks from 1, shared where means agree; a failed run counts as the last place."""
    if main is None:
        return {}
    sign = 1.0 if direction(main) == "lower" else -1.0
    values = {label: sign * mean for label, mean in means.items() if not math.isnan(mean)}
    lost = {label for label in means if label not in values}
    failures = {entry.label: entry.count(FAILED) for entry in task.entries if entry.count(FAILED)}
    counting = [entry for entry in task.entries if entry.label in values.keys() | lost | failures.keys()]
    last, ranks = float(len(counting)), {}
    for entry in counting:
        reached, failed = len(entry.repeated.runs), failures.get(entry.label, 0)
        place = _place(values[entry.label], list(values.values())) if entry.label in values else last
        reached = reached if entry.label in means else 0
        ranks[entry.label] = (reached * place + failed * last) / (reached + failed)
    return ranks


def _place(value: float, values: Sequence[float]) -> float:
    """The rank of a value, the mean of the places that equal ones share."""
    return 1.0 + sum(other < value for other in values) + (sum(other == value for other in values) - 1) / 2
