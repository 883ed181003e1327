"""Put runs of train_node_homotopy.py into Table 5 of the homotopy paper, beside its numbers.

Ko et al., NeurIPS 2023: mean ± standard error over seeds. Runs that the table does not have are counted only.
"""

import argparse
from pathlib import Path

from sciml_bench.report.replications.table5.summary import summarise_table5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Folders, and where the answer goes."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="holds run folders, such as outputs")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write table5.md, .csv and .png here (default: print the table)"
    )


def answer(asked: argparse.Namespace) -> None:
    """Print the table, and write it.

    Raises:
        FileNotFoundError: a folder does not exist.
        ConfigurationError: no run belongs into the table.
    """
    summarise_table5(asked.folders, asked.output)
