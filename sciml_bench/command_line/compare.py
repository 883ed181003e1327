"""Compare the methods of all finished runs below some folders, in a table and in figures.

Runs that differ by their seed alone are repetitions of one method: the table gives mean ± standard deviation over them.
Runs of several kinds are told in one table for each, by the scores that they have in common.
"""

import argparse
import hashlib
from collections.abc import Sequence
from itertools import starmap
from pathlib import Path

from sciml_bench.report.comparison import Comparison, chosen_metrics, groups
from sciml_bench.report.printed import print_left_out, write_files
from sciml_bench.report.runs import FinishedRun, find_runs
from sciml_bench.report.table import csv_table, markdown_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Folders, columns and where the answer goes."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="holds run folders, such as outputs")
    parser.add_argument(
        "--metrics", type=_names, metavar="A,B,C", help="names in metrics.json (default: what suits the runs)"
    )
    parser.add_argument("--all", action="store_true", help="also show runs that share no score with another")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="write table.md, .csv and figures here (default: print the table)",
    )


def answer(asked: argparse.Namespace) -> None:
    """Print the comparison, and write it with its figures.

    Raises:
        FileNotFoundError: a folder does not exist.
        ConfigurationError: there is no finished run, or none has a wanted metric.
    """
    finished, unfinished = find_runs(asked.folders)
    print_left_out(unfinished)
    comparison = Comparison.of(finished)
    parts = groups(comparison) if asked.metrics is None else [comparison]
    together = [part for part in parts if len(part.methods) > 1 or asked.all] or parts
    columns = [chosen_metrics(part, asked.metrics) for part in together]
    tables = starmap(markdown_table, zip(together, columns, strict=True))
    table = "\n".join(told + remark for told, remark in zip(tables, map(remark_on_data, together), strict=True))
    print(table, end="")
    names = list(dict.fromkeys(name for part in columns for name in part))
    present = dict.fromkeys(name for run in comparison.runs for name in run.metrics)
    if alone := [method.label for part in parts if part not in together for method in part.methods]:
        print(f"{len(alone)} that share no score with another, to be shown with --all: {_abridged(alone)}")
    if asked.metrics is None and (others := [name for name in present if name not in names]):
        print(f"{len(others)} more metrics, to be chosen with --metrics: {_abridged(others)}")
    if asked.output is not None:
        # imported late: matplotlib would triple the time that the table takes
        from sciml_bench.report.figures import comparison_figures

        figures, left_out = comparison_figures(comparison)
        write_files(asked.output, {"table.md": table, "table.csv": csv_table(comparison, names)}, figures)
        print("".join(f"{line}\n" for line in left_out), end="")


def remark_on_data(comparison: Comparison) -> str:
    """One line that tells which methods answer which question, where that is not the same for all; else nothing.

    Args:
        comparison: of runs that are told in one table.
    """
    asked: dict[tuple[str, ...], dict[str, None]] = {}
    for method in comparison.methods:
        for run in method.runs:
            asked.setdefault(_question(run), {})[method.label] = None
    if len(asked) < 2:
        return ""
    names = [" ".join(part for part in (*question[:1], *question[2:]) if part) for question in asked]
    if len(set(names)) < len(names):
        names = [" ".join(part for part in question if part) for question in asked]
    told = (f"{name} ({', '.join(labels)})" for name, labels in zip(names, asked.values(), strict=True))
    return f"These runs are of different data, so that their scores do not compare them: {'; '.join(told)}\n"


def _question(run: FinishedRun) -> tuple[str, ...]:
    """The data that a run is of: names, checksums, and what was asked of them otherwise."""
    record = run.record
    files = [file for file in record.get("data_files") or [] if isinstance(file, dict)]
    first = ", ".join(Path(str(file.get("path"))).name for file in files[:3]) + (", …" if len(files) > 3 else "")
    names = first or str(record.get("data") or record.get("pde") or record.get("script"))
    sums = [str(file.get("sha256")) for file in files]
    told = sums[0] if len(sums) == 1 else hashlib.sha256("".join(sums).encode()).hexdigest()
    asked = [
        each for each in _overrides(str(record.get("question_variant") or "")) if not each.startswith("data.path=")
    ]
    return names, told[:8] if sums else "", ", ".join(asked)


def _overrides(joined: str) -> list[str]:
    """The overrides that a record joins by commas, which may stand in their values too, as Hydra reads them."""
    if ", " not in joined:
        return [joined] if joined else []
    # imported late: it would double the time that the table takes
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser, found, begun = OverridesParser.create(), [], ""
    for part in joined.split(", "):
        begun += f", {part}" if begun else part
        try:
            parser.parse_override(begun)
        except HydraException:  # of a value that goes on behind the comma
            continue
        found.append(begun)
        begun = ""
    return [*found, begun] if begun else found


def _abridged(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("give names separated by commas")
    return names
