"""A COLVAR of PLUMED that was restarted: `#! FIELDS` again, and rows from the last checkpoint on written twice."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.tables.cells import number_of

FIELDS = "#! FIELDS"
_CLOCK = "time"
Line = tuple[int, str]
"""Its number and its text."""
Start = tuple[int, int, list[str]]
"""Where a run begins to write: rows above, number of the line, and names of the columns."""


def joined_runs(path: Path, body: list[Line], starts: Sequence[Start]) -> tuple[list[Line], list[str]]:
    """One table of several runs, and what was left out, in words: of what two have written the later one counts.

    Where a clock begins no later than that of the first run, nobody has restarted it, and all rows stay.

    Args:
        path: of the file.
        body: number and text of the rows.
        starts: of the runs, in their order.

    Raises:
        DataError: a run has other columns than the first.
    """
    if len(starts) < 2:
        return body, []
    names, n_left_out, edges = starts[0][2], 0, [*(n_above for n_above, _, _ in starts[1:]), len(body)]
    kept = body[: edges[0]]
    for (_, line, columns), edge in zip(starts[1:], pairwise(edges), strict=True):
        _require_same_columns(path, names, columns, line)
        run = body[slice(*edge)]
        if _CLOCK in names and run and kept:
            place = names.index(_CLOCK)
            cut = bisect_left(kept, _time(run[0], place), key=lambda row: _time(row, place))
            if not cut:
                return body, []
            kept, n_left_out = kept[:cut], n_left_out + len(kept) - cut
        kept = [*kept, *run]
    notes = [f"{len(starts)} runs of PLUMED one below another"]
    if n_left_out:
        plural = "s" * (n_left_out > 1)
        notes.append(f"{n_left_out} row{plural} that a restart has written again left out (the later run counts)")
    return kept, notes


def _time(row: Line, place: int) -> float:
    """Before all others where a row has none, which stays and is refused by whoever reads on."""
    cells = row[1].split()
    time = number_of(cells[place]) if place < len(cells) else None
    return -math.inf if time is None else time


def _require_same_columns(path: Path, names: list[str], columns: list[str], line: int) -> None:
    if columns == names:
        return
    pairs = ("with", columns, names), ("without", names, columns)
    others = [(word, ", ".join(name for name in one if name not in two)) for word, one, two in pairs]
    differences = " and ".join(f"{word} {some}" for word, some in others if some) or "in another order"
    raise DataError(
        f"data.path: {path}, line {line}: the columns of a restarted run are others, {differences}; "
        "give each run a file of its own (data.path=<folder>), and choose columns that all have with data.key=[...]"
    )
