"""The command `python -m sciml_bench.report`: what it is asked, and where its answer goes."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sciml_bench.report.comparison import Comparison, chosen_metrics
from sciml_bench.report.left_out import print_left_out
from sciml_bench.report.replications.table5 import summarise_table5
from sciml_bench.report.runs import find_runs
from sciml_bench.report.table import csv_table, markdown_table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: as typed; those of this process by default.

    Returns:
        0, or 1 with one sentence on stderr where a person has to mend something.
    """
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "table5":
            summarise_table5(asked.folders, asked.output)
        else:
            compare(asked.folders, asked.metrics, asked.output)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def compare(folders: Sequence[Path], metrics: Sequence[str] | None = None, output: Path | None = None) -> None:
    """Print the comparison of all finished runs below some folders, and write it with its figures.

    Args:
        folders: where to look for run folders.
        metrics: the columns of the table; by default what suits the runs.
        output: folder for table.md, table.csv and the figures; None prints the table only.

    Raises:
        FileNotFoundError: a folder does not exist.
        ConfigurationError: there is no finished run, or none has a wanted metric.
    """
    finished, unfinished = find_runs(folders)
    print_left_out(unfinished)
    comparison = Comparison.of(finished)
    names = chosen_metrics(comparison, metrics)
    table = markdown_table(comparison, names)
    print(table, end="")
    present = dict.fromkeys(name for run in comparison.runs for name in run.metrics)
    if metrics is None and (others := [name for name in present if name not in names]):
        print(f"{len(others)} more metrics, to be chosen with --metrics: {_abridged(others)}")
    if output is not None:
        _write(comparison, names, table, output)


def _write(comparison: Comparison, names: Sequence[str], table: str, output: Path) -> None:
    # imported late: matplotlib would triple the time that the table takes
    from sciml_bench.core.files import write_atomically
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sciml-bench", description="Look at finished runs.")
    commands = parser.add_subparsers(required=True, metavar="command", dest="command")
    comparing = commands.add_parser(
        "compare",
        help="a table and figures of several methods",
        description="Compare the methods of all finished runs below some folders. Runs that differ by their seed alone "
        "are repetitions of one method: the table gives mean ± standard deviation over them.",
    )
    comparing.add_argument(
        "--metrics", type=_names, metavar="A,B,C", help="names in metrics.json (default: what suits the runs)"
    )
    table5 = commands.add_parser(
        "table5",
        help="Table 5 of the homotopy paper beside ours",
        description="Put runs of train_node_homotopy.py into Table 5 of Ko et al. (NeurIPS 2023), beside its numbers: "
        "mean ± standard error over seeds. Runs that the table does not have are counted only.",
    )
    for command, files in ((comparing, "table.md, table.csv and figures"), (table5, "table5.md, .csv and .png")):
        command.add_argument(
            "folders", nargs="+", type=Path, metavar="FOLDER", help="holds run folders, such as outputs"
        )
        command.add_argument(
            "--output", type=Path, metavar="DIR", help=f"write {files} here (default: print the table)"
        )
    return parser


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("give names separated by commas")
    return names
