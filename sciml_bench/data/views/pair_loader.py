"""Batches of lagged pairs, gathered window by window instead of sample by sample."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.sampling import EpochBatches, EpochSampler
from sciml_bench.data.reading_ahead import ahead
from sciml_bench.data.views.lagged_pairs import LaggedPairs, Pairs

WINDOW_BYTES = 2**21
"""Pairs gathered at once from memory: many batches of small states, and still within a processor's cache."""


class PairLoader(EpochBatches):
    """An iterable over batches (now, later), perhaps with weights, in the order of the sampler's seed and epoch.

    What lies on disk is read in windows of the sampler, in a thread of its own while the window before is used.

    Every rank of a distributed run makes the same number of batches, which hold its part of the pairs that a single
    process would see in them; in a last batch of few pairs it may have none.

    Args:
        pairs: where the states come from.
        batch_size: pairs per batch, of all processes together.
        sampler: the order; by default that of the pairs themselves.
        drop_last: leave out the last batch where it is not full.

    Raises:
        ConfigurationError: the batch size is below 1, or, where only full batches are made, above the number of pairs
            or below that of processes.
    """

    def __init__(
        self,
        pairs: LaggedPairs,
        batch_size: ConfiguredInteger,
        sampler: EpochSampler | None = None,
        drop_last: bool = False,
    ) -> None:
        self.pairs, self.drop_last = pairs, drop_last
        self.sampler = EpochSampler(len(pairs), seed=0, shuffle=False) if sampler is None else sampler
        self.batch_size = require_integer("training.view.batch_size", batch_size, 1, "a batch needs at least 1 pair")
        if drop_last and self.batch_size > self.sampler.n_items:
            raise ConfigurationError(
                f"training.view.batch_size={self.batch_size} is larger than the {self.sampler.n_items} training "
                "pairs; choose a smaller batch or use more data."
            )
        if drop_last:
            self.sampler.require_shared(self.batch_size, "training.view.batch_size")

    def __len__(self) -> int:
        n_pairs = self.sampler.n_items
        return n_pairs // self.batch_size if self.drop_last else -(-n_pairs // self.batch_size)

    def __iter__(self) -> Iterator[Pairs]:
        n_pairs = len(self) * self.batch_size if self.drop_last else self.sampler.n_items
        gathered, begun = self._gathered(n_pairs), 0
        held = next(gathered, None)
        if held is None:  # nothing is this rank's
            held = self.pairs.batch(np.zeros(1, dtype=int))
        for number in range(1, len(self) + 1):
            done = self._own_among(min(number * self.batch_size, n_pairs))
            size, begun = done - begun, done
            while len(held[0]) < size:
                held = tuple(map(_joined, held, next(gathered)))
            yield tuple(part[:size] for part in held)
            held = tuple(part[size:] for part in held)

    def _own_among(self, stop: int) -> int:
        return int(self.sampler.own_among(np.array([stop]), self.batch_size)[0])

    def _gathered(self, n_pairs: int) -> Iterator[Pairs]:
        """The first pairs of the epoch that are this rank's, many at once; those on disk ahead of their use."""
        size = self.batch_size * max(1, WINDOW_BYTES // (self.batch_size * self.pairs.bytes_per_pair))
        if self.pairs.block_size is None:
            order = self.sampler.indices(self.batch_size)[: self._own_among(n_pairs)]
            yield from (self.pairs.batch(order[start : start + size]) for start in range(0, len(order), size))
            return
        for window in ahead(map(self.pairs.window, self.sampler.windows(self.batch_size))):
            yield from (window.pairs(start, start + size) for start in range(0, len(window), size))


def _joined(remainder: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
    return torch.cat([remainder, following]) if len(remainder) else following


class GroupedBatches(EpochBatches):
    """Lists of consecutive batches, so that a training loop's own cost per call is shared by several small steps.

    Args:
        loader: where the batches come from.
        size: batches per list; the last list may be shorter.
    """

    def __init__(self, loader: PairLoader, size: int) -> None:
        self.loader, self.size = loader, size

    @property
    def sampler(self) -> EpochSampler:
        """The sampler of the batches, which Lightning tells the epoch."""
        return self.loader.sampler

    def __len__(self) -> int:
        return -(-len(self.loader) // self.size)

    def __iter__(self) -> Iterator[list[Pairs]]:
        batches = iter(self.loader)
        while group := list(islice(batches, self.size)):
            yield group
