"""What is known of a table: its columns as they stand in a file, and clock and states once these are parted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped

from sciml_bench.data.trajectories.time_origin import TimeOrigin

NO_COLUMN = "none"
"""The `time_column` of a table without a clock."""


@dataclass(frozen=True, eq=False)
class Table:
    """The content of a text file.

    Args:
        states: all columns but those of the clock and of the rows' names; not a number where a cell is empty.
        names: of these columns, none where the file has none.
        units: of these columns, None for one without.
        times: the clock, where there is one.
        time_unit: of the clock, where the file tells it.
        time_origin: from which the clock counts, where it holds dates.
        notes: how the file was read, where it could be read otherwise.
        parts: trajectories, where a column tells several apart, by what their names end with; the table is the first.
    """

    states: Float[np.ndarray, "time dim"]
    names: tuple[str, ...] = ()
    units: tuple[str | None, ...] = ()
    times: Float[np.ndarray, " time"] | None = None
    time_unit: str | None = None
    time_origin: TimeOrigin | None = None
    notes: tuple[str, ...] = ()
    parts: "dict[str, Table]" = field(default_factory=dict)


Column = Sequence[str] | Shaped[np.ndarray, " time"]
"""Numbers or moments, where a whole column is that; otherwise cells."""


@dataclass
class Columns:
    """A table taken apart: its columns as they are named, and what stands below, as numbers where all of it is.

    Args:
        path: of the file.
        delimiter: between its columns, where it is text; None for blanks.
        header: names of the columns, none where the file has none.
        units: of the columns, in brackets behind the names where there are none here.
        body: number and text of the lines below the header, where the file is text.
        columns: with one entry per row.
        notes: how the file was read.
    """

    path: Path
    delimiter: str | None = None
    header: list[str] = field(default_factory=list)
    units: list[str | None] = field(default_factory=list)
    body: list[tuple[int, str]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
