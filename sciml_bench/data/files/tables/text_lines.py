"""A text file as the columns of a table: encoding, comments, delimiter, header, units, and cells or numbers below."""

import contextlib
import gzip
import re
import zlib
from pathlib import Path

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.tables.cells import MISSING, is_value
from sciml_bench.data.files.tables.cells_of_lines import cells_of, delimiter_of, names_of
from sciml_bench.data.files.tables.columns import Columns
from sciml_bench.data.files.tables.headings import below_headings, is_heading, names_in_comments
from sciml_bench.data.files.tables.restarts import FIELDS, joined_runs
from sciml_bench.data.files.tables.tables_in_text import below_and_between_text

COMMENTS = re.compile(r"\s*(?:[%@]|#(?!N/A|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!))")
_INLINE = re.compile(r"#(?!N/A|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!|QNAN|SNAN|IND|INF).*", re.IGNORECASE)
"""A comment behind numbers, which is no error of a spreadsheet, and no number of Microsoft's C that is none."""


def taken_apart(path: Path) -> Columns:
    """Delimiter, header, units and rows; comments and empty lines are passed over."""
    text = _text_of(path)
    found, comments, body, starts = Columns(path), [], [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if COMMENTS.match(line) or (not body and is_heading(line)):
            comments += [line.strip()] if not body else []
            starts += [(len(body), number, line.split()[2:])] if line.startswith(FIELDS) else []
        elif line.strip():
            body.append((number, _INLINE.sub("", line) if "#" in line and '"' not in line else line))
    if not body:
        return found
    body, restarted = joined_runs(path, body, starts)
    body, found.notes = below_and_between_text(path, body)
    found.notes += restarted
    found.delimiter = delimiter_of(body[-1][1])
    if found.delimiter is None and "(" in body[-1][1]:  # vectors, as OpenFOAM writes them
        body = [(number, re.sub(r"[()]", " ", line) if is_value(line.split()[0]) else line) for number, line in body]
    body, n_left_out = below_headings(body, found.delimiter)
    if n_left_out:
        found.notes.append(f"{n_left_out} line{'s' * (n_left_out > 1)} of heading left out")
    first, second = (cells_of(line, found.delimiter) for _, line in (body[0], body[min(1, len(body) - 1)]))
    if not any(map(is_value, first)) or _is_header(first, second):
        whole = names_of(text.splitlines()[body[0][0] - 1], found.delimiter)  # # may belong to a name
        found.header = whole if len(whole) == len(second) else names_of(body[0][1], found.delimiter)
        body = body[1:]
    else:
        found.header = names_in_comments(comments, found.delimiter, len(first), path.stem)
        if not found.header and _counts(first) and not all(map(str.isdigit, second)):
            found.notes.append(f"the first line, {', '.join(first[:3])}, is a row (data.first_row=1 leaves it out)")
    below = cells_of(body[0][1], found.delimiter) if body else []
    if found.header and any(below) and not any(cell.lower() in MISSING[1:] or is_value(cell) for cell in below):
        found.units, body = [cell.strip("[]() ") or None for cell in below], body[1:]
    found.body = body
    return found


def read_columns(lines: Columns) -> None:
    """The columns: numbers at once where there is nothing else, otherwise cells."""
    try:
        body = [line for _, line in lines.body]
        values = np.loadtxt(body, delimiter=lines.delimiter, comments=None, quotechar='"', ndmin=2)
    except ValueError:
        rows = [cells_of(line, lines.delimiter) for _, line in lines.body]
        # a delimiter at the end of every line makes no column
        if all(not cells[-1] and len(cells) > max(1, len([name for name in lines.header if name])) for cells in rows):
            rows = [cells[:-1] for cells in rows]
            lines.header = lines.header[:-1] if lines.header and not lines.header[-1] else lines.header
        for (number, _), cells in zip(lines.body, rows, strict=True):
            if len(cells) != len(rows[0]):
                raise DataError(
                    f"data.path: {lines.path}, line {number}: {len(cells)} columns instead of {len(rows[0])}; "
                    "complete the row, or remove the line."
                ) from None
        lines.columns = [*zip(*rows, strict=True)]
        _leave_out_empty(lines)
    else:
        lines.columns = [*values.T]


def _leave_out_empty(lines: Columns) -> None:
    """Columns with a name and nothing else, such as those for comments, are none."""
    empty = [place for place, column in enumerate(lines.columns) if not any(column)]
    if not empty or len(lines.header) != len(lines.columns) or len(empty) == len(lines.columns):
        return
    lines.notes.append(f"{', '.join(lines.header[place] for place in empty)} without any value is left out")
    for place in reversed(empty):
        del lines.columns[place], lines.header[place], lines.units[place : place + 1]


def _text_of(path: Path) -> str:
    """The text of a file, as most programmes write it, or as older ones of Windows and Excel do; or packed by gzip."""
    content = path.read_bytes()
    if path.suffix.lower() == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"data.path: {path} cannot be unpacked by gzip ({error}).") from error
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


def _counts(cells: list[str]) -> bool:
    """Whether a line counts its columns, as the header of a table that had no names."""
    return len(cells) > 1 and any(cells == [str(first + n) for n in range(len(cells))] for first in (0, 1))
