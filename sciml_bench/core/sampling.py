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

    Batches are those of the whole run: each rank has its part of every batch, so that all take the same number of
    optimisation steps, on the items that a single process would see in them. The parts of a batch are disjoint, cover
    it and differ by at most one item; a batch of fewer items than processes leaves some without any.

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
        require_integer("n_items", self.n_items, 1, "there has to be something to visit")
        if self.block_size is not None:
            require_integer("block_size", self.block_size, 1, "a block needs at least 1 item")
        require_integer("blocks_per_window", self.blocks_per_window, 1, "a window needs at least 1 block")

    @property
    def window_size(self) -> int | None:
        """Number of consecutive indices that stay within one group of blocks; `None` without blocks."""
        return None if self.block_size is None else self.block_size * self.blocks_per_window

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order `indices` returns; Lightning calls this at the start of every epoch."""
        self.epoch = epoch

    def indices(self, batch_size: int | None = None) -> Int[np.ndarray, " share"]:
        """The items this rank visits in the current epoch; without a batch size the whole is shared out at once."""
        return np.concatenate([np.empty(0, dtype=int), *self.windows(batch_size)])

    def windows(self, batch_size: int | None = None) -> Iterator[Int[np.ndarray, " window"]]:
        """`indices` in parts, made one after the other: an order of billions of items fits nowhere."""
        start = 0
        for window in self._windows_of_all():
            stop = start + len(window)
            if self.world_size > 1:
                window = window[np.diff(self.own_among(np.arange(start, stop + 1), batch_size)) == 1]
            if len(window):
                yield window
            start = stop

    def own_among(
        self, stops: Int[np.ndarray, " positions"], batch_size: int | None = None
    ) -> Int[np.ndarray, " positions"]:
        """How many are this rank's of an epoch's items before each stop."""
        if self.world_size == 1:
            return stops
        size = batch_size or self.n_items
        batches, rest = np.divmod(stops, size)
        begun = np.minimum(size, self.n_items - batches * size)
        start, stop = (-(-begun * rank // self.world_size) for rank in (self.rank, self.rank + 1))
        full = -(-size * (self.rank + 1) // self.world_size) + (-size * self.rank // self.world_size)
        return batches * full + np.clip(rest - start, 0, stop - start)

    def require_shared(self, batch_size: int, key: str, drop_last: bool = True) -> None:
        """Stop at batches, the last one among them unless it is dropped, of fewer items than processes.

        Raises:
            ConfigurationError: naming the key of the batch size.
        """
        least = batch_size if drop_last else min(batch_size, self.n_items % batch_size or batch_size)
        if least < self.world_size:
            which = "a batch" if least == batch_size else f"the last batch of {self.n_items}"
            raise ConfigurationError(
                f"{key}={batch_size}: {which} has {least} for {self.world_size} processes that share it; choose "
                "another batch size, or fewer processes (trainer.devices)"
            )

    def _generator(self) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(np.random.SeedSequence((self.seed, self.epoch))))

    def _order(self) -> Int[np.ndarray, " items"]:
        return self._generator().permutation(self.n_items) if self.shuffle else np.arange(self.n_items)

    def _windows_of_all(self) -> Iterator[Int[np.ndarray, " window"]]:
        if self.block_size is None:
            yield self._order()
            return
        rng = self._generator()
        n_blocks = -(-self.n_items // self.block_size)
        blocks = rng.permutation(n_blocks) if self.shuffle else np.arange(n_blocks)
        lengths = np.where(blocks == n_blocks - 1, self.n_items - (n_blocks - 1) * self.block_size, self.block_size)
        ends = np.cumsum(lengths)
        window_size = self.block_size * self.blocks_per_window
        for start in range(0, self.n_items, window_size):
            stop = min(start + window_size, self.n_items)
            inside = slice(int(np.searchsorted(ends, start, side="right")), int(np.searchsorted(ends, stop)) + 1)
            parts = [
                np.arange(n) + block * self.block_size for block, n in zip(blocks[inside], lengths[inside], strict=True)
            ]
            skipped = start - int(ends[inside.start] - lengths[inside.start])
            window = np.concatenate(parts)[skipped : skipped + stop - start]
            if self.shuffle:
                rng.shuffle(window)
            yield window


class EpochBatches:
    """Base of the iterables over batches with a `sampler`, whose order is a pure function of its seed and its epoch.

    Lightning calls `loader.sampler.set_epoch(epoch)` at the start of every epoch; nothing else is needed for a resumed
    run to see the batches that an uninterrupted one would have seen.
    """

    batch_sampler: None = None
    """Lightning asks every loader that has a sampler for this attribute."""
