"""Report on all runs below some folders, finished or not: one page, or tables in the terminal, in Markdown or csv.

Runs are grouped by task (runs of the scripts by what they learned from) and by method over seeds; methods that failed
or do not apply are listed with their reasons. Only the files of the run folders are read.
"""

import argparse
from pathlib import Path

from sciml_bench.report.runs import find_runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Folders, and where the answer goes."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="holds run folders, such as outputs")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page that works offline")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every score with every digit")


def answer(asked: argparse.Namespace) -> None:
    """Write what was asked for, or print the tables.

    Raises:
        FileNotFoundError: a folder does not exist.
        ConfigurationError: there is no run.
        StorageError: a file cannot be written.
    """
    # imported late: numpy and Jinja2 would make the help slow
    from sciml_bench.core.stored.files import write_atomically
    from sciml_bench.report.leaderboard import leaderboard_of
    from sciml_bench.report.leaderboard.ranking import scored
    from sciml_bench.report.leaderboard.tables import csv_report, markdown_report

    board = leaderboard_of(*find_runs(asked.folders))
    tasks = [scored(task) for task in board.tasks]
    texts = {}
    if asked.html is not None:
        from sciml_bench.report.page import page_html

        texts[asked.html] = page_html(board, tasks)
    if asked.markdown is not None:
        texts[asked.markdown] = markdown_report(board, tasks)
    if asked.csv is not None:
        texts[asked.csv] = csv_report(board, tasks)
    for path, text in texts.items():
        write_atomically(path, lambda file, text=text: file.write(text.encode()))
        print(f"wrote {path}")
    if not texts:
        print(markdown_report(board, tasks), end="")
