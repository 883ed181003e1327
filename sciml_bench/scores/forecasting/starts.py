"""Where the forecasts of a task begin: evenly over a held-out part, never across a gap of the clock."""

import functools
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.record import Record
from sciml_bench.data.split import TIME
from sciml_bench.data.trajectories import Trajectories


@dataclass(frozen=True, eq=False)
class Starts:
    """First rows to forecast.

    Args:
        whole: trajectories that hold past and future.
        numbers: of the trajectory of every start.
        rows: that are forecast first.
        begins: rows after the last gap before, where the past begins.
    """

    whole: Trajectories
    numbers: list[int]
    rows: list[int]
    begins: list[int]

    def past(self, most: int) -> Trajectories:
        """The rows before every start, at most so many; straight lines stand where values are missing."""
        windows = [slice(max(first, row - most), row) for first, row in zip(self.begins, self.rows, strict=True)]
        return self.whole.select(trajectories=self.numbers, time=windows).filled()

    def future(self, n_rows: int) -> Trajectories:
        """The rows from every start on."""
        return self.whole.select(trajectories=self.numbers, time=[slice(row, row + n_rows) for row in self.rows])

    @property
    def first(self) -> "Starts":
        """The first of them alone."""
        return Starts(self.whole, self.numbers[:1], self.rows[:1], self.begins[:1])


def starts_in(record: Record, part: str, horizon: int, n_past: int, n_starts: int, key: str = "horizon") -> Starts:
    """The starts within a part of a record, from whose rows everything that is forecast comes.

    Args:
        record: loaded, in the person's own components.
        part: `test` or `validation`; where a record is split by time, the past may reach into the parts before.
        horizon: rows to forecast from each.
        n_past: rows of the past that are needed.
        n_starts: how many; fewer where there is no room for as many.
        key: of the horizon, below `evaluation`.

    Raises:
        DataError: there is no such part, or no room for one start.
    """
    parts = record.splits
    if part not in parts:
        raise DataError(f"data.split.{part}=0: nothing is held out that could be forecast; set data.split.{part}")
    held_out, whole = parts[part], parts[part]
    if record.split_by == TIME:
        names = list(parts)
        whole = functools.reduce(Trajectories.joined_in_time, [parts[name] for name in names[: names.index(part) + 1]])
    places, longest = [], 0
    for number, length in enumerate(whole.lengths):
        first = length - held_out.lengths[number]
        for begin, end in pairwise(whole.edges(number)):
            longest = max(longest, end - max(begin, first))
            places += [(number, row, begin) for row in range(max(first, begin + n_past), end - horizon + 1)]
    if not places:
        raise DataError(
            f"evaluation.{key}={horizon}: the {part} part has no more than {longest} rows without a gap, too few for "
            f"that after {n_past} rows of the past; give a smaller number, or a larger data.split.{part}"
            f"{record.whole_instead(n_past + horizon)}"
        )
    chosen = [places[index] for index in np.unique(np.linspace(0, len(places) - 1, n_starts).round().astype(int))]
    return Starts(whole, *(list(column) for column in zip(*chosen, strict=True)))
