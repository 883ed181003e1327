"""The page: what is said of it all, the sections of the tasks, and the template that holds them."""

import base64
import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sciml_bench import __version__
from sciml_bench.report.leaderboard.grouping import Leaderboard
from sciml_bench.report.leaderboard.intervals import DRAWS
from sciml_bench.report.leaderboard.plain_text import plain
from sciml_bench.report.leaderboard.ranking import ScoredTask, direction, mean_ranks, score_named
from sciml_bench.report.leaderboard.tables import headline
from sciml_bench.report.leaderboard.task_groups import AVERAGE, groups_of
from sciml_bench.report.page.numbers import measured, placed
from sciml_bench.report.page.sections import group_section, task_section
from sciml_bench.report.page.words import task_title, title

_ROOM = Path(__file__).parent
_HEADING = "Benchmark report"


def page_html(board: Leaderboard, tasks: Sequence[ScoredTask]) -> str:
    """The page.

    Args:
        board: of which runs.
        tasks: its tasks, scored.
    """
    script, style = (_room_text(name) for name in ("sort.js", "style.css"))
    environment = Environment(
        loader=FileSystemLoader(_ROOM),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("page.html.j2").render(
        # a page about one question that somebody has put into words is called by these
        heading=tasks[0].task.title if [task.task.title != task.task.name for task in tasks] == [True] else _HEADING,
        headline=headline(board),
        made=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        version=__version__,
        draws=DRAWS,
        glance=[_at_a_glance(task, place) for place, task in enumerate(tasks, start=1)],
        ranks=_ranks(tasks) if len(tasks) > 1 else [],
        groups=[group_section(group, place) for place, group in enumerate(groups_of(tasks), start=1)],
        tasks=[task_section(board, task, place) for place, task in enumerate(tasks, start=1)],
        outside=[{"path": board.shown_path(run), "reason": run.reason} for run in (*board.unplaced, *board.duplicates)],
        definitions=_definitions(tasks),
        environments=_environments(board),
        # the only script that a browser may run here, whatever a run folder has smuggled in
        policy=f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'",
        script=script,
        style=style,
    )


def _room_text(name: str) -> str:
    return (_ROOM / name).read_text(encoding="utf-8")


def _at_a_glance(task: ScoredTask, place: int) -> dict[str, Any]:
    """Who is best at a task, by which score, and who comes next."""
    main = task.main
    found = [entry for entry in task.order if main and main in task.cells.get(entry.label, {})]
    leading = [(title(entry.label), measured(task.cells[entry.label][main].estimate)) for entry in found[:2] if main]
    return {
        "anchor": f"task-{place}",
        "title": task_title(task.task),
        "score": title(main) if main else None,
        "better": direction(main) if main else None,
        "leading": leading,
        "is_clear": main is not None and task.best(main) is not None,
    }


def _ranks(tasks: Sequence[ScoredTask]) -> list[dict[str, Any]]:
    return [
        {
            "label": title(label),
            "rank": placed(rank),
            "value": rank,
            "count": count,
            "places": [(placed(task.ranks.get(label)), task.ranks.get(label)) for task in tasks],
        }
        for label, rank, count in mean_ranks(tasks)
    ]


def _definitions(tasks: Sequence[ScoredTask]) -> list[dict[str, Any]]:
    """The scores of the tables; names that share a definition together."""
    names = dict.fromkeys(name for task in tasks for name in task.columns)
    names |= dict.fromkeys([AVERAGE] if groups_of(tasks) else [])
    found: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        score = score_named(name)
        if score is not None:
            found.setdefault((score.meaning, score.window, score.unit, score.better or ""), []).append(name)
    return [
        {"names": names, "meaning": meaning, "window": window, "unit": unit, "better": better}
        for (meaning, window, unit, better), names in found.items()
    ]


def _environments(board: Leaderboard) -> list[dict[str, Any]]:
    """Versions, machine and commit, with the number of runs that share them."""
    counts = Counter(
        json.dumps([run.record.get(name) for name in ("versions", "hardware", "git_commit")], sort_keys=True)
        for run in board.runs
    )
    found = []
    for text, count in counts.most_common():
        versions, hardware, commit = json.loads(text)
        facts = {"versions": versions, "hardware": hardware}
        listed = {
            name: [f"{plain(key).replace('_', ' ')} {plain(value)}" for key, value in facts.items()]
            for name, facts in facts.items()
            if isinstance(facts, dict)
        }
        found.append({"count": count, "commit": plain(commit or "not known"), "versions": [], "hardware": [], **listed})
    return found
