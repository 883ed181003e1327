"""What the page says of one task: its table, what is in none, its pictures, how every row was made."""

import math
from dataclasses import dataclass
from typing import Any

from sciml_bench.core.errors import DataError
from sciml_bench.report.comparison import Estimate
from sciml_bench.report.leaderboard.commands import command_of, configuration_text
from sciml_bench.report.leaderboard.grouping import Entry, Leaderboard
from sciml_bench.report.leaderboard.plain_text import plain
from sciml_bench.report.leaderboard.ranking import Cell, ScoredTask, direction, score_named
from sciml_bench.report.leaderboard.stress import HOW_TO_READ as STRESS
from sciml_bench.report.leaderboard.stress import RATIOS, stress_table
from sciml_bench.report.leaderboard.tables import COSTS, cost_of, reasons, seeds_of
from sciml_bench.report.leaderboard.task_groups import AVERAGE, HOW_TO_READ, TaskGroup, number_of
from sciml_bench.report.page.numbers import measured, number, placed
from sciml_bench.report.page.pictures import cost_picture, horizon_picture
from sciml_bench.report.page.words import task_title, title

MOST_COLUMNS = 3
"""Scores beside each other in the first table of a task; a second one has all."""

_WIDE = 30.0
_MARK_WIDTH = 100.0


@dataclass(frozen=True)
class ShownCell:
    """A cell of a table.

    Args:
        text: of the number.
        value: by which the column is sorted.
        best: whether it is bold.
        interval: its text.
        mark: lower end, mean and upper end on a scale from 0 to 100.
    """

    text: str
    value: float | None
    best: bool = False
    interval: str | None = None
    mark: tuple[float, ...] | None = None


def task_section(board: Leaderboard, task: ScoredTask, place: int) -> dict[str, Any]:
    """Everything that the template of a task needs.

    Args:
        board: of which it is a part.
        task: scored.
        place: of the section, from 1; names on the page are made of it, never of what a run folder says.
    """
    columns = [name for name in task.columns if direction(name)][:MOST_COLUMNS] or list(task.columns[:MOST_COLUMNS])
    best = {name: task.best(name) for name in task.columns}
    scale = _scale([cells[columns[0]] for cells in task.cells.values() if columns[0] in cells]) if columns else None
    finished = [entry for entry in task.order if entry.repeated.runs]
    rows = []
    for position, entry in enumerate(finished, start=1):
        cells = [_cell(task, entry, name, best[name], scale if name == columns[0] else None) for name in columns]
        costs = [_mean_cell(cost_of(entry, name)) for name in COSTS]
        rank = task.ranks.get(entry.label)
        rows.append(
            {
                "number": position,
                "label": title(entry.label),
                "anchor": f"made-{place}-{position}",
                "rank": placed(rank),
                "rank_value": rank,
                "cells": cells,
                "costs": costs,
                "seeds": seeds_of(entry),
                "n_seeds": len(entry.repeated.runs),
            }
        )
    starts = {cell.interval.starts for cells in task.cells.values() for cell in cells.values() if cell.interval}
    return {
        "anchor": f"task-{place}",
        "title": task_title(task.task),
        "n_methods": len(task.order),
        "n_runs": sum(len(entry.runs) for entry in task.order),
        "starts": max(starts, default=0),
        "main": _definition(task.main) if task.main else None,
        "columns": [_definition(name) for name in columns],
        "cost_titles": [heading for heading, _ in COSTS.values()],
        "rows": rows,
        "over_budget": [
            f"{title(entry.label)} by {missed.mean:.3g} s"
            for entry in finished
            if (missed := cost_of(entry, "cpu_seconds_over_budget")) is not None
        ],
        "others": [(", ".join(map(title, labels)), *told) for labels, *told in reasons(task.order)],
        "stress": _stress(task),
        "all_scores": [
            {**_definition(name), "cells": [_cell(task, entry, name, best[name], None) for entry in finished]}
            for name in task.columns
        ],
        "pictures": [
            picture
            for picture in (horizon_picture(task, f"horizon-{place}"), cost_picture(task, f"cost-{place}"))
            if picture is not None
        ],
        "made": [
            {"anchor": f"made-{place}-{position}", "label": title(entry.label), **_made(board, entry)}
            for position, entry in enumerate(task.order, start=1)
        ],
        "notes": task.notes,
    }


