"""Several trajectories in one table, told apart by a column such as `id` or `trajectory`, in blocks or mixed."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.clocks import is_time_name
from sciml_bench.data.files.tables.cells import is_missing
from sciml_bench.data.files.tables.columns import Column, Columns

_CERTAIN = r"(?:.+[ _.-])?id|traj(?:ectory)?(?:[ _.-]?(?:number|index|no|nr))?"
_LIKELY = r"run|trial|episode|experiment|simulation|realization|replicate|member|subject|particle|series"


def tells_apart(name: str, names: str = f"{_CERTAIN}|{_LIKELY}") -> bool:
    """Whether a column of this name tells trajectories apart.

    Args:
        name: of the column.
        names: that do, as a pattern.
    """
    return re.fullmatch(names, name.strip(), re.IGNORECASE) is not None


def by_trajectory(
    lines: Columns, first: int, time_column: str | int | None, chosen: Sequence[str]
) -> dict[str, Columns]:
    """The rows of each trajectory, without the column that tells them apart; none where no column does.

    Such a column has whole numbers or text, each in two rows or more on average. One whose name is less certain, such
    as `run`, may be a state where times do not repeat; without a clock the rows of each have to stand together.

    Args:
        lines: with as many names as columns.
        first: columns that only name the rows.
        time_column: as in `read_csv`.
        chosen: as in `read_csv`; a column that is asked for is a state.
    """
    named = list(enumerate(lines.header))[first:]
    clocks = [lines.columns[place] for place, name in named if name == time_column or is_time_name(name)]
    repeats = any(len({*clock}) < len(clock) for clock in clocks)
    for place, name in named:
        if not tells_apart(name) or name in (*chosen, time_column):
            continue
        if tells_apart(name, _CERTAIN) or repeats:
            _require_labels(lines, place)
        labels = _labels(lines.columns[place])
        rows: dict[str, list[int]] = {}
        for row, label in enumerate(labels):
            rows.setdefault(label, []).append(row)
        together = all(part[-1] - part[0] == len(part) - 1 for part in rows.values())
        likely = repeats or tells_apart(name, _CERTAIN) or (together and not clocks)
        if not 1 < len(rows) <= len(labels) / 2:
            continue
        if not likely:
            lines.notes.append(f"{name} is a state (called id it would tell {len(rows)} trajectories apart)")
        else:
            alone = [label for label, part in rows.items() if len(part) < 2]
            told = f"{name} tells {len(rows)} trajectories apart (data.key=[{name}, …]: it is a state)"
            notes = [*lines.notes, told, *([f"{len(alone)} of them with a single row are left out"] if alone else [])]
            several = {label: part for label, part in rows.items() if len(part) > 1}
            return {f", {name} {label}": _part(lines, first, place, part, notes) for label, part in several.items()}
    return {}


def _require_labels(lines: Columns, place: int) -> None:
    """Stop at a row without a label, where the others have some that repeat."""
    column, name = lines.columns[place], lines.header[place]
    empty = [is_missing(str(cell)) for cell in column]
    if True in empty and 1 < len({*map(str, column)}) <= len(column) / 2:
        row = empty.index(True)
        where = f"line {lines.body[row][0]}" if lines.body else f"row {row}"
        raise DataError(
            f"data.path: {lines.path}, {where}: the column {name}, which tells trajectories apart, is empty; write the "
            "one that the row belongs to, remove the row, or choose other columns with data.key=[...]"
        )


def require_names_of_stacked(lines: Columns) -> None:
    """Stop at a table without names where numbers of trajectories and their clock seem to stand before the states.

    Raises:
        DataError: the second column begins again wherever the first has another number, and nowhere else.
    """
    columns = [column for column in lines.columns[:3] if isinstance(column, np.ndarray) and column.dtype.kind in "iuf"]
    if len(columns) < 3 or (columns[0] % 1).any():
        return
    label, clock, _ = columns
    begins = np.diff(label) != 0
    if begins.any() and len({*label}) == begins.sum() + 1 and np.array_equal(begins, ~(np.diff(clock) > 0)):
        raise DataError(
            f"data.path: {lines.path} has no names, and its first columns look like the numbers of {len({*label})} "
            "trajectories and their clock; write names in a first line, such as id,t,x, or take all columns for states "
            "with data.time_column=none"
        )


def _labels(column: Column) -> list[str]:
    if not isinstance(column, np.ndarray):
        return [] if any(map(is_missing, column)) else [*column]
    return [f"{value:.0f}" for value in column] if column.dtype.kind in "iuf" and not (column % 1).any() else []


def _part(lines: Columns, first: int, without: int, rows: list[int], notes: list[str]) -> Columns:
    def kept(entries: list) -> list:
        return entries[first:without] + entries[without + 1 :]

    columns = [c[rows] if isinstance(c, np.ndarray) else [c[row] for row in rows] for c in kept(lines.columns)]
    body = [lines.body[row] for row in rows] if lines.body else []
    return replace(lines, header=kept(lines.header), units=kept(lines.units), columns=columns, body=body, notes=notes)
