"""Compare the methods of all finished runs below some folders, in a table and in figures.

Runs that differ by their seed alone are repetitions of one method: the table gives mean ± standard deviation over them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from sciml_bench.report.comparison import Comparison, chosen_metrics
from sciml_bench.report.runs import find_runs, print_left_out
from sciml_bench.report.table import csv_table, markdown_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Folders, columns and where the answer goes."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="holds run folders, such as outputs")
    parser.add_argument(
        "--metrics", type=_names, metavar="A,B,C", help="names in metrics.json (default: what suits the runs)"
    )
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
    names = chosen_metrics(comparison, asked.metrics)
    table = markdown_table(comparison, names)
    print(table, end="")
    present = dict.fromkeys(name for run in comparison.runs for name in run.metrics)
    if asked.metrics is None and (others := [name for name in present if name not in names]):
        print(f"{len(others)} more metrics, to be chosen with --metrics: {_abridged(others)}")
    if asked.output is not None:
        _write(comparison, names, table, asked.output)


def _write(comparison: Comparison, names: Sequence[str], table: str, output: Path) -> None:
    # imported late: matplotlib would triple the time that the table takes
    from sciml_bench.core.stored.files import write_atomically
    from sciml_bench.drawing.style import save_figure
    from sciml_bench.report.figures import comparison_figures

    for name, text in (("table.md", table), ("table.csv", csv_table(comparison, names))):
        write_atomically(output / name, lambda file, text=text: file.write(text.encode()))
        print(f"wrote {output / name}")
    figures, left_out = comparison_figures(comparison)
    for name, figure in figures.items():
        save_figure(figure, output / f"{name}.png")
        print(f"wrote {output / f'{name}.png'}")
    for line in left_out:
        print(line)


def _abridged(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("give names separated by commas")
    return names