def _stress(task: ScoredTask) -> dict[str, Any] | None:
    """How fast the operators of a task break."""
    found = stress_table(task)
    if found is None:
        return None
    columns = [{**_definition(name), "title": RATIOS.get(name, title(name))} for name in found.columns]
    rows = [
        {"label": title(label), "cells": [_plain_cell(cell and cell.estimate) for cell in cells]}
        for label, cells in found.rows
    ]
    return {"columns": columns, "rows": rows, "how_to_read": STRESS}


def group_section(group: TaskGroup, place: int) -> dict[str, Any]:
    """Everything that the template of a group of tasks needs.

    Args:
        group: of which tasks.
        place: of the section, from 1.
    """
    ceiling, best = group.ceiling, {} if group.ceiling is None else group.ceiling.cells
    top = None if ceiling is None else ceiling.average
    rows = [
        {
            "number": position,
            "label": title(row.label),
            "cells": [
                _beside_ceiling(row.average, top),
                *(_beside_ceiling(row.cells.get(metric), best.get(metric)) for metric in group.columns),
            ],
        }
        for position, row in enumerate(group.rows, start=1)
    ]
    columns = ["average", *map(number_of, group.columns)]
    about = {"how_to_read": HOW_TO_READ, "average": _definition(AVERAGE), "has_ceiling": ceiling is not None}
    return {"anchor": f"group-{place}", "title": title(group.name), "columns": columns, "rows": rows, **about}


def _beside_ceiling(found: Estimate | None, ceiling: Estimate | None) -> ShownCell:
    """A score of at most 100, and a line from it to what a perfect model reaches."""
    if found is None or ceiling is None or not math.isfinite(found.mean):
        return _plain_cell(found)
    here, there = (_position(each.mean, (0.0, 100.0, False)) for each in (found, ceiling))
    of_ceiling = None if found is ceiling else f"of {number(ceiling.mean)}"
    mark = tuple(round(place, 1) for place in (min(here, there), here, max(here, there)))
    return ShownCell(measured(found), found.mean, interval=of_ceiling, mark=mark)


def _definition(name: str) -> dict[str, str | None]:
    score = score_named(name)
    found = {"name": name, "title": title(name), "better": direction(name)}
    return found | {
        "unit": score.unit if score else "",
        "meaning": score.meaning if score else "a number of somebody's own, which the catalogue does not define",
        "window": score.window if score else "",
    }


def _cell(
    task: ScoredTask, entry: Entry, name: str, best: str | None, scale: tuple[float, float, bool] | None
) -> ShownCell:
    cell = task.cells.get(entry.label, {}).get(name)
    if cell is None:
        return _plain_cell(None)
    mean, interval, mark = cell.estimate.mean, cell.interval, None
    if scale is not None and math.isfinite(mean):
        low, high = (interval.low, interval.high) if interval else (mean, mean)
        mark = tuple(round(_position(value, scale), 1) for value in (low, mean, high))
    between = f"{number(interval.low)} … {number(interval.high)}" if interval and math.isfinite(interval.low) else None
    return ShownCell(measured(cell.estimate), mean, best == entry.label, between, mark)


def _plain_cell(found: Estimate | None) -> ShownCell:
    return ShownCell(measured(found), None if found is None else found.mean)


def _mean_cell(found: Estimate | None) -> ShownCell:
    return ShownCell(number(found and found.mean), found and found.mean)


def _scale(cells: list[Cell]) -> tuple[float, float, bool] | None:
    """Ends of the common axis on which marks are drawn, and whether it is logarithmic."""
    values = [
        value for cell in cells for value in (cell.estimate.mean, *(cell.interval or ())[:2]) if math.isfinite(value)
    ]
    if not values or min(values) == max(values):
        return None
    low, high = min(values), max(values)
    return low, high, low > 0 and high > _WIDE * low


def _position(value: float, scale: tuple[float, float, bool]) -> float:
    low, high, logarithmic = scale
    value = min(max(value, low), high)
    if logarithmic:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return _MARK_WIDTH * (value - low) / (high - low)


def _made(board: Leaderboard, entry: Entry) -> dict[str, Any]:
    """The first run's command and configuration, which those of the other seeds share, and all folders."""
    folders = [(board.shown_path(run), plain(run.record.get("status"))) for run in entry.runs]
    try:
        text, configuration = configuration_text(entry.runs[0])
    except (DataError, OSError, UnicodeDecodeError) as error:
        return {"folders": folders, "command": None, "text": None, "reason": str(error)}
    return {"folders": folders, "command": command_of(entry.runs[0], configuration), "text": text, "reason": None}
