"""Tables that stand in the log of a programme, with its words above, between and below them, as LAMMPS and NAMD write.

Every run of a simulation prints a table of its own with the same names; they are read one below another.
"""

from pathlib import Path

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.tables.cells import is_missing, is_value
from sciml_bench.data.files.tables.cells_of_lines import cells_of, delimiter_of, names_of

_END_OF_LAMMPS = "Loop time of "
_WARNING = "WARNING"
_NAMD = ("ETITLE:", "ENERGY:")
Line = tuple[int, str]


def below_and_between_text(path: Path, body: list[Line]) -> tuple[list[Line], list[str]]:
    """The names and the rows of the tables of a file, and what was left out, in words.

    The lines are returned as they are where they are something else: a row that lost a cell, words in the place of a
    number and rows without names are no text around a table, and whoever reads on refuses them.

    Args:
        path: of the file.
        body: number and text of its lines, without comments.

    Raises:
        DataError: its tables have different names.
    """
    kept = [(number, line[len(_NAMD[0]) :].strip()) for number, line in body if line.startswith(_NAMD)] or body
    _require_whole_end(path, kept)
    is_log = kept is not body or any(line.startswith(_END_OF_LAMMPS) for _, line in body)
    if not is_log and is_value(cells_of(body[-1][1], delimiter_of(body[-1][1]))[0]):
        return body, []
    header: list[str] = []
    tables: list[list[Line]] = []
    inside, delimiter = False, None
    for place, (number, line) in enumerate(kept):
        cells = cells_of(line, delimiter) if header else []
        if header and _is_row(cells, len(header)):
            if not inside and is_log:
                raise DataError(f"data.path: {path}, line {number}: text parts this row from its table; remove it.")
            if not inside:
                return body, []
            tables[-1].append((number, line))
        elif names := _names_above(kept, place):
            if header and names != header:
                raise DataError(
                    f"data.path: {path}, line {number}: a table with the columns {', '.join(names)}, and one above it "
                    f"has {', '.join(header)}; give each table a file of its own (data.path=<folder>)"
                )
            header, inside, delimiter = names, True, delimiter_of(kept[place + 1][1])
            tables.append([(number, line)])
        elif inside and not line.startswith(_WARNING):
            inside = False
            if not line.startswith(_END_OF_LAMMPS) and (is_value(cells[0]) or len(cells) == len(header)):
                if is_log:
                    raise DataError(
                        f"data.path: {path}, line {number}: {line.strip()[:60]!r} is no row of {len(header)} "
                        "numbers, as those above; complete the row, or remove the line."
                    )
                return body, []
    return _joined(tables, delimiter, len(body)) if tables else (body, [])


def _joined(tables: list[list[Line]], delimiter: str | None, n_lines: int) -> tuple[list[Line], list[str]]:
    """One table of several: a run begins with the row with which the one before has ended."""
    rows, n_repeated = tables[0], 0
    for _, *more in tables[1:]:
        ends, begins = (cells_of(line, delimiter)[0] for line in (rows[-1][1], more[0][1]))
        n_repeated += ends == begins
        rows = [*rows, *more[ends == begins :]]
    notes = []
    if len(tables) > 1:
        notes.append(f"{len(tables)} tables one below another")
    if n_repeated:
        plural = "s" * (n_repeated > 1)
        notes.append(f"{n_repeated} row{plural} with which a table begins as the one above ends left out")
    n_left_out = n_lines - sum(map(len, tables))
    if n_left_out:
        notes.append(f"{n_left_out} line{'s' * (n_left_out > 1)} of text around the table left out")
    return rows, notes


def _require_whole_end(path: Path, body: list[Line]) -> None:
    """Refuse a last row that lost cells, as of a run that still goes on; what stands around tables is told by it."""
    (_, above), (number, last) = body[-2:] if len(body) > 1 else (body[-1], body[-1])
    delimiter = delimiter_of(above)
    row, cells = cells_of(above, delimiter), cells_of(last, delimiter)
    if len(row) > len(cells) and _is_row(row, len(row)) and _is_row(cells, len(cells)):
        raise DataError(
            f"data.path: {path}, line {number}: {len(cells)} columns instead of {len(row)}; complete the row, "
            "or remove the line."
        )


def _names_above(body: list[Line], place: int) -> list[str]:
    """The names that a line holds for the numbers in the next one; none where it does not."""
    if place + 1 == len(body):
        return []
    below = cells_of(body[place + 1][1], delimiter := delimiter_of(body[place + 1][1]))
    names = names_of(body[place][1], delimiter)
    return names if len(names) > 1 and not any(map(is_value, names)) and _is_row(below, len(names)) else []


def _is_row(cells: list[str], n_columns: int) -> bool:
    return len(cells) == n_columns and all(is_value(cell) or is_missing(cell) for cell in cells)
