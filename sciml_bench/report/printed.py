"""How a report reaches a person: runs that do not count on stderr, tables and figures in files."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sciml_bench.report.runs import UnfinishedRun


def print_left_out(unfinished: Sequence[UnfinishedRun]) -> None:
    """List runs on stderr, each with its reason; nothing where there are none.

    Args:
        unfinished: what `find_runs` found besides the finished runs.
    """
    if unfinished:
        print(f"{len(unfinished)} run(s) are left out:", file=sys.stderr)
    for run in unfinished:
        print(f"  {run.path}\n    {run.reason}", file=sys.stderr)


def write_files(output: Path, texts: Mapping[str, str], figures: Mapping[str, Any]) -> None:
    """Write texts, by file, and figures, by file without its ending, into a folder, and say where they are."""
    # imported late: matplotlib would triple the time that a table takes
    from sciml_bench.core.stored.files import write_atomically
    from sciml_bench.drawing.style import save_figure

    for name, text in texts.items():
        write_atomically(output / name, lambda file, text=text: file.write(text.encode()))
        print(f"wrote {output / name}")
    for name, figure in figures.items():
        save_figure(figure, output / f"{name}.png")
        print(f"wrote {output / f'{name}.png'}")
