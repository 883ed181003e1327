"""How a method that solves along a trajectory reads a record: whole trajectories on their own clocks, in one array."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from sciml_bench.core.budget import require_memory
from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.sampling import EpochBatches, EpochSampler
from sciml_bench.data.lazy_states import StateArray, read_block
from sciml_bench.data.reading import tell_short_pieces
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views.input_signals import InputSignals

_FEWEST_ROWS = 10, 3
_COPIES = 3
"""Of states in float64 that are there at once while they are put into one array."""
MOST_FLATTENED = 20
"""Numbers of a state that is no vector and is taken for one."""


@dataclass(frozen=True, eq=False)
class PaddedTrajectories:
    """One or several trajectories, each on its own clock, with states as vectors; shorter ones are padded at the end.

    Args:
        times: of each row, strictly increasing along every trajectory, also in the padding.
        states: as observed, noise included; the padding repeats the last state.
        rows: which rows exist.
        clean: the true states, where they are known, padded in the same way.
        inputs: what acts on every trajectory from outside, where something does.
    """

    times: Float[np.ndarray, "batch time"]
    states: Float[np.ndarray, "batch time dim"]
    rows: Bool[np.ndarray, "batch time"]
    clean: Float[np.ndarray, "batch time dim"] | None = None
    inputs: InputSignals | None = None

    @classmethod
    def of(cls, trajectories: Trajectories) -> "PaddedTrajectories":
        """Put trajectories of any length into one array, in float64.

        Args:
            trajectories: at least two rows each; they are read into memory.

        Raises:
            DataError: a trajectory has a single row.
            ConfigurationError: what is on disk does not fit into memory.
        """
        lengths = np.array(trajectories.lengths)
        if lengths.min() < 2:
            name = trajectories.name(int(lengths.argmin()))
            raise DataError(f"{name} has a single row; learning needs at least 2: use more rows in data.split.")
        numbers = np.arange(lengths.max())
        if trajectories.on_disk:
            n_bytes = _COPIES * 8 * len(lengths) * len(numbers) * math.prod(trajectories.state_shape)
            require_memory(f"whole trajectories of {lengths.max()} rows", n_bytes, "take fewer rows with data.n_rows")

        def padded(parts: tuple[StateArray, ...]) -> np.ndarray:
            read = (read_block(part).reshape(part.shape[0], -1) for part in parts)
            return np.stack([part[np.minimum(numbers, len(part) - 1)].astype(np.float64) for part in read])

        grids = [trajectories.times_of(number) for number in range(trajectories.n_trajectories)]
        states = padded(trajectories.states)
        same = trajectories.clean is trajectories.states
        times, inputs = np.stack([continued(grid, len(numbers)) for grid in grids]), None
        if trajectories.inputs is not None:
            inputs = InputSignals(times, padded(trajectories.inputs), trajectories.input_interpolation)
        return cls(
            times=times,
            states=states,
            rows=numbers < lengths[:, None],
            clean=None if trajectories.clean is None else states if same else padded(trajectories.clean),
            inputs=inputs,
        )

    @property
    def n_trajectories(self) -> int:
        """Number of trajectories."""
        return self.states.shape[0]

    @property
    def dim(self) -> int:
        """Number of components of a state."""
        return self.states.shape[2]

    @property
    def lengths(self) -> Int[np.ndarray, " batch"]:
        """Number of rows of each trajectory without its padding; its last row is one less."""
        return self.rows.sum(axis=1)


class WholeTrajectoriesView:
    """The trajectories of every part of a record, padded to one length.

    Args:
        record: what was observed.
        batch_size: trajectories per step of the optimiser, of all processes together; all of them by default, which
            every process then sees.
        shuffle: whether batches that are not the whole come in a new order every epoch.
        rows_per_piece, n_pieces: of the train part, as in `pieces_of`.

    Attributes:
        spec: the record's, with states as vectors.
        train: the trajectories to learn from, or pieces of them.

    Raises:
        ConfigurationError: a value is out of range, or the batch is larger than the data.
        DataError: a trajectory is too short to learn from.
    """

    def __init__(
        self,
        record: Record,
        batch_size: ConfiguredInteger | None = None,
        shuffle: bool = True,
        rows_per_piece: ConfiguredInteger | None = None,
        n_pieces: ConfiguredInteger | None = None,
    ) -> None:
        record.setup()
        record = record.complete
        tell_short_pieces(record.part("train"), spans_to_learn(record.part("train")), "the train split")
        pieces = pieces_of(record.part("train"), rows_per_piece, n_pieces)
        self.record, self.spec, self.shuffle = record, replace(record.spec.of_vectors, lengths=pieces.lengths), shuffle
        self.train = PaddedTrajectories.of(pieces)
        asked = self.train.n_trajectories if batch_size is None else batch_size
        self.batch_size = require_integer("training.view.batch_size", asked, 1, "a batch needs at least 1 trajectory")
        if self.batch_size > self.train.n_trajectories:
            raise ConfigurationError(
                f"training.view.batch_size={batch_size} is larger than the {self.train.n_trajectories} training "
                "trajectories: choose a smaller batch."
            )

    def train_loader(self, seed: int = 0, rank: int = 0, world_size: int = 1) -> "TrajectoryNumbers":
        """Batches of numbers of training trajectories, which index the arrays of `train`.

        With one batch of all trajectories they come in their own order. The arguments are those of
        `Method.train_loader`.
        """
        n_trajectories = self.train.n_trajectories
        if self.batch_size == n_trajectories:
            return TrajectoryNumbers(EpochSampler(n_trajectories, seed, shuffle=False), self.batch_size)
        return TrajectoryNumbers(EpochSampler(n_trajectories, seed, self.shuffle, rank, world_size), self.batch_size)

    def validation_loader(self, rank: int = 0, world_size: int = 1) -> None:
        """None: a method solves along the validation part at once, if it needs it."""


def pieces_of(
    trajectories: Trajectories,
    rows_per_piece: ConfiguredInteger | None = None,
    n_pieces: ConfiguredInteger | None = None,
    node: str = "training.view",
) -> Trajectories:
    """Trajectories that are too long, or too many, to be followed as they are: pieces, each with a start of its own.

    A state can be integrated over a gap, but what acts from outside is known at the rows alone, and nothing may be
    learned across rows that were cut out: a piece ends there.

    Args:
        trajectories: left as they are by default.
        rows_per_piece: of every piece, at most, and nearly the same of all; null cuts nothing.
        n_pieces: at most, chosen evenly among all; null keeps all.
        node: of the configuration, for messages.
    """
    for name, value, least in (("rows_per_piece", rows_per_piece, _FEWEST_ROWS[0]), ("n_pieces", n_pieces, 1)):
        if value is not None:
            require_integer(f"{node}.{name}", value, least, f"give at least {least}, or null")
    if (known := spans_to_learn(trajectories)) != trajectories.spans:
        trajectories = trajectories.of_spans(known)
    spans: list[tuple[int, slice]] = []
    for number, length in enumerate(trajectories.lengths):
        count = -(-length // (rows_per_piece or length))
        borders = np.linspace(0, length, count + 1).round().astype(int).tolist()
        spans += [(number, slice(*span)) for span in pairwise(borders)]
    places = np.linspace(0, len(spans) - 1, min(len(spans), n_pieces or len(spans))).round().astype(int)
    spans = [spans[place] for place in places]
    return trajectories.select(trajectories=[number for number, _ in spans], time=[span for _, span in spans])


def spans_to_learn(trajectories: Trajectories) -> list[tuple[int, slice]]:
    """Where the inputs of every trajectory are known: between gaps, in pieces long enough to tell a law if there are.

    Args:
        trajectories: with inputs, or with rows that were cut out; others have no gap that a state cannot cross.

    Raises:
        DataError: no piece is long enough.
    """
    if trajectories.inputs is None and trajectories.missing_times is None:
        return trajectories.spans
    pieces = trajectories.spans_between_gaps()
    longest = max(span.stop - span.start for _, span in pieces)
    spans = trajectories.spans_between_gaps(next((rows for rows in _FEWEST_ROWS if rows <= longest), _FEWEST_ROWS[-1]))
    if longest < _FEWEST_ROWS[-1] and spans != trajectories.spans:
        raise DataError(
            f"{trajectories.name(0)} has no {_FEWEST_ROWS[-1]} rows without a gap between them to learn from; fill "
            "gaps (data.missing=interpolate), or use more rows in data.split"
        )
    return spans


class TrajectoryNumbers(EpochBatches):
    """An iterable over batches of numbers of trajectories; the last one of an epoch may be smaller.

    Args:
        sampler: the order, a function of seed and epoch.
        batch_size: trajectories per batch, of all processes together.

    Raises:
        ConfigurationError: a batch has fewer trajectories than there are processes.
    """

    def __init__(self, sampler: EpochSampler, batch_size: int) -> None:
        sampler.require_shared(batch_size, "training.view.batch_size", drop_last=False)
        self.sampler, self._batch_size = sampler, batch_size

    def __len__(self) -> int:
        return -(-self.sampler.n_items // self._batch_size)

    def __iter__(self) -> Iterator[Int[torch.Tensor, " batch"]]:
        order = torch.from_numpy(self.sampler.indices(self._batch_size))
        stops = np.minimum(np.arange(len(self) + 1) * self._batch_size, self.sampler.n_items)
        yield from order.split(np.diff(self.sampler.own_among(stops, self._batch_size)).tolist())


def continued(times: Float[np.ndarray, " time"], n_rows: int) -> Float[np.ndarray, " rows"]:
    """The grid with its last interval repeated until there are `n_rows` times."""
    n_missing = n_rows - len(times)
    return np.concatenate([times, times[-1] + (times[-1] - times[-2]) * np.arange(1, n_missing + 1)])
