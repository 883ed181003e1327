"""From run folders to table5.md, table5.csv and table5.png."""

from collections.abc import Iterable
from pathlib import Path

from sciml_bench.core.plain_types import PathType
from sciml_bench.report.printed import print_left_out, write_files
from sciml_bench.report.replications.table5.cells import Table5
from sciml_bench.report.replications.table5.text import markdown, table5_csv
from sciml_bench.report.runs import find_runs


def summarise_table5(folders: Iterable[PathType], output: PathType | None = None) -> None:
    """Print the paper's Table 5 beside ours, and write it with its figure.

    Args:
        folders: where to look for run folders.
        output: folder for the files; None prints the table only.

    Raises:
        FileNotFoundError: a folder does not exist.
        ConfigurationError: no finished run belongs to the table, or runs of one cell do not belong together.
    """
    finished, unfinished = find_runs(folders)
    print_left_out(unfinished)
    table = Table5.of(finished)
    text = markdown(table, unfinished)
    print(text, end="")
    if table.others:
        print(f"{len(table.others)} finished run(s) are of something that the paper's table does not have")
    if output is not None:
        # imported late: matplotlib would triple the time that the table takes
        from sciml_bench.report.replications.table5.figure import beside_the_paper

        texts = {"table5.md": text, "table5.csv": table5_csv(table)}
        write_files(Path(output), texts, {"table5": beside_the_paper(table)})
