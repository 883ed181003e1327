"""Show a run: what it is, its scores with their meaning, its files."""

import argparse
from pathlib import Path

from sciml_bench.report.run_summary import run_summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder, finished or not")


def answer(asked: argparse.Namespace) -> None:
    """Print the summary.

    Raises:
        FileNotFoundError: there is no run.
        DataError: a file cannot be read.
    """
    print(run_summary(asked.run), end="")
