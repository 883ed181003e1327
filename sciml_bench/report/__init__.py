"""Look at finished runs: read their folders, compare methods in a table and in figures.

Only files are read, so that a report needs neither torch nor the code that made the runs.
"""

from sciml_bench.report.comparison import Comparison, MethodRuns, chosen_metrics
from sciml_bench.report.runs import FinishedRun, UnfinishedRun, find_runs
from sciml_bench.report.table import csv_table, markdown_table

__all__ = [
    "Comparison",
    "FinishedRun",
    "MethodRuns",
    "UnfinishedRun",
    "chosen_metrics",
    "csv_table",
    "find_runs",
    "markdown_table",
]
