"""A leaderboard as text: Markdown, which reads as well in a terminal, and csv with every digit."""

import re
from collections.abc import Sequence
from typing import Any

from sciml_bench.core.checks import is_number
from sciml_bench.report.aligned_table import MISSING, aligned_table, csv_text
from sciml_bench.report.comparison import Estimate, estimate
from sciml_bench.report.leaderboard.grouping import Entry, Leaderboard, Run
from sciml_bench.report.leaderboard.plain_text import LONGEST_REASON, plain
from sciml_bench.report.leaderboard.ranking import ScoredTask, direction, mean_ranks, score_named
from sciml_bench.report.leaderboard.stress import HOW_TO_READ as STRESS
from sciml_bench.report.leaderboard.stress import RATIOS, stress_table
from sciml_bench.report.leaderboard.task_groups import AVERAGE, HOW_TO_READ, TaskGroup, groups_of, number_of
from sciml_bench.report.table import shown, titled

MOST_COLUMNS = 4
"""Scores beside each other; csv and the page have them all."""

COSTS = {
    "fit_cpu_seconds": ("CPU s of the fit", 1),
    "peak_memory_mebibytes": ("peak MiB", 0),
    "parameters": ("parameters", 0),
}
"""Entries of a record that say what a run has cost: title, decimals."""

_LARGEST = 1e300

COUNTING = (
    "mean ± standard deviation over seeds, [95 % interval by bootstrap over seeds × starts]. Bold: best, and its "
    "interval keeps clear of the next one's. A failed run counts as the last place of its task; what is not "
    "applicable, interrupted or still running is not ranked. Ranks are of the first score, shared where means agree."
)
"""How to read every table."""


def cost_of(entry: Entry, name: str) -> Estimate | None:
    """A cost over the finished runs that tell it."""
    values = [run.record.get(name) for run in entry.repeated.runs]
    return estimate([float(value) for value in values if is_number(value) and 0 <= value < _LARGEST])


def markdown_report(board: Leaderboard, tasks: Sequence[ScoredTask]) -> str:
    """All tables, and what stands in none of them.

    Args:
        board: of which runs.
        tasks: its tasks, scored.
    """
    parts = [f"# {headline(board)}\n", f"Every table: {COUNTING}\n"]
    if len(tasks) > 1:
        parts.append("## Mean rank over the tasks\n\n" + _mean_ranks(tasks))
    parts += [f"## {_escaped(group.name)}\n\n{HOW_TO_READ}\n\n{_group_table(group)}" for group in groups_of(tasks)]
    parts += [f"## {_escaped(task.task.title)}\n\n{_table(task)}{_stress(task)}{_other_runs(task)}" for task in tasks]
    outside = [*board.unplaced, *board.duplicates]
    notes = [f"- {_escaped(note)}\n" for task in tasks for note in task.notes]
    if outside or notes:
        lines = [f"- {_escaped(board.shown_path(run))}: {_escaped(run.reason)}\n" for run in outside]
        parts.append("## In no table\n\n" + "".join([*lines, *notes]))
    return "\n".join(parts)


def csv_report(board: Leaderboard, tasks: Sequence[ScoredTask]) -> str:
    """One row per task, method and score, and one for every run that does not count.

    Args:
        board: of which runs.
        tasks: its tasks, scored.
    """
    costs = list(COSTS)
    parts = ("task", "method", "score", "unit", "better", "mean", "standard_deviation", "interval_low", "interval_high")
    rows: list[list[Any]] = [[*parts, "seeds", "starts", "rank", *costs, "status", "reason", "folder"]]
    for task in tasks:
        for entry in task.order:
            spent = [None if (cost := cost_of(entry, name)) is None else cost.mean for name in costs]
            for name, (found, interval) in task.cells.get(entry.label, {}).items():
                score = score_named(name)
                low, high, _, starts = interval or (None, None, 0, None)
                about = [plain(name), score.unit if score else None, direction(name)]
                rank = task.ranks.get(entry.label) if name == task.main else None
                numbers = [found.mean, found.standard_deviation, low, high, found.seeds, starts, rank]
                rows.append([task.task.name, entry.label, *about, *numbers, *spent, "finished", None, None])
            rows += [_left_out_row(board, run, task.task.name, entry.label) for run in entry.left_out]
    for group in groups_of(tasks):
        better = direction(AVERAGE)
        for row in group.rows:
            if row.average is not None:
                numbers = [row.average.mean, row.average.standard_deviation, None, None, row.average.seeds, None, None]
                nothing = [None] * len(costs)
                rows.append([group.name, row.label, AVERAGE, "", better, *numbers, *nothing, "finished", None, None])
    rows += [_left_out_row(board, run, None, None) for run in (*board.unplaced, *board.duplicates)]
    # a spreadsheet runs what begins like a formula
    return csv_text([[_no_formula(value) for value in row] for row in rows])


