"""The paper's Table 5 (Ko et al., NeurIPS 2023) beside ours: five models, three training methods, several seeds."""

from sciml_bench.report.replications.table5.cells import SeedSummary, Table5, cell_of, seed_summary
from sciml_bench.report.replications.table5.published import COLUMNS, METHODS, WINDOWS, PublishedScore, published_score
from sciml_bench.report.replications.table5.summary import summarise_table5
from sciml_bench.report.replications.table5.text import csv_text, markdown
from sciml_bench.report.replications.table5.verdict import Verdict, verdict

__all__ = [
    "COLUMNS",
    "METHODS",
    "WINDOWS",
    "PublishedScore",
    "SeedSummary",
    "Table5",
    "Verdict",
    "cell_of",
    "csv_text",
    "markdown",
    "published_score",
    "seed_summary",
    "summarise_table5",
    "verdict",
]
