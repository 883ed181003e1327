"""From run folders to table5.md, table5.csv and table5.png."""

from collections.abc import Iterable
from pathlib import Path

from sciml_bench.core.plain_types import PathType
from sciml_bench.report.replications.table5.cells import Table5
from sciml_bench.report.replications.table5.text import csv_text, markdown
from sciml_bench.report.runs import find_runs, print_left_out


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
        _write(table, text, Path(output))


def _write(table: Table5, text: str, output: Path) -> None:
    # imported late: matplotlib would triple the time that the table takes
    from sciml_bench.core.stored.files import write_atomically
    from sciml_bench.drawing.style import save_figure
    from sciml_bench.report.replications.table5.figure import beside_the_paper

    for name, content in (("table5.md", text), ("table5.csv", csv_text(table))):
        write_atomically(output / name, lambda file, content=content: file.write(content.encode()))
        print(f"wrote {output / name}")
    save_figure(beside_the_paper(table), output / "table5.png")
    print(f"wrote {output / 'table5.png'}")
