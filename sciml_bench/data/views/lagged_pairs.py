"""Pairs of states a fixed lag apart, (x_t, x_{t+lag}), drawn as blocks of indices from memory or from disk.

Where several lags are asked for, every first state comes with one later state for each, x_{t+lag_1}, x_{t+lag_2}, ….

A pair never crosses a trajectory. Pair p of trajectory j starts at row p + j·lag of all states laid end to end, because
every earlier trajectory loses its last `lag` states as starting points; so nothing has to be stored per pair on disk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import DataError
from sciml_bench.data.lazy_states import MERGED_GAP, blocks_per_window, read_block, rows_per_block
from sciml_bench.data.reading_ahead import ahead
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import HOLD, Trajectories

_ROWS_AT_ONCE = 2**20
"""Of which weights are summed."""

Pairs = tuple[Tensor, ...]
"""States now (batch, *state) and later, with an axis (batch, lags, *state) of several lags; then weights (batch,) where
the rows have some."""


def require_lag(
    trajectories: Trajectories,
    lag: ConfiguredInteger,
    where: str,
    key: str = "training.view.lag",
    of: Record | None = None,
) -> int:
    """Return the lag if it fits all trajectories.

    Args:
        trajectories: the states of one split.
        lag: distance within a pair, in steps.
        where: what the states are, for messages: "the training split".
        key: the configuration key, for messages.
        of: whose part they are, for the remedy.

    Raises:
        ConfigurationError: the lag is not an integer of at least 1.
        DataError: a trajectory is too short for one pair, or not sampled regularly.
    """
    lag = require_integer(key, lag, 1, "the lag must be at least 1 step and a whole number")
    trajectories = _pieces(trajectories, lag)
    if not trajectories.is_regular:
        raise DataError(f"{where}: lagged pairs need states at regular times; set data.resample=<time step>.")
    for number, length in enumerate(trajectories.lengths):
        if length < lag + 1:
            whole = "" if of is None else of.whole_instead(lag + 1)
            raise DataError(
                f"{where}: {trajectories.name(number)} has {length} states, but {key}={lag} needs at least "
                f"{lag + 1}; choose a smaller lag, leave it out, or change data.split{whole}."
            )
    return lag


def n_acting_rows(interpolation: str, lag: int) -> int:
    """Rows of the inputs on which the state one lag later depends, from the present row on.

    Args:
        interpolation: of the inputs.
        lag: in steps.
    """
    return lag if interpolation == HOLD else lag + 1


def _pieces(trajectories: Trajectories, lag: int) -> Trajectories:
    """Those between gaps of the clock; rows with missing values stay, for what lies on both sides makes pairs."""
    pieces = trajectories.unchecked(masked=False).between_gaps(lag + 1)
    return pieces.unchecked(masked=trajectories.masked)


@dataclass(frozen=True, eq=False)
class PairWindow:
    """Pairs of which the states are in memory, each of them once.

    Args:
        states: in the order of their rows.
        now: the first state of every pair, a row of `states`.
        later: the second, or one for each of several lags.
        weights: of every pair, where the rows have some.
    """

    states: Float[Tensor, "rows *state"]
    now: Int[Tensor, " pairs"]
    later: Int[Tensor, "pairs *lags"]
    weights: Float[Tensor, " pairs"] | None = None

    def __len__(self) -> int:
        return len(self.now)

    def pairs(self, start: int = 0, stop: int | None = None) -> Pairs:
        """Those from `start` to `stop`, by default all."""
        part = slice(start, stop)
        later = self.later[part]
        ahead_of_now = self.states.index_select(0, later.flatten())
        found = self.states.index_select(0, self.now[part]), ahead_of_now.reshape(*later.shape, *self.states.shape[1:])
        return found if self.weights is None else (*found, self.weights[part])


class LaggedPairs:
    """All pairs of a split, numbered trajectory by trajectory in the order of time; none across missing rows.

    A pair of which one state has a missing value is left out, and so is one that does not count: the weight of a pair
    is that of its first row, here relative to the largest.

    States in memory are held once, as one contiguous tensor. States on disk are read in contiguous ranges and never
    one by one; `block_size` says which indices should be asked for together.

    Args:
        trajectories: the states.
        lag: distance within a pair, in steps; or several, the longest last.
        where: what the states are, for messages.

    Raises:
        ConfigurationError: the lag is not an integer of at least 1.
        DataError: a trajectory is too short for one pair, or no pair counts.
    """

    def __init__(
        self,
        trajectories: Trajectories,
        lag: ConfiguredInteger | Sequence[int] = 1,
        where: str = "the data",
    ) -> None:
        several = not isinstance(lag, int | float | str) and isinstance(lag, Sequence)
        self.lag = require_lag(trajectories, lag[-1] if several else lag, where)  # pyright: ignore[reportIndexIssue, reportArgumentType]
        self.lags = np.array(lag if several else self.lag)
        self.trajectories = trajectories = _pieces(trajectories, self.lag)
        lengths = np.array(trajectories.lengths)
        self._first_rows = np.concatenate([[0], np.cumsum(lengths)])
        self._first_pairs = np.concatenate([[0], np.cumsum(lengths - self.lag)])
        self._weights: Tensor | None = None
        if trajectories.weights is not None:
            weights = np.concatenate(trajectories.weights)
            self._weights = torch.from_numpy((weights / max(weights.max(), np.finfo(float).tiny)).astype(np.float32))
        is_partial = trajectories.masked or (self._weights is not None and not self._weights.all())
        self._complete = self._complete_pairs() if is_partial else None
        if self._complete is not None and not len(self._complete):
            if not trajectories.masked:
                raise DataError(f"data.weights: in {where} no pair {self.lag} steps apart has a weight above 0.")
            raise DataError(
                f"data.missing=mask: {where} has no pair of states {self.lag} steps apart with all their values; use "
                "data.missing=interpolate or fewer components (data.observe)."
            )
        self._states = None if trajectories.on_disk else self._contiguous_states()
        self._start_rows = None if trajectories.on_disk else torch.from_numpy(self._rows(np.arange(len(self))))

    def __len__(self) -> int:
        return int(self._first_pairs[-1]) if self._complete is None else len(self._complete)

    @property
    def total_weight(self) -> float:
        """Sum of the weights of all pairs: their number where they have none."""
        if self._weights is None:
            return float(len(self))
        parts = (
            np.arange(start, min(start + _ROWS_AT_ONCE, len(self))) for start in range(0, len(self), _ROWS_AT_ONCE)
        )
        return sum(float(self._weights[torch.from_numpy(self._rows(part))].double().sum()) for part in parts)

    @property
    def block_size(self) -> int | None:
        """Number of consecutive pairs in one contiguous read; `None` for states in memory."""
        return rows_per_block(self.trajectories.states[0]) if self._states is None else None

    @property
    def blocks_per_window(self) -> int:
        """Number of such blocks that are mixed with each other: sixteen, or fewer large ones."""
        return blocks_per_window(self.trajectories.states[0])

    @property
    def bytes_per_pair(self) -> int:
        """Memory of one pair in a batch."""
        return (1 + self.lags.size) * int(np.prod(self.trajectories.state_shape)) * torch.float32.itemsize

    def batch(self, indices: Int[np.ndarray, " batch"]) -> Pairs:
        """The pairs with these numbers, in this order.

        Shapes:
            two tensors (batch, *state), float32: the states now and the states `lag` steps later; of several lags the
            later ones are (batch, lags, *state). Weights (batch,) are the third, where the rows have some.
        """
        return self.window(indices).pairs()

    def window(self, indices: Int[np.ndarray, " pairs"]) -> PairWindow:
        """The states of the pairs with these numbers, in memory, of which batches are made."""
        if self._states is None or self._start_rows is None:
            return self._read(indices)
        rows = self._start_rows[torch.from_numpy(indices)]
        return PairWindow(self._states, rows, self._later(rows), self._weights_of(rows))

    def inputs(self, start: int, stop: int) -> Float[np.ndarray, "pairs lagged_inputs"] | None:
        """What acts between the two states of the pairs `start` to `stop`, row after row; None without inputs.

        These are the inputs from the row of the state now to the row before the later one, and where inputs go on in
        a straight line also the later one's.
        """
        parts = self.trajectories.inputs
        if parts is None:
            return None
        rows, reach = self._rows(np.arange(start, stop)), n_acting_rows(self.trajectories.input_interpolation, self.lag)
        numbers, found = np.searchsorted(self._first_rows, rows, side="right") - 1, []
        for number in np.unique(numbers).tolist():
            own = rows[numbers == number] - self._first_rows[number]
            acting = read_block(parts[number], int(own[0]), int(own[-1]) + reach).astype(np.float64)
            found.append(acting[(own - own[0])[:, None] + np.arange(reach)].reshape(len(own), -1))
        return np.concatenate(found)

    def stream(self, batch_size: int) -> Iterator[Pairs]:
        """All pairs once, in their order, for statistics that are accumulated; the last batch may be smaller."""
        yield from (window.pairs() for window in self.windows(batch_size))

    def windows(self, size: int) -> Iterator[PairWindow]:
        """The same with the states of every part; of a record on disk the next part is read while one is used."""
        parts = (np.arange(start, min(start + size, len(self))) for start in range(0, len(self), size))
        windows = (self.window(numbers) for numbers in parts)
        yield from windows if self._states is not None else ahead(windows)

    def _contiguous_states(self) -> Tensor:
        states = torch.empty((self.trajectories.n_states, *self.trajectories.state_shape), dtype=torch.float32)
        for (start, stop), source in zip(pairwise(self._first_rows), self.trajectories.states, strict=True):
            # NumPy converts every numeric type and byte order, and does not mind read-only arrays.
            states[start:stop].numpy()[...] = source
        return states

    def _complete_pairs(self) -> Int[np.ndarray, " pairs"]:
        """Numbers, among all pairs, of those that count and have no missing values."""
        found = []
        for number, length in enumerate(self.trajectories.lengths):
            complete, n_pairs = self.trajectories.complete_rows(number), length - self.lag
            found.append(np.all([complete[reach : reach + n_pairs] for reach in (0, *self.lags.flat)], axis=0))
            if self._weights is not None:
                first = self._first_rows[number]
                found[-1] &= self._weights[first : first + n_pairs].numpy() > 0
        return np.flatnonzero(np.concatenate(found))

    def _later(self, rows: Any) -> Any:
        """The rows of the later states: one, or one for each of several lags."""
        return (
            rows + self.lag
            if not self.lags.ndim
            else rows[:, None] + (torch.from_numpy(self.lags) if isinstance(rows, Tensor) else self.lags)
        )

    def _weights_of(self, rows: Tensor) -> Tensor | None:
        return None if self._weights is None else self._weights[rows]

    def _rows(self, indices: np.ndarray) -> np.ndarray:
        if self._complete is not None:
            indices = self._complete[indices]
        return indices + (np.searchsorted(self._first_pairs, indices, side="right") - 1) * self.lag

    def _read(self, indices: np.ndarray) -> PairWindow:
        now = self._rows(indices)
        starts, stops = self._contiguous_ranges(now)
        positions = np.concatenate([[0], np.cumsum(stops - starts)])
        states = torch.empty((int(positions[-1]), *self.trajectories.state_shape), dtype=torch.float32)
        buffer = states.numpy()
        for start, stop, position in zip(starts.tolist(), stops.tolist(), positions.tolist(), strict=False):
            number = int(np.searchsorted(self._first_rows, start, side="right")) - 1
            offset = int(self._first_rows[number])
            rows = read_block(self.trajectories.states[number], start - offset, stop - offset)
            buffer[position : position + stop - start] = rows

        def rows_of_buffer(rows: np.ndarray) -> Tensor:
            part = np.searchsorted(starts, rows, side="right") - 1
            return torch.from_numpy(rows - starts[part] + positions[part])

        weights = self._weights_of(torch.from_numpy(now))
        return PairWindow(states, rows_of_buffer(now), rows_of_buffer(self._later(now)), weights)

    def _contiguous_ranges(self, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Disjoint sorted ranges that cover all rows of each pair, none of them across two trajectories."""
        rows = np.sort(now)
        trajectory = np.searchsorted(self._first_rows, rows, side="right")
        breaks = np.flatnonzero((np.diff(rows) > MERGED_GAP) | (np.diff(trajectory) > 0)) + 1
        first = rows[np.concatenate([[0], breaks])]
        last = rows[np.concatenate([breaks - 1, [-1]])]
        # The ranges of the later states overlap those of the present ones, or lie far away where the lag is long.
        bounds = np.concatenate([np.stack([first, last], axis=1) + reach for reach in (0, *self.lags.flat)])
        bounds = bounds[np.argsort(bounds[:, 0], kind="stable")]
        reach = np.maximum.accumulate(bounds[:, 1])
        trajectory = np.searchsorted(self._first_rows, bounds[:, 0], side="right")
        breaks = np.flatnonzero((bounds[1:, 0] > reach[:-1] + MERGED_GAP) | (np.diff(trajectory) > 0)) + 1
        return bounds[np.concatenate([[0], breaks]), 0], reach[np.concatenate([breaks - 1, [-1]])] + 1
