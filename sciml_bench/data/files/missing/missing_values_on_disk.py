"""Missing values of records that stay on disk: rows are cut out, or values put in their place, where they are read.

What is kept in memory is one number per row that is cut out, or three per value that is interpolated. Where nobody says
what to do with them, the first that is read stops the run.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int, Shaped

from sciml_bench.core.budget import require_memory
from sciml_bench.core.errors import DataError
from sciml_bench.data.files.missing.missing_values import (
    SPLIT,
    cut_out,
    interpolation_notes,
    require_values,
    with_times,
)
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.lazy_states import LazyStates, StateArray, iterate_blocks, read_block, rows_per_block

_BYTES_PER_VALUE = 100
"""The place and the value of one that is interpolated, and what finding them takes."""

Places = tuple[Int[np.ndarray, " missing"], Int[np.ndarray, " missing"]]
"""Rows and components of values, by row."""


def without_missing_on_disk(found: Sequence[NamedTrajectory], choice: str) -> list[NamedTrajectory]:
    """The same trajectories on disk, without values that are not a number; they are read through once in blocks.

    Args:
        found: as read.
        choice: "split" or "interpolate".

    Raises:
        DataError: nothing is left, or a component has too few values.
        ConfigurationError: so many are missing that the values in their place fill the memory.
    """
    kept: list[NamedTrajectory] = []
    for part in found:
        if part.states.dtype.kind != "f":
            kept.append(part)
        elif choice == SPLIT:
            gone = np.zeros(part.states.shape[0], dtype=bool)
            for rows, _ in _missing(part.states):
                gone[rows] = True
            kept += cut_out(part, gone) if gone.any() else [part]
        else:
            kept.append(_interpolated(part))
    if any(len(part.missing_times) for part in kept):
        kept = [with_times(part) for part in kept]
    if not kept:
        raise DataError(f"data.missing={choice}: no two rows of {found[0].name} follow each other without a gap.")
    return kept


def _missing(states: StateArray) -> Iterator[Places]:
    for start, block in iterate_blocks(states):
        rows, components = np.nonzero(np.isnan(block.reshape(len(block), -1)))
        if len(rows):
            yield rows + start, components


def counted_on_disk(found: Sequence[NamedTrajectory]) -> str:
    """How many values are missing in all, for a message; the trajectories are read through.

    Args:
        found: as read, of which some value is missing.
    """
    values, rows, n_rows, n_empty = 0, 0, 0, 0
    for part in found:
        n_rows += part.states.shape[0]
        if part.states.dtype.kind != "f":
            continue
        empty = np.ones(math.prod(part.states.shape[1:]), dtype=bool)
        for _, block in iterate_blocks(part.states):
            absent = np.isnan(block.reshape(len(block), -1))
            values, rows = values + int(absent.sum()), rows + int(absent.any(axis=1).sum())
            empty &= absent.all(axis=0)
        n_empty = max(n_empty, int(empty.sum()))
    told = f", all those of {n_empty} cells, which data.drop_empty_cells=true leaves out" if n_empty else ""
    return f", {values} missing in all, in {rows} of {n_rows} rows{told}"


def _interpolated(part: NamedTrajectory) -> NamedTrajectory:
    """Straight lines in time between the values before and after every run of missing ones."""
    states, n_rows = part.states, part.states.shape[0]
    places = list(_counted(part))
    if not places:
        return part
    rows, components = (np.concatenate(each) for each in zip(*places, strict=True))
    counts = np.bincount(components, minlength=math.prod(states.shape[1:]))
    require_values(part, int(counts.argmax()), n_rows - int(counts.max()))
    order = np.lexsort((rows, components))
    rows, components = rows[order], components[order]
    starts = np.flatnonzero((np.diff(components, prepend=-1) != 0) | (np.diff(rows, prepend=-1) != 1))
    ends = np.append(starts[1:], len(rows))
    before, after, run = rows[starts] - 1, rows[ends - 1] + 1, np.repeat(np.arange(len(starts)), ends - starts)
    inside = slice(int(after[before < 0].max(initial=0)), int(before[after == n_rows].min(initial=n_rows - 1)) + 1)
    between = (before >= 0) & (after < n_rows)
    earlier, later = np.zeros((2, len(starts)))
    for values, at in ((earlier, before), (later, after)):
        values[between] = _values(states, at[between], components[starts][between])
    times = np.arange(n_rows, dtype=float) if part.times is None else np.asarray(part.times, dtype=np.float64)
    slopes = (later - earlier) / (times[np.minimum(after, n_rows - 1)] - times[np.maximum(before, 0)])
    filled = slopes[run] * (times[rows] - times[before[run]]) + earlier[run]
    by_row = np.argsort(rows, kind="stable")
    source = _Filled(states, rows[by_row], components[by_row], filled[by_row])
    n_inside = int(((rows >= inside.start) & (rows < inside.stop)).sum())
    longest = int((np.minimum(after, inside.stop) - np.maximum(before + 1, inside.start)).max(initial=0))
    notes = interpolation_notes(n_inside, longest, n_rows - (inside.stop - inside.start))
    return replace(
        part,
        states=LazyStates(source).window(inside.start, inside.stop),
        times=None if part.times is None else times[inside],
        notes=(*part.notes, *notes),
    )


def _counted(part: NamedTrajectory) -> Iterator[Places]:
    count = 0
    for places in _missing(part.states):
        count += len(places[0])
        asked = f"data.missing=interpolate: {count} values that are missing in {part.name}, and maybe more, each"
        require_memory(asked, count * _BYTES_PER_VALUE, "use data.missing=split, or fill them in the file")
        yield places


def _values(
    states: StateArray, rows: Int[np.ndarray, " values"], components: Int[np.ndarray, " values"]
) -> Float[np.ndarray, " values"]:
    """Some values, read in blocks and none where a block holds none of them."""
    found, n_rows = np.empty(len(rows)), rows_per_block(states)
    for block in np.unique(rows // n_rows).tolist():
        own = rows // n_rows == block
        start = block * n_rows
        read = read_block(states, start, min(start + n_rows, states.shape[0])).reshape(-1, math.prod(states.shape[1:]))
        found[own] = read[rows[own] - start, components[own]]
    return found


class _Filled:
    """A source for `LazyStates` with values in some places of `states`, which are ordered by row."""

    def __init__(self, states: StateArray, rows: np.ndarray, components: np.ndarray, values: np.ndarray) -> None:
        self._states, self._rows, self._components, self._values = states, rows, components, values
        self.shape, self.dtype = states.shape, states.dtype
        self.chunks = (states.chunk_rows if isinstance(states, LazyStates) else 1,)

    def __getitem__(self, rows: slice) -> Shaped[np.ndarray, "time *state"]:
        start, stop, _ = rows.indices(self.shape[0])
        read = np.array(read_block(self._states, start, stop))
        own = slice(*np.searchsorted(self._rows, [start, stop]))
        read.reshape(len(read), -1)[self._rows[own] - start, self._components[own]] = self._values[own]
        return read
