"""Look at a file of your own, try every method of the benchmark on it with a small budget, and write a page.

What is in the file is told in a few lines (clock, gaps, noise, period, drift) with the tasks that apply. Then every
method forecasts what was held out, from the same starts; what fails or does not apply is listed with its reason. A
second call runs only what is missing.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TASK = "own_record_forecast"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what stands in it, and how much is spent on it."""
    parser.add_argument(
        "words",
        nargs="+",
        metavar="FILE|KEY=VALUE",
        help="one file or several of any known format, and settings such as data.resample=0.1 or data.delays=7",
    )
    parser.add_argument("--time-column", metavar="NAME", help="the column of the time (default: found by its name)")
    parser.add_argument("--columns", metavar="A,B", help="the components that are used (default: all)")
    parser.add_argument("--inputs", metavar="U,V", help="the columns that act on the others (default: none)")
    parser.add_argument("--cpu-seconds", type=float, default=5.0, metavar="N", help="for every fit (default: 5)")
    parser.add_argument("--seeds", default="0", metavar="0,1", help="of every method (default: 0)")
    parser.add_argument("--methods", default="*", metavar="A,B*", help="names or patterns (default: all)")
    parser.add_argument("--config-dir", action="append", default=[], metavar="FOLDER", help="holds methods of your own")
    parser.add_argument("--folder", type=Path, default=Path("outputs/try"), help="where runs go (default: outputs/try)")
    parser.add_argument("--html", type=Path, metavar="PAGE", help="the page (default: page.html beside the runs)")
    parser.add_argument("--force", action="store_true", help="run anew what is finished")


def answer(asked: argparse.Namespace) -> None:
    """Look, compare, and tell.

    Raises:
        FileNotFoundError: there is no such file.
        ConfigurationError: an option or a setting is wrong.
        DataError: the file cannot be used, or no method could forecast it.
    """
    # imported late: torch would make the help wait
    from sciml_bench.core.errors import ConfigurationError, DataError
    from sciml_bench.core.stored.files import write_atomically
    from sciml_bench.data.files.trajectory_arrays import find_files
    from sciml_bench.report.leaderboard.tables import markdown_report
    from sciml_bench.report.page import page_html

    files = [word for word in asked.words if not _OVERRIDE.match(word) or Path(word).exists()]
    if not files:
        raise ConfigurationError(f"{' '.join(asked.words)}: name the file to try as well")
    first = find_files(files)[0]
    seeds = [int(seed) for seed in asked.seeds.split(",") if seed.strip().isdecimal()]
    if not seeds or len(seeds) != len(asked.seeds.split(",")):
        raise ConfigurationError(f"--seeds {asked.seeds}: give whole numbers, such as 0,1")
    if not asked.cpu_seconds > 0:
        raise ConfigurationError(f"--cpu-seconds {asked.cpu_seconds:g}: give seconds above 0")
    overrides, reasons, columns = _look(files, asked)
    folder = asked.folder / first.stem
    title = _title(files, columns, [word for word in asked.words if word not in files])
    rows = _compared(folder, title, overrides, seeds, asked)
    board, tasks = _board(folder, rows)
    conclusion = _conclusion(rows, reasons, asked.trust)
    print(f"\n{_ESCAPE.sub('', markdown_report(board, tasks))}\n{conclusion or ''}".rstrip())
    page = folder / "page.html" if asked.html is None else asked.html
    html = page_html(board, tasks)
    write_atomically(page, lambda file: file.write(html.encode()))
    print(f"wrote {page}")
    if conclusion is None:
        raise DataError(f"no method could forecast {', '.join(files)}: the reasons stand above")


_OVERRIDE = re.compile(r"[+~]{0,2}[a-z_]+(\.\w+)*=")
_ESCAPE = re.compile(r"\\(?=[\\`*_\[\]<>&|])")
"""Of Markdown, which a terminal shows as it is."""
_BARE = re.compile(r"[\w./*-]+")
_REMEDY = "give --force to run anew what is finished, or another --folder"
MOST_NAMES = 5
"""Of files, and of columns, in a title."""

SHORT_PART, FEWEST_TRAJECTORIES = 10, 5
"""Rows of a test part below which so many trajectories are held out whole."""


def _title(files: Sequence[str], columns: Sequence[str], typed: Sequence[str]) -> str:
    """What was asked, in words: of which columns of which files, and which settings were typed."""
    names = [_listed([Path(file).name for file in files]), _listed(columns)]
    return f"Forecasts of {': '.join(names)}" + (f" ({', '.join(typed)})" if typed else "")


def _listed(names: Sequence[str]) -> str:
    others = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {others} more" if others > 0 else "")


