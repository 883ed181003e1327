"""The pictures of a task: the errors of all methods against the horizon, and accuracy against cost."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from sciml_bench.drawing.comparisons import accuracy_against_cost, errors_of_methods
from sciml_bench.drawing.comparisons.errors_of_methods import LARGEST, MOST_COLOURED
from sciml_bench.drawing.svg import svg_text
from sciml_bench.report.leaderboard.grouping import Entry
from sciml_bench.report.leaderboard.pareto import pareto_front
from sciml_bench.report.leaderboard.plain_text import plain
from sciml_bench.report.leaderboard.ranking import ScoredTask, direction
from sciml_bench.report.leaderboard.small_arrays import HORIZON
from sciml_bench.report.leaderboard.tables import cost_of
from sciml_bench.report.page.words import title

MOST_ROWS = 100
"""Of a curve; more could not be seen."""

REFERENCES = {"persistence": "persistence", "mean": "training_mean"}
"""What every run is compared with, and the method that is the same."""

SHORTEST = 0.01
"""CPU seconds below which fits are not told apart."""


@dataclass(frozen=True)
class Shown:
    """A picture with what stands below it.

    Args:
        svg: the element.
        caption: a sentence or two.
        legend: name and number of each colour, 0 for what is grey or dashed.
    """

    svg: str
    caption: str
    legend: tuple[tuple[str, int], ...] = ()


def horizon_picture(task: ScoredTask, name: str) -> Shown | None:
    """The mean error over starts and seeds against the horizon, of every method that has it; None where none has."""
    curves = {entry.label: found for entry in task.order if (found := _curve(task, entry)) is not None}
    if not curves:
        return None
    times = Counter(tuple(found[0]) for found in curves.values()).most_common(1)[0][0]
    labels = [label for label, found in curves.items() if tuple(found[0]) == times and _stays(found[1])]
    if not labels:
        return None
    rows = np.unique(np.linspace(0, len(times) - 1, MOST_ROWS).astype(int))
    arrays: dict[str, Any] = {"times": np.array(times)[rows]}
    arrays["errors"] = np.stack([curves[label][1] for label in labels])[:, rows]
    references = {name: each for name, each in curves[labels[0]][2].items() if REFERENCES[name] not in labels}
    arrays |= {f"{each}_errors": values[rows] for each, values in references.items()}
    units = {plain(run.record.get("time_unit") or "time") for run in task.order[0].repeated.runs}
    # a dollar sign would begin a formula
    arrays["time_unit"] = np.array((sorted(units)[0] if units else "time").replace("$", r"\$"))
    caption = "Error against the horizon, mean over starts and seeds, in standard deviations of the training states."
    if len(labels) > MOST_COLOURED:
        caption += f" Thin lines: {', '.join(title(label) for label in labels[MOST_COLOURED:])}."
    if gone := [label for label, found in curves.items() if not _stays(found[1])]:
        caption += f" Leaves the picture at once: {', '.join(map(title, gone))}."
    if lacking := [title(entry.label) for entry in task.task.finished if entry.label not in (*labels, *gone)]:
        caption += f" Without such a curve, or with other times: {', '.join(lacking)}."
    legend = [(title(label), number + 1) for number, label in enumerate(labels[:MOST_COLOURED])]
    legend += [(title(REFERENCES[reference]), 0) for reference in references]
    described = f"Line chart: {caption} Best at the end of the horizon: {title(_best_at_the_end(arrays, labels))}."
    return Shown(svg_text(errors_of_methods.draw(arrays), name, described), caption, tuple(legend))


def cost_picture(task: ScoredTask, name: str) -> Shown | None:
    """Every method's score against the CPU seconds of its fit; None where fewer than two have both."""
    main = task.main
    if main is None:
        return None
    points = {}
    for number, entry in enumerate(task.order, start=1):
        cell, cost = task.cells.get(entry.label, {}).get(main), cost_of(entry, "fit_cpu_seconds")
        if cell is not None and cost is not None and math.isfinite(cell.estimate.mean) and cost.mean >= 0:
            points[number] = (entry, cell, cost)
    if len(points) < 2:
        return None
    better = direction(main) or ""
    costs = [max(cost.mean, SHORTEST) for _, _, cost in points.values()]
    scores = [cell.estimate.mean for _, cell, _ in points.values()]
    front = pareto_front(costs, scores, better)
    arrays = {
        "costs": np.array(costs),
        "scores": np.array(scores),
        "lower": np.array([cell.interval.low if cell.interval else np.nan for _, cell, _ in points.values()]),
        "upper": np.array([cell.interval.high if cell.interval else np.nan for _, cell, _ in points.values()]),
        "numbers": np.array(list(points)),
        "on_front": np.array(front),
        "score_label": np.array(f"{title(main)} ({better} is better)"),
        "cost_label": np.array("CPU seconds of the fit"),
    }
    winners = [
        f"{number} {title(entry.label)}" for (number, (entry, *_)), on in zip(points.items(), front, strict=True) if on
    ]
    caption = (
        f"Accuracy against cost. On the Pareto front, where nobody is both better and cheaper: {', '.join(winners)}."
    )
    if min(cost.mean for _, _, cost in points.values()) < SHORTEST:
        caption += f" A fit of less than {SHORTEST} s counts as {SHORTEST} s."
    if missing := [
        title(entry.label) for entry in task.task.finished if entry not in [point[0] for point in points.values()]
    ]:
        caption += f" Not drawn, for want of a finite score or of a cost: {', '.join(missing)}."
    return Shown(svg_text(accuracy_against_cost.draw(arrays), name, f"Scatter plot: {caption}"), caption)


def _curve(task: ScoredTask, entry: Entry) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]] | None:
    """Times, mean error over the seeds that share them, and the references that are known."""
    runs = [task.arrays[str(run.path)] for run in entry.repeated.runs]
    runs = [arrays for arrays in runs if {*HORIZON[:2]} <= arrays.keys()]
    runs = [arrays for arrays in runs if len(arrays[HORIZON[0]]) == len(arrays[HORIZON[1]]) > 1]
    if not runs:
        return None
    times = runs[0][HORIZON[0]]
    same = [arrays[HORIZON[1]] for arrays in runs if np.array_equal(arrays[HORIZON[0]], times)]
    references = {name.split("_")[0]: runs[0][name] for name in HORIZON[2:] if len(runs[0].get(name, ())) == len(times)}
    return times, np.mean(same, axis=0), references


def _stays(errors: np.ndarray) -> bool:
    return bool(np.any(errors < LARGEST))


def _best_at_the_end(arrays: dict[str, Any], labels: list[str]) -> str:
    return labels[int(np.argmin(np.nan_to_num(arrays["errors"][:, -1], nan=np.inf)))]
