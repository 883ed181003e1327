"""A text file as the columns of a table: encoding, comments, delimiter, header, units, and cells or numbers below."""

import contextlib
import csv
import re
from pathlib import Path

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.tables.cells import MISSING, is_number, is_value
from sciml_bench.data.files.tables.columns import Columns

DELIMITERS = ("\t", ";", ",")
COMMENTS = ("#", "%", "@")

DECIMAL_COMMA = re.compile(r"[-+]?\d+(?:,\d+)?(?:[eE][-+]?\d+)?")


def taken_apart(path: Path) -> Columns:
    """Delimiter, header, units and rows; comments and empty lines are passed over."""
    text = _text_of(path)
    found, comments, body = Columns(path), [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith(COMMENTS):
            comments += [line.strip()] if not body else []
        elif line.strip():
            body.append((number, line.split("#")[0] if "#" in line and '"' not in line else line))
    if not body:
        return found
    found.delimiter = _delimiter(body[-1][1])
    first, second = (_cells(line, found.delimiter) for _, line in (body[0], body[min(1, len(body) - 1)]))
    if not any(map(is_value, first)) or _is_header(first, second):
        whole = _names(text.splitlines()[body[0][0] - 1], found.delimiter)  # # may belong to a name
        found.header = whole if len(whole) == len(second) else _names(body[0][1], found.delimiter)
        body = body[1:]
    else:
        found.header = _header_of_comments(comments, found.delimiter, len(first))
    below = _cells(body[0][1], found.delimiter) if body else []
    if found.header and any(below) and not any(cell.lower() in MISSING[1:] or is_value(cell) for cell in below):
        found.units, body = [cell.strip("[]() ") or None for cell in below], body[1:]
    found.body = body
    return found


def read_columns(lines: Columns) -> None:
    """The columns: numbers at once where there is nothing else, otherwise cells."""
    try:
        values = np.loadtxt([line for _, line in lines.body], delimiter=lines.delimiter, quotechar='"', ndmin=2)
    except ValueError:
        rows = [_cells(line, lines.delimiter) for _, line in lines.body]
        # a delimiter at the end of every line makes no column
        if all(not cells[-1] and len(cells) > max(1, len([name for name in lines.header if name])) for cells in rows):
            rows = [cells[:-1] for cells in rows]
            lines.header = lines.header[:-1] if lines.header and not lines.header[-1] else lines.header
        for (number, _), cells in zip(lines.body, rows, strict=True):
            if len(cells) != len(rows[0]):
                raise DataError(
                    f"data.path: {lines.path}, line {number}: {len(cells)} columns instead of {len(rows[0])}; "
                    "complete the row."
                ) from None
        lines.columns = [*zip(*rows, strict=True)]
    else:
        lines.columns = [*values.T]


def _text_of(path: Path) -> str:
    """The text of a file, as most programmes write it, or as older ones of Windows and Excel do."""
    content = path.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        with contextlib.suppress(UnicodeDecodeError):
            if b"\0" not in content:
                return content.decode("cp1252")
        raise DataError(f"data.path: {path} is not a text file ({error}).") from error


def _is_header(first: list[str], second: list[str]) -> bool:
    """Whether the first row holds names that look like numbers here and there, such as `1`, above numbers."""
    return any(not is_value(cell) for cell in first) and sum(map(is_value, first)) < sum(map(is_value, second))


def _delimiter(line: str) -> str | None:
    bare = re.sub(r'"[^"]*"', "", line)
    cells = bare.split()
    if "\t" not in bare and ";" not in bare and len(cells) > 1 and all(map(DECIMAL_COMMA.fullmatch, cells)):
        return None
    return next((mark for mark in DELIMITERS if mark in bare), None)


def _cells(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return next(csv.reader([" ".join(line.split())], delimiter=" "))
    return [cell.strip() for cell in next(csv.reader([line.strip(" ")], delimiter=delimiter, skipinitialspace=True))]


def _names(line: str, delimiter: str | None) -> list[str]:
    """The names of a header line; between blanks a unit in brackets belongs to the name before it."""
    if delimiter is None and '"' not in line:
        line = re.sub(r"\s+(?=[\[(])", "\0", line.strip())
        return [name.replace("\0", " ") for name in line.split()]
    return _cells(line, delimiter)


def _header_of_comments(comments: list[str], delimiter: str | None, n_columns: int) -> list[str]:
    """The names in the comments before the numbers: PLUMED's fields, or the last line with as many as columns."""
    fields = [line.split()[2:] for line in comments if line.startswith("#! FIELDS")]
    if fields:
        return fields[0]
    for line in reversed(comments):
        bare = line.lstrip("#%@! ")
        names = _names(bare, delimiter if delimiter is not None and delimiter in bare else _delimiter(bare))
        if len(names) == n_columns and not all(map(is_number, names)):
            return names
    return []
