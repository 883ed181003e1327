"""Tables as text: Markdown whose columns line up, so that it reads as well in a terminal as on a page; and csv."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

MISSING = "–"
"""What stands in a cell without a number."""


def aligned_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right.

    Args:
        header: names of the columns.
        rows: cells, as many in each row as there are columns.

    Returns:
        lines, the last one ended too.
    """
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (header, *rows)]
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (cells[0], rule, *cells[1:])) + "\n"


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows with every digit; None is an empty field.

    Args:
        rows: the first one is the header.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]) + " |"
