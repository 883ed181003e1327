"""States that stay on disk and are read in contiguous blocks of time.

A trajectory is either a NumPy array, a memory map, or `LazyStates` (a chunked zarr array, or any of these seen through
a transformation). The functions here are the only place that knows the difference.
"""

import mmap
import zlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Shaped

from sciml_bench.core.errors import ConfigurationError, DataError

BLOCK_BYTES = 4 * 2**20
"""Size of a contiguous read: long enough that a disk streams, short enough that sixteen of them fit in any memory."""

LARGEST_CHUNK = 4
"""Blocks that a chunk of a file may hold and still be read in one piece; a larger one is read anew for each of them."""

BLOCKS_PER_WINDOW = 16
"""Of `BLOCK_BYTES` each, which are in memory together while their rows are shuffled."""

MERGED_GAP = 64
"""Rows that are read although nobody asked for them, where that saves a separate disk access."""


class DamagedRowsError(DataError):
    """Rows of a file cannot be read; which file, only those who opened it know."""


class LazyStates:
    """A window in time on an array that is sliced only when it is read.

    Args:
        source: anything with `shape`, `dtype` and slicing, such as a zarr array or a memory map; time is its first
            axis, or its second where `trajectory` is given.
        trajectory: position on the first axis of a source with axes (batch, time, *state).
        start: first row in time.
        stop: row after the last one; the end of the source by default.
    """

    def __init__(self, source: Any, trajectory: int | None = None, start: int = 0, stop: int | None = None) -> None:
        self.source, self.trajectory, self.start = source, trajectory, start
        shape = tuple(source.shape) if trajectory is None else tuple(source.shape[1:])
        self.stop = shape[0] if stop is None else stop
        self.shape = (self.stop - self.start, *shape[1:])
        self.dtype = np.dtype(source.dtype)

    @property
    def ndim(self) -> int:
        """Number of axes, time included."""
        return len(self.shape)

    @property
    def chunk_rows(self) -> int:
        """Rows that the source reads together, however few of them are asked for; 1 where it does not tell."""
        chunks = getattr(self.source, "chunks", None)
        return int(chunks[0 if self.trajectory is None else 1]) if chunks else 1

    def read(self, start: int, stop: int) -> Shaped[np.ndarray, "time *state"]:
        """Rows `start` to `stop` of this window as an array in memory.

        Raises:
            DamagedRowsError: the file is damaged there.
        """
        rows = slice(self.start + start, self.start + stop)
        return read_from(self.source, rows if self.trajectory is None else (self.trajectory, rows))

    def continues_in(self, other: "LazyStates") -> bool:
        """Whether `other` is the window after this one on the same source."""
        return self.source is other.source and (self.trajectory, self.stop) == (other.trajectory, other.start)

    def window(self, start: int, stop: int) -> "LazyStates":
        """A narrower window; nothing is read."""
        return LazyStates(self.source, self.trajectory, self.start + start, self.start + stop)