def _look(files: Sequence[str], asked: argparse.Namespace) -> tuple[list[str], dict[str, str | None], Sequence[str]]:
    """The settings with which the file is read, the tasks that apply, and the columns; prints what it is like."""
    import functools

    from sciml_bench.core.errors import ConfigurationError
    from sciml_bench.data.files.short_files import require_enough_rows
    from sciml_bench.data.first_look import first_look
    from sciml_bench.data.split import TIME
    from sciml_bench.data.trajectories import Trajectories
    from sciml_bench.suite.comparison import composed_task
    from sciml_bench.suite.first_comparison import tasks_for, tasks_line
    from sciml_bench.training.build import build_record

    typed = [word for word in asked.words if word not in files]
    named = {word.partition("=")[0].lstrip("+~") for word in typed}
    overrides = [f"data.path={_list(files) if len(files) > 1 else _quoted(files[0])}"]
    overrides += [] if asked.time_column is None else [f"data.time_column={_quoted(asked.time_column)}"]
    overrides += [] if asked.columns is None else [f"data.observe={_list(asked.columns.split(','))}"]
    overrides += [] if asked.inputs is None else [f"data.inputs={_list(asked.inputs.split(','))}"]
    overrides += typed
    reading = [*overrides, *([] if "data.missing" in named else ["data.missing=mask"])]
    configuration = composed_task(TASK, reading, asked.config_dir)
    require_enough_rows(configuration)
    try:
        record = build_record(configuration)
        record.setup()
    except ConfigurationError as error:
        raise ConfigurationError(_in_options(str(error), asked)) from None
    observed = record.as_observed
    parts = observed.splits
    whole = functools.reduce(Trajectories.joined_in_time, parts.values()) if record.split_by == TIME else parts["train"]
    look = first_look(whole)
    reasons = tasks_for(look)
    print("\n".join([f"read: {record.reading}", *look.lines, tasks_line(reasons)]), flush=True)
    if look.clock.n_missing and "data.missing" not in named:
        overrides.append("data.missing=mask")
        print("missing values are left out of fits and scores (data.missing=interpolate draws straight lines)")
    is_short = "test" not in parts or max(parts["test"].lengths) < SHORT_PART
    if is_short and whole.n_trajectories >= FEWEST_TRAJECTORIES and not named & {"data.split", "data.split_by"}:
        overrides.append("data.split_by=trajectory")
        print("held out: whole trajectories, since their last rows are few")
    return overrides, reasons, look.names


def _in_options(said: str, asked: argparse.Namespace) -> str:
    """A refusal that names the option with which a setting was given."""
    options = {"data.observe": ("--columns", asked.columns), "data.time_column": ("--time-column", asked.time_column)}
    options["data.inputs"] = "--inputs", asked.inputs
    for key, (option, given) in options.items():
        told, separator, remedy = said.partition(": ")
        if given is not None and separator and told.startswith(f"{key}="):
            return f"{option} {given}: {remedy}"
    return said


def _compared(
    folder: Path, title: str, overrides: Sequence[str], seeds: Sequence[int], asked: argparse.Namespace
) -> list[dict[str, Any]]:
    """A row for each run, each printed when it is there."""
    import logging

    from sciml_bench.core.errors import DataError
    from sciml_bench.core.stored.run_folder import FINISHED, RunFolder
    from sciml_bench.suite import compare
    from sciml_bench.suite.comparison import chosen_names, written_task
    from sciml_bench.suite.first_comparison import MAIN

    methods = chosen_names("method", asked.methods.split(","), asked.config_dir)
    typed = [*overrides, *([f"trusted_packages={_list(asked.trust)}"] if asked.trust else [])]
    typed += ["force=true"] if asked.force else []
    counted = f"{len(methods)} method{'' if len(methods) == 1 else 's'}"
    print(f"\n{counted}, {asked.cpu_seconds:g} CPU seconds for each fit:", flush=True)
    task = written_task(TASK, asked.config_dir) | {"name": TASK, "title": title}
    rows, package = [], logging.getLogger("sciml_bench")
    level = package.level
    for method in methods:
        package.setLevel(logging.ERROR)  # reasons stand in the lines below
        try:
            found = compare(task, method, seeds, asked.cpu_seconds, folder, typed, asked.config_dir)
        finally:
            package.setLevel(level)
        for row in found:
            if row["status"] != FINISHED and RunFolder(row["folder"]).status == FINISHED:  # of other data or settings
                raise DataError(f"{row['reason'].partition(';')[0]}; {_REMEDY}")
            told = f"{row[MAIN]:.4g}" if MAIN in row else f"{row['status'].replace('_', ' ')}: {row['reason']}"
            print(f"  {method:30} {told}", flush=True)
        rows += found
    return rows


def _board(folder: Path, rows: Sequence[dict[str, Any]]) -> tuple[Any, list[Any]]:
    """The leaderboard of these runs alone; others of the same file may have other settings."""
    from sciml_bench.report.leaderboard import leaderboard_of
    from sciml_bench.report.leaderboard.ranking import scored
    from sciml_bench.report.runs import find_runs

    own = [Path(row["folder"]).resolve() for row in rows]
    finished, unfinished = find_runs([folder])
    board = leaderboard_of(
        [run for run in finished if any(run.path.is_relative_to(path) for path in own)],
        [run for run in unfinished if any(run.path.is_relative_to(path) for path in own)],
    )
    return board, [scored(task) for task in board.tasks]


def _conclusion(rows: Sequence[dict[str, Any]], reasons: dict[str, str | None], trusted: Sequence[str]) -> str | None:
    """What the best method has reached, and what was found for the tasks that apply beside it; None where none has."""
    from sciml_bench.suite.first_comparison import found_equations, found_modes, verdict

    if (told := verdict(rows)) is None:
        return None
    lines = [told]
    if reasons["equations"] is None:
        lines += found_equations(rows, trusted)
    if reasons["spectrum"] is None:
        lines += found_modes(rows, trusted)
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """As Hydra reads it."""
    if _BARE.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _list(texts: Sequence[str]) -> str:
    return f"[{','.join(_quoted(text.strip()) for text in texts)}]"
