"""Trajectories, the container of every data set and of every split: states on a clock, checked where they enter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Int

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import iterate_blocks, joined, mapped, read_block, window
from sciml_bench.data.trajectories import checks
from sciml_bench.data.trajectories.checks import require_clock, require_companions, require_finite, require_structure
from sciml_bench.data.trajectories.observations import Observations

FEWEST_COMPLETE_ROWS = 2
"""Of a trajectory from which rows with missing values are left out."""

_SERIES = ("states", "labels", "times", "clean", "inputs", "weights")
"""Fields with one array per trajectory, whose first axis is time."""


@dataclass(frozen=True, eq=False)
class Trajectories(Observations):
    """One or several trajectories of the same system, each of its own length; fields as in `Observations`.

    Raises:
        DataError: no states, no common shape, values that are not real finite numbers.
    """

    observed: "Trajectories | None" = None

    def __post_init__(self) -> None:
        for name in (*_SERIES, "component_names", "input_names"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, tuple(getattr(self, name)))
        require_structure(self)
        require_clock(self)
        require_companions(self)
        given = [part for part in (self.states, self.clean, self.inputs, self.weights) if part is not None]
        for number in range(self.n_trajectories):
            for series in {id(part): part for part in given}.values():  # the truth may be the states themselves
                require_finite(self, number, series[number])

    @property
    def as_observed(self) -> "Trajectories":
        """In the person's own components; itself where these are what is learned from."""
        return self if self.observed is None else self.observed

    def select(
        self, *, trajectories: Sequence[int] | None = None, time: slice | Sequence[slice] | None = None
    ) -> "Trajectories":
        """Some trajectories, or a window in time of each; nothing is copied or read.

        Args:
            trajectories: numbers of the trajectories to keep; all by default.
            time: one contiguous slice for all kept trajectories, or one for each.

        Raises:
            ConfigurationError: a trajectory does not exist, or a window is empty or has a stride.
        """
        numbers = list(range(self.n_trajectories)) if trajectories is None else list(trajectories)
        if not numbers or any(not 0 <= number < self.n_trajectories for number in numbers):
            raise ConfigurationError(f"trajectories={numbers}: choose among 0 to {self.n_trajectories - 1}.")
        slices = [time or slice(None)] * len(numbers) if time is None or isinstance(time, slice) else list(time)
        cuts: list[tuple[int, tuple[int, int]]] = []
        for number, part in zip(numbers, slices, strict=True):
            start, stop, stride = part.indices(self.lengths[number])
            if stride != 1 or stop <= start:
                raise ConfigurationError(f"time={part}: not a contiguous part of {self.name(number)}.")
            cuts.append((number, (start, stop)))
        changes: dict[str, Any] = {
            name: tuple(window(series[number], *row) for number, row in cuts)
            for name in _SERIES
            if (series := getattr(self, name)) is not None
        }
        if self.clean is self.states:
            changes["clean"] = changes["states"]
        for name in ("names", "missing_times", "time_origins"):
            if (each := getattr(self, name)) is not None:
                changes[name] = tuple(each[number] for number in numbers)
        if self.times is None:
            changes["first_rows"] = tuple(self.first_row(number) + start for number, (start, _) in cuts)
        if self.parameters is not None:
            changes["parameters"] = {name: values[numbers] for name, values in self.parameters.items()}
        if self.observed is not None:
            changes["observed"] = self.observed.select(trajectories=numbers, time=[slice(*row) for _, row in cuts])
        return self.unchecked(**changes)

    def picked(self, rows: Sequence[Int[np.ndarray, " _"]]) -> "Trajectories":
        """Some rows of every trajectory, in memory, with their times.

        Args:
            rows: increasing numbers, one array for each trajectory.
        """
        changes: dict[str, Any] = {
            name: tuple(read_block(part)[kept] for part, kept in zip(series, rows, strict=True))
            for name in _SERIES
            if (series := getattr(self, name)) is not None
        }
        if self.clean is self.states:
            changes["clean"] = changes["states"]
        changes["times"] = tuple(self.times_of(number)[kept] for number, kept in enumerate(rows))
        observed = None if self.observed is None else self.observed.picked(rows)
        return self.unchecked(**changes, first_rows=None, observed=observed)

    def joined_in_time(self, later: "Trajectories") -> "Trajectories":
        """The same trajectories with the rows of `later` after their own; the clock may have a gap in between.

        Args:
            later: as many trajectories of the same states, such as the test part of a split by time.

        Raises:
            DataError: other trajectories, rows that are not later, or something that only one of the two knows.
        """
        known = [{name for name in _SERIES if getattr(part, name) is not None} - {"times"} for part in (self, later)]
        if (self.n_trajectories, self.state_shape, known[0]) != (later.n_trajectories, later.state_shape, known[1]):
            raise DataError(
                f"{self.n_trajectories} trajectories of states {self.state_shape} with {sorted(known[0])} cannot go on "
                f"with {later.n_trajectories} of {later.state_shape} with {sorted(known[1])}."
            )
        numbers = range(self.n_trajectories)
        changes: dict[str, Any] = {
            name: tuple(joined(*pair) for pair in zip(getattr(self, name), getattr(later, name), strict=True))
            for name in known[0]
        }
        if self.clean is self.states and later.clean is later.states:
            changes["clean"] = changes["states"]
        if self.observed is not None and later.observed is not None:
            changes["observed"] = self.observed.joined_in_time(later.observed)
        if self.missing_times is not None or later.missing_times is not None:
            missing = [part.missing_times or ((),) * self.n_trajectories for part in (self, later)]
            changes["missing_times"] = tuple(np.union1d(*pair) for pair in zip(*missing, strict=True))
        follows = all(self.first_row(n) + self.lengths[n] == later.first_row(n) for n in numbers)
        if self.times is not None or later.times is not None or not follows:
            changes["times"] = tuple(np.concatenate([self.times_of(n), later.times_of(n)]) for n in numbers)
            changes["first_rows"] = None
            for number, times in enumerate(changes["times"]):
                if (np.diff(times) <= 0).any():
                    raise DataError(f"{self.name(number)}: the rows to join must come after the last of its own.")
        return self.unchecked(**changes)

    def tail(self, n_rows: int) -> "Trajectories":
        """The last `n_rows` or all there are, in memory: what a forecast begins with, without truth and labels."""
        last = self.select(time=[slice(max(0, length - n_rows), length) for length in self.lengths])
        states = tuple(np.array(read_block(part)) for part in last.states)
        inputs = None if last.inputs is None else tuple(np.array(read_block(part)) for part in last.inputs)
        observed = None if self.observed is None else self.observed.tail(n_rows)
        without = dict.fromkeys(("clean", "labels", "weights", "parameters", "names"))
        return last.unchecked(states=states, inputs=inputs, observed=observed, **without)

    def mapped(self, function: Callable[[np.ndarray], np.ndarray], reach: int = 0) -> "Trajectories":
        """The same function of the states and of the truth, which stay one where they are one; see `MappedRows`."""
        states = tuple(mapped(part, function, reach) for part in self.states)
        if self.clean is None or self.clean is self.states:
            return self.unchecked(states=states, clean=None if self.clean is None else states)
        return self.unchecked(states=states, clean=tuple(mapped(part, function, reach) for part in self.clean))

    def unchecked(self, **changes: Any) -> "Trajectories":
        """The same with some fields replaced by what follows from checked ones: reading all of a file again is slow."""
        part = object.__new__(Trajectories)
        vars(part).update({each.name: getattr(self, each.name) for each in fields(self)} | changes)
        return part

    def between_gaps(self, fewest_rows: int = 1) -> "Trajectories":
        """The pieces between missing rows, each regular and a trajectory of its own; all of it where none are missing.

        A row is missing where an interval is several time steps, or where it is there without a value; what is on no
        clock, or on another, stays as it is.

        Args:
            fewest_rows: shorter pieces are left out.
        """
        if self.masked:
            return self.without_missing_rows().between_gaps(fewest_rows)
        spans = self.spans_between_gaps(fewest_rows)
        return self if spans == self.spans else self.of_spans(spans)

    @property
    def spans(self) -> list[tuple[int, slice]]:
        """The number and all rows of every trajectory."""
        return [(number, slice(0, length)) for number, length in enumerate(self.lengths)]

    def of_spans(self, spans: Sequence[tuple[int, slice]]) -> "Trajectories":
        """Rows of trajectories, each span a trajectory of its own."""
        return self.select(trajectories=[number for number, _ in spans], time=[span for _, span in spans])

    def spans_between_gaps(self, fewest_rows: int = 1) -> list[tuple[int, slice]]:
        """The number of the trajectory and the rows of every such piece.

        Args:
            fewest_rows: shorter pieces are left out, and so is a trajectory that has no other; none where all would be.
        """
        if self.times is None:
            return self.spans
        pieces = [(number, list(pairwise(self.edges(number)))) for number in range(self.n_trajectories)]
        spans = [
            (number, slice(*edge))
            for number, edges in pieces
            for edge in edges
            if (len(edges) == 1 and self.missing_times is None) or edge[1] - edge[0] >= fewest_rows
        ]
        return spans or self.spans_between_gaps()

    @property
    def cut_apart(self) -> "Trajectories":
        """What lies between rows that were cut out, each piece a trajectory of its own; itself where none were."""
        if self.missing_times is None:
            return self
        edges = [[0, *self.cuts(number).tolist(), length] for number, length in enumerate(self.lengths)]
        pieces = [(number, slice(*edge)) for number, each in enumerate(edges) for edge in pairwise(each)]
        return self.of_spans(pieces)

    def without_missing_rows(self) -> "Trajectories":
        """The rows that have all their values, on a clock with gaps; itself where nothing may be missing.

        Raises:
            DataError: a trajectory has fewer than two such rows.
        """
        if not self.masked:
            return self
        rows = [np.flatnonzero(self.complete_rows(number)) for number in range(self.n_trajectories)]
        shortest = min(range(len(rows)), key=lambda number: len(rows[number]))
        if len(rows[shortest]) < FEWEST_COMPLETE_ROWS:
            raise DataError(
                f"data.missing=mask: of {self.lengths[shortest]} rows of {self.name(shortest)} only "
                f"{len(rows[shortest])} have all their values; use data.missing=interpolate, fewer components "
                "(data.observe) or more rows."
            )
        kept = self.picked(rows)
        observed = None if kept.observed is None else kept.observed.unchecked(masked=False)
        return kept.unchecked(masked=False, observed=observed)

    def filled(self) -> "Trajectories":
        """Straight lines in time where values are missing, and the nearest value before the first and after the last.

        A forecast that needs a past without gaps begins with it. Of a split nothing of a later part is used.
        """
        if not self.masked:
            return self
        parts = []
        for number, states in enumerate(self.states):
            rows = read_block(states).reshape(self.lengths[number], -1).copy()
            times = self.times_of(number)
            for column in rows.T:
                known = ~np.isnan(column)
                column[~known] = np.interp(times[~known], times[known], column[known]) if known.any() else 0.0
            parts.append(rows.reshape(states.shape))
        observed = None if self.observed is None else self.observed.filled()
        return self.unchecked(states=tuple(parts), masked=False, observed=observed)

    def require_variation(self, where: str) -> None:
        """Stop if every component of the state is constant; single constant components are fine (border pixels).

        Args:
            where: what is constant, for the message: "the data", "the training split".

        Raises:
            DataError: all states are equal, or so small that nothing can be measured in them.
        """
        if self.n_states == 1:
            raise DataError(f"{where} is a single state; give more rows, or a larger part of them in data.split.")
        first, varies = read_block(self.states[0], 0, 1), False
        for states in self.states:
            for _, block in iterate_blocks(states):
                varies = varies or bool((block != first).any())
                if varies and (block.dtype.kind != "f" or np.nanmax(np.abs(block)) > checks.SMALLEST_VALUE):
                    return
        if varies:
            small = f"no value is above {checks.SMALLEST_VALUE:g}, so that their squares are zero"
            raise DataError(f"{where}: {small}; give them in another unit")
        names = self.component_names or ("every component",)
        which = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        raise DataError(
            f"{where}: {which} {'are' if len(names) > 1 else 'is'} constant, all {self.n_states} states are equal; "
            "choose other columns with data.key or data.observe, or rows that change with data.split or data.path"
        )
