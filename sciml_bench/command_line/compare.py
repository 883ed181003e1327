"""Compare the methods of all finished runs below some folders, in a table and in figures.

Runs that differ by their seed alone are repetitions of one method: the table gives mean ± standard deviation over them.
Runs of several kinds are told in one table for each, by the scores that they have in common. A line below a table says
which of its runs are of other data.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sciml_bench.report.comparison import Comparison, chosen_metrics, groups
from sciml_bench.report.printed import print_left_out, write_files
from sciml_bench.report.runs import find_runs
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
    parted = zip(together, columns, strict=True)
    table = "\n".join(f"{markdown_table(part, names)}{_told_data(part)}" for part, names in parted)
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


def _told_data(comparison: Comparison) -> str:
    """A line on which methods are of which data, where they are not all of the same; empty where they are.

    Files are told apart by their size and checksum, wherever they are; data without files by their name. A run whose
    record knows neither is passed over.
    """
    found: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for method in comparison.methods:
        for record in (run.record for run in method.runs):
            listed = record.get("data_files")
            files = [file for file in listed if isinstance(file, dict)] if isinstance(listed, list) else []
            known = tuple(sorted(f"{file.get('bytes')} {file.get('sha256')}" for file in files))
            if known or record.get("data") is not None:
                name = _named(files) if files else str(record["data"])
                _, labels = found.setdefault(known or (name,), (name, []))
                labels += [method.label] * (method.label not in labels)
    if len(found) < 2:
        return ""
    told = "; ".join(f"{name}: {_abridged(labels)}" for name, labels in found.values())
    return f"not all are of the same data, so that their scores say little about each other: {told}\n"


def _named(files: list[dict[str, Any]]) -> str:
    """The first file by name, size and the beginning of its checksum, and how many others there are."""
    first = min(files, key=lambda file: str(file.get("path")))
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{Path(str(first.get('path'))).name} ({first.get('bytes')} bytes, {str(first.get('sha256'))[:8]}){more}"


def _abridged(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("give names separated by commas")
    return names
