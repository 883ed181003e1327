"""Lines of the double pendulum recordings of Schmidt and Lipson, with messages that name line and column."""

import math
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError

COLUMNS = ("trial", "time", "θ1", "θ2", "ω1", "ω2")
SOURCE = (
    "the recordings are supplementary data of Schmidt and Lipson, Science 324:81 (2009), doi:10.1126/science.1165893, "
    "file real_double_pend_h_1.txt; download them, or use the simulated data=double_pendulum"
)


def read_lines(path: Path) -> Float[np.ndarray, "lines columns"]:
    """The columns `COLUMNS` of all lines, with the number of the line in the file as the last column.

    Raises:
        DataError: a line lacks a column, or holds something else than finite numbers in them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"data.path={path} is not a text file ({error}); {SOURCE}.") from error
    lines = [
        [*_numbers(line.split(), f"data.path={path}, line {number}"), number]
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("%")
    ]
    if not lines:
        raise DataError(f"data.path={path} holds no numbers; {SOURCE}.")
    return np.array(lines)


def _numbers(cells: list[str], place: str) -> list[float]:
    if len(cells) < len(COLUMNS):
        raise DataError(
            f"{place}: {len(cells)} columns, of which {COLUMNS[len(cells)]} is missing; a line holds "
            f"{', '.join(COLUMNS)}, separated by blanks."
        )
    values = []
    for number, (name, cell) in enumerate(zip(COLUMNS, cells, strict=False), start=1):
        try:
            values.append(float(cell))
        except ValueError:
            values.append(math.nan)
        if not math.isfinite(values[-1]):
            raise DataError(f"{place}, column {number} ({name}): {cell!r} is not a finite number; remove the line.")
    return values
