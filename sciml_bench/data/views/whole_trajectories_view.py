"""How a method that solves along a trajectory reads a record: whole trajectories on their own clocks, in one array."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.sampling import EpochBatches, EpochSampler
from sciml_bench.data.lazy_states import StateArray, read_block
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories


@dataclass(frozen=True, eq=False)
class PaddedTrajectories:
    """One or several trajectories of vectors, each on its own clock; shorter ones are padded at their end.

    Args:
        times: of each row, strictly increasing along every trajectory, also in the padding.
        states: as observed, noise included; the padding repeats the last state.
        rows: which rows exist.
        clean: the true states, where they are known, padded in the same way.
    """

    times: Float[np.ndarray, "batch time"]
    states: Float[np.ndarray, "batch time dim"]
    rows: Bool[np.ndarray, "batch time"]
    clean: Float[np.ndarray, "batch time dim"] | None = None

    @classmethod
    def of(cls, trajectories: Trajectories) -> "PaddedTrajectories":
        """Put trajectories of any length into one array, in float64.

        Args:
            trajectories: of vectors, at least two rows each; they are read into memory.

        Raises:
            ConfigurationError: states are no vectors.
            DataError: a trajectory has a single row.
        """
        if len(trajectories.state_shape) != 1:
            raise ConfigurationError(
                "a method that solves along whole trajectories needs states that are vectors; those of the data have "
                f"the shape {trajectories.state_shape}."
            )
        lengths = np.array(trajectories.lengths)
        if lengths.min() < 2:
            name = trajectories.name(int(lengths.argmin()))
            raise DataError(f"{name} has a single row; learning needs at least 2: use more rows in data.split.")
        numbers = np.arange(lengths.max())

        def padded(parts: tuple[StateArray, ...]) -> np.ndarray:
            read = map(read_block, parts)
            return np.stack([part[np.minimum(numbers, len(part) - 1)].astype(np.float64) for part in read])

        grids = [trajectories.times_of(number) for number in range(trajectories.n_trajectories)]
        states = padded(trajectories.states)
        same = trajectories.clean is trajectories.states
        return cls(
            times=np.stack([continued(grid, len(numbers)) for grid in grids]),
            states=states,
            rows=numbers < lengths[:, None],
            clean=None if trajectories.clean is None else states if same else padded(trajectories.clean),
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
        batch_size: trajectories per step of the optimiser and process; all of them by default.
        shuffle: whether batches that are not the whole come in a new order every epoch.

    Attributes:
        spec: the record's.
        train: the trajectories to learn from.

    Raises:
        ConfigurationError: states are no vectors, or the batch is larger than the data.
        DataError: a trajectory is too short to learn from.
    """

    def __init__(self, record: Record, batch_size: ConfiguredInteger | None = None, shuffle: bool = True) -> None:
        record.setup()
        self.record, self.spec, self.shuffle = record, record.spec, shuffle
        self._padded: dict[str, PaddedTrajectories] = {}
        self.train = self.part("train")
        asked = self.train.n_trajectories if batch_size is None else batch_size
        self.batch_size = require_integer("training.view.batch_size", asked, 1, "a batch needs at least 1 trajectory")
        if self.batch_size > self.train.n_trajectories:
            raise ConfigurationError(
                f"training.view.batch_size={batch_size} is larger than the {self.train.n_trajectories} training "
                "trajectories: choose a smaller batch."
            )

    def part(self, name: str) -> PaddedTrajectories:
        """A part of the record, named as for `Record.part`, padded; made once."""
        if name not in self._padded:
            self._padded[name] = PaddedTrajectories.of(self.record.part(name))
        return self._padded[name]

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


class TrajectoryNumbers(EpochBatches):
    """An iterable over batches of numbers of trajectories; the last one of an epoch may be smaller.

    Args:
        sampler: the order, a function of seed and epoch.
        batch_size: trajectories per batch.
    """

    def __init__(self, sampler: EpochSampler, batch_size: int) -> None:
        self.sampler, self._batch_size = sampler, batch_size

    def __len__(self) -> int:
        return -(-self.sampler.smallest_share // self._batch_size)

    def __iter__(self) -> Iterator[Int[torch.Tensor, " batch"]]:
        order = torch.from_numpy(self.sampler.indices()[: self.sampler.smallest_share])
        yield from order.split(self._batch_size)


def continued(times: Float[np.ndarray, " time"], n_rows: int) -> Float[np.ndarray, " rows"]:
    """The grid with its last interval repeated until there are `n_rows` times."""
    n_missing = n_rows - len(times)
    return np.concatenate([times, times[-1] + (times[-1] - times[-2]) * np.arange(1, n_missing + 1)])