def read_from(source: Any, where: Any) -> np.ndarray:
    """A part of what is stored, in memory.

    Raises:
        DamagedRowsError: the library that reads it finds a damaged chunk.
    """
    try:
        return np.asarray(source[where])
    except (DataError, ConfigurationError):
        raise
    except (OSError, RuntimeError, ValueError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise DamagedRowsError(f"rows of it are damaged or no longer there ({reason}); write the file anew") from error


StateArray: TypeAlias = np.ndarray | LazyStates
"""One trajectory with axes (time, *state), in memory or on disk."""


def is_on_disk(states: StateArray) -> bool:
    """Whether reading these states costs a disk access."""
    return isinstance(states, (LazyStates, np.memmap))


def read_block(states: StateArray, start: int = 0, stop: int | None = None) -> Shaped[np.ndarray, "time *state"]:
    """Rows `start` to `stop`, by default all; a view for an array in memory, one contiguous read otherwise."""
    end: int = states.shape[0] if stop is None else stop
    if isinstance(states, LazyStates):
        return states.read(start, end)
    return _copied(states, start, end) if isinstance(states, np.memmap) else np.asarray(states[start:end])


def _copied(states: np.memmap, start: int, stop: int) -> Shaped[np.ndarray, "time *state"]:
    """Rows of a memory map, whose pages are let go: all that were ever looked at would count as memory in use."""
    rows = np.array(states[start:stop])
    mapping: Any = getattr(states, "_mmap", None)
    if hasattr(mapping, "madvise") and states.mode == "r":
        mapping.madvise(getattr(mmap, "MADV_DONTNEED"))  # noqa: B009
    return rows


def window(states: StateArray, start: int, stop: int) -> StateArray:
    """A window in time that stays where it is: a view, a memory map or a lazy window."""
    return states.window(start, stop) if isinstance(states, LazyStates) else states[start:stop]


def joined(first: StateArray, then: StateArray) -> StateArray:
    """Rows of one after those of the other; read into memory unless they are neighbouring windows of one source."""
    if isinstance(first, LazyStates) and isinstance(then, LazyStates) and first.continues_in(then):
        return LazyStates(first.source, first.trajectory, first.start, then.stop)
    return np.concatenate([read_block(part) for part in (first, then)])


class MappedRows:
    """A source for `LazyStates` that makes every row from one or several rows of others as they are read.

    Args:
        states: the others.
        function: of consecutive rows; it returns `reach` rows fewer.
        reach: how many rows after its own a row depends on.
    """

    def __init__(self, states: StateArray, function: Callable[[np.ndarray], np.ndarray], reach: int = 0) -> None:
        self._states, self._function, self._reach = states, function, reach
        example = function(read_block(states, 0, 1 + reach))
        self.shape, self.dtype = (states.shape[0] - reach, *example.shape[1:]), example.dtype
        self.chunks = (states.chunk_rows if isinstance(states, LazyStates) else 1,)

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(self.shape[0])
        return self._function(read_block(self._states, start, stop + self._reach))


def mapped(states: StateArray, function: Callable[[np.ndarray], np.ndarray], reach: int = 0) -> StateArray:
    """A function of the rows of a trajectory: at once in memory, as they are read on disk; see `MappedRows`."""
    return LazyStates(MappedRows(states, function, reach)) if is_on_disk(states) else function(read_block(states))


class _KeptRows:
    """A source for `LazyStates` that lacks some rows of others, `gone`, which are numbers in their order."""

    def __init__(self, states: StateArray, gone: np.ndarray) -> None:
        self._states, self._gone = states, gone
        self._shifts = gone - np.arange(len(gone))
        self.shape, self.dtype = (states.shape[0] - len(gone), *states.shape[1:]), states.dtype

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(self.shape[0])
        if start >= stop:
            return read_block(self._states, 0, 0)
        first, last = (row + int(np.searchsorted(self._shifts, row, side="right")) for row in (start, stop - 1))
        if last + 1 - first > 2 * (stop - start):  # a long hole is not read through
            middle = (start + stop) // 2
            return np.concatenate([self[start:middle], self[middle:stop]])
        kept = np.ones(last + 1 - first, dtype=bool)
        kept[self._gone[slice(*np.searchsorted(self._gone, [first, last + 1]))] - first] = False
        return read_block(self._states, first, last + 1)[kept]


def without_rows(states: StateArray, gone: Bool[np.ndarray, " time"]) -> StateArray:
    """A trajectory without some of its rows, which on disk are left out as the others are read."""
    return LazyStates(_KeptRows(states, np.flatnonzero(gone))) if is_on_disk(states) else read_block(states)[~gone]


def plain_numbers(states: StateArray) -> StateArray:
    """The same numbers in a type that every library knows: those of another byte order, flags, and long doubles."""
    given = states.dtype
    plain = {"b": np.dtype(np.uint8)}.get(given.kind, given.newbyteorder("="))
    plain = np.dtype(np.float64) if plain.kind == "f" and plain.itemsize > 8 else plain
    return states if plain == given and given.isnative else mapped(states, lambda rows: rows.astype(plain))


def has_missing(states: StateArray) -> bool:
    """Whether an array in memory has values that are not a number."""
    return not is_on_disk(states) and states.dtype.kind == "f" and bool(np.isnan(read_block(states)).any())


def rows_per_block(states: StateArray) -> int:
    """Number of rows of one contiguous read of `BLOCK_BYTES`: whole chunks, where the file has some not much larger."""
    rows = max(1, BLOCK_BYTES // _bytes_per_row(states))
    chunk = states.chunk_rows if isinstance(states, LazyStates) else 1
    if rows < chunk:
        return chunk if chunk <= LARGEST_CHUNK * rows else rows
    return rows // chunk * chunk


def blocks_per_window(states: StateArray) -> int:
    """Number of blocks whose rows are shuffled together, the fewer the larger they are."""
    block = rows_per_block(states) * _bytes_per_row(states)
    return max(1, min(BLOCKS_PER_WINDOW, BLOCKS_PER_WINDOW * BLOCK_BYTES // block))


def _bytes_per_row(states: StateArray) -> int:
    return max(1, int(np.prod(states.shape[1:])) * states.dtype.itemsize)


def iterate_blocks(states: StateArray) -> Iterator[tuple[int, np.ndarray]]:
    """Go through a trajectory once in blocks that fit in memory; yields (first row, block)."""
    n_rows = rows_per_block(states)
    for start in range(0, states.shape[0], n_rows):
        yield start, read_block(states, start, min(start + n_rows, states.shape[0]))
