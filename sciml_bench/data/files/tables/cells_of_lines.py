"""A line of text as cells: what separates them, and what quotes and brackets keep together."""

import csv
import re

DELIMITERS = ("\t", ";", ",")

DECIMAL_COMMA = re.compile(r"[-+]?\d+(?:,\d+)?(?:[eE][-+]?\d+)?")


def delimiter_of(line: str) -> str | None:
    """What separates the cells of a line; None for blanks."""
    bare = re.sub(r'"[^"]*"', "", line)
    cells = bare.split()
    if "\t" not in bare and ";" not in bare and len(cells) > 1 and all(map(DECIMAL_COMMA.fullmatch, cells)):
        return None
    return next((mark for mark in DELIMITERS if mark in bare), None)


def cells_of(line: str, delimiter: str | None) -> list[str]:
    """The cells, without the blanks around them."""
    if delimiter is None:
        return next(csv.reader([" ".join(line.split())], delimiter=" "))
    return [cell.strip() for cell in next(csv.reader([line.strip(" ")], delimiter=delimiter, skipinitialspace=True))]


def names_of(line: str, delimiter: str | None) -> list[str]:
    """The names of a header line; between blanks a unit in brackets belongs to the name before it."""
    if delimiter is None and '"' not in line:
        line = re.sub(r"\s+(?=[\[(])", "\0", line.strip())
        return [name.replace("\0", " ") for name in line.split()]
    return cells_of(line, delimiter)