def headline(board: Leaderboard) -> str:
    """How much of what was found, in a line."""
    runs, finished = board.runs, sum(len(entry.repeated.runs) for task in board.tasks for entry in task.entries)
    methods = {entry.label for task in board.tasks for entry in task.entries}
    counted = [(len(board.tasks), "task"), (len(methods), "method"), (len(runs), "run")]
    return f"{', '.join(_several(*each) for each in counted)}, {finished} of them finished"


def _several(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _mean_ranks(tasks: Sequence[ScoredTask]) -> str:
    header = ["method", "mean rank", "tasks", *(_escaped(task.task.title) for task in tasks)]
    rows = []
    for label, rank, count in mean_ranks(tasks):
        places = [f"{task.ranks[label]:.3g}" if label in task.ranks else MISSING for task in tasks]
        rows.append([_escaped(label), f"{rank:.3g}", f"{count} of {len(tasks)}", *places])
    return aligned_table(header, rows)


def _group_table(group: TaskGroup) -> str:
    header = ["method", "average", *(number_of(metric) for metric in group.columns)]
    rows = [
        [_escaped(row.label), shown(row.average, 1), *(shown(row.cells.get(metric), 1) for metric in group.columns)]
        for row in group.rows
    ]
    return aligned_table(header, rows)


def _table(task: ScoredTask) -> str:
    names = task.columns[:MOST_COLUMNS]
    header = ["method", "rank", *(_escaped(titled(name)) for name in names), "seeds"]
    header += [title for title, _ in COSTS.values()]
    best = {name: task.best(name) for name in names}
    rows = []
    for entry in task.order:
        if not entry.repeated.runs:
            continue
        cells = [_cell(task, entry, name, best[name] == entry.label) for name in names]
        costs = [shown(cost_of(entry, name), decimals) for name, (_, decimals) in COSTS.items()]
        rank = f"{task.ranks[entry.label]:.3g}" if entry.label in task.ranks else MISSING
        rows.append([_escaped(entry.label), rank, *cells, seeds_of(entry), *costs])
    return aligned_table(header, rows) if rows else "No run is finished.\n"


def seeds_of(entry: Entry) -> str:
    """How many seeds are finished, of how many."""
    count, others = len(entry.repeated.runs), len(entry.left_out)
    return f"{count} of {count + others}" if others else str(count)


def _cell(task: ScoredTask, entry: Entry, name: str, bold: bool) -> str:
    cell = task.cells[entry.label].get(name)
    if cell is None:
        return MISSING
    interval = cell.interval
    text = shown(cell.estimate)
    if interval is not None:
        text += f" [{interval.low:.3g}, {interval.high:.3g}]"
    return f"**{text}**" if bold else text


def _stress(task: ScoredTask) -> str:
    found = stress_table(task)
    if found is None:
        return ""
    header = ["method", _escaped(titled(found.columns[0])), *(RATIOS[name] for name in found.columns[1:])]
    rows = [[_escaped(label), *(shown(cell and cell.estimate) for cell in cells)] for label, cells in found.rows]
    return f"\n{STRESS}\n\n{aligned_table(header, rows)}"


def _other_runs(task: ScoredTask) -> str:
    lines = [
        f"- {', '.join(map(_escaped, labels))}, {status}: {_escaped(reason)}\n"
        for labels, status, reason in reasons(task.order)
    ]
    return "\nNot in the table:\n\n" + "".join(lines) if lines else ""


def reasons(entries: Sequence[Entry]) -> list[tuple[list[str], str, str]]:
    """Why runs do not count: methods, status, and the reason that they share, with the names of the runs' folders."""
    runs: dict[tuple[str, str, str], list[str]] = {}
    for entry in entries:
        for run in entry.left_out:
            status = run.status.replace("_", " ")
            # whose reason it is, the list says
            reason = run.reason.removeprefix(f"{status}: ").removeprefix(f"method={entry.label} ")
            runs.setdefault((entry.label, status, reason), []).append(plain(run.path.name))
    shared: dict[tuple[str, str], list[str]] = {}
    for (label, status, reason), names in runs.items():
        shared.setdefault((status, f"{reason} ({', '.join(names)})"), []).append(label)
    return [(labels, status, told) for (status, told), labels in shared.items()]


def _left_out_row(board: Leaderboard, run: Run, task: str | None, label: str | None) -> list[Any]:
    nothing = [None] * (10 + len(COSTS))
    return [task, label, *nothing, run.status, run.reason, board.shown_path(run)]  # pyright: ignore


def _no_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" and value else value


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    text = plain(text, LONGEST_REASON)
    return re.sub(r"([\\`*_\[\]<>&])", r"\\\1", text) if re.search(r"[`*\[\]<>&\\]", text) else text
