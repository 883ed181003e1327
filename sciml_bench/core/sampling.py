"""The order in which an epoch visits its items, as a pure function of the seed and the epoch.

A resumed run is bit-identical to an uninterrupted one only if the order of epoch 17 does not depend on the epochs drawn
before it, so no generator state is carried along: every epoch seeds a counter-based generator (Philox; Salmon et al.,
"Parallel random numbers: as easy as 1, 2, 3", SC 2011) with the pair (seed, epoch).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError


@dataclass(eq=False)
class EpochSampler:
    """Indices of one epoch, shuffled anew in every epoch and shared out among the processes of a distributed run.

    The shares of the ranks are disjoint, cover all items and differ by at most one item. Every rank must take the same
    number of optimisation steps, so a loader derives its number of batches from `smallest_share`, never from its own
    length.

    With a `block_size` the items are shuffled in a way that a disk can follow: the order of contiguous blocks is
    random, and the items are shuffled within windows of `blocks_per_window` such blocks. A reader that takes
    `window_size` indices at a time touches each block once.

    Args:
        n_items: number of items of the whole data set.
        seed: not negative; together with the epoch it determines the order.
        shuffle: `False` keeps the items in their own order.
        rank: number of this process.
        world_size: number of processes.
        block_size: length of contiguous blocks in items, for data that do not fit in memory; `None` shuffles freely.
        blocks_per_window: number of blocks that are mixed with each other.

    Raises:
        ConfigurationError: an argument is out of range, or there are fewer items than processes.
    """

    n_items: int
    seed: int
    shuffle: bool = True
    rank: int = 0
    world_size: int = 1
    block_size: int | None = None
    blocks_per_window: int = 16
    epoch: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        require_integer("seed", self.seed, 0, "a seed must not be negative")
        if not 0 <= self.rank < self.world_size:
            raise ConfigurationError(f"rank={self.rank} does not exist among world_size={self.world_size} processes.")
        remedy = "need at least one item each; use more data or fewer processes (trainer.devices)"
        require_integer("n_items", self.n_items, self.world_size, f"{self.world_size} process(es) {remedy}")
        if self.block_size is not None:
            require_integer("block_size", self.block_size, 1, "a block needs at least 1 item")
        require_integer("blocks_per_window", self.blocks_per_window, 1, "a window needs at least 1 block")

    @property
    def smallest_share(self) -> int:
        """Number of items that every rank has at least."""
        return self.n_items // self.world_size

    @property
    def window_size(self) -> int | None:
        """Number of consecutive indices that stay within one group of blocks; `None` without blocks."""
        return None if self.block_size is None else self.block_size * self.blocks_per_window

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order `indices` returns; Lightning calls this at the start of every epoch."""
        self.epoch = epoch

    def indices(self) -> Int[np.ndarray, " share"]:
        """The items this rank visits in the current epoch, in their order."""
        return np.concatenate(list(self.windows()))

    def windows(self) -> Iterator[Int[np.ndarray, " window"]]:
        """`indices` in parts of `window_size`, made one after the other: an order of billions of items fits nowhere."""
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((self.seed, self.epoch))))
        if self.block_size is None:
            yield self._share(rng.permutation(self.n_items) if self.shuffle else np.arange(self.n_items))
            return
        n_blocks = -(-self.n_items // self.block_size)
        blocks = rng.permutation(n_blocks) if self.shuffle else np.arange(n_blocks)
        lengths = np.where(blocks == n_blocks - 1, self.n_items - (n_blocks - 1) * self.block_size, self.block_size)
        ends = np.cumsum(lengths)
        first = self.rank * self.smallest_share + min(self.rank, self.n_items % self.world_size)
        window_size = self.block_size * self.blocks_per_window
        for start in range(first, first + len(self), window_size):
            stop = min(start + window_size, first + len(self))
            inside = slice(int(np.searchsorted(ends, start, side="right")), int(np.searchsorted(ends, stop)) + 1)
            parts = [
                np.arange(n) + block * self.block_size for block, n in zip(blocks[inside], lengths[inside], strict=True)
            ]
            skipped = start - int(ends[inside.start] - lengths[inside.start])
            window = np.concatenate(parts)[skipped : skipped + stop - start]
            if self.shuffle:
                rng.shuffle(window)
            yield window

    def _share(self, order: np.ndarray) -> np.ndarray:
        return np.array_split(order, self.world_size)[self.rank]

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices().tolist())

    def __len__(self) -> int:
        return self.smallest_share + int(self.rank < self.n_items % self.world_size)


class EpochBatches:
    """Base of the iterables over batches with a `sampler`, whose order is a pure function of its seed and its epoch.

    Lightning calls `loader.sampler.set_epoch(epoch)` at the start of every epoch; nothing else is needed for a resumed
    run to see the batches that an uninterrupted one would have seen.
    """

    batch_sampler: None = None
    """Lightning asks every loader that has a sampler for this attribute."""
