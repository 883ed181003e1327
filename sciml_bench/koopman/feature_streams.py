"""Features of a whole split, block by block, so that no more than one block of them is in memory."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from sciml_bench.data.views.lagged_pairs import LaggedPairs

STREAMED_BYTES = 64 * 2**20
"""Memory of one block of pairs with its features when statistics are streamed over a whole split."""

STREAMED_BYTES_FROM_DISK = 16 * 2**20
"""The same where memory is short: the hidden layers of a network take several times as much."""


def evaluated_pairs(features: Any, pairs: LaggedPairs) -> Iterator[tuple[np.ndarray, ...]]:
    """Blocks of f now, f later, g now, g later, and the flattened states now and later, in float64.

    Where there are inputs, what acts between the two states comes next, in the user's units; weights come last.

    Args:
        features: the maps f and g, a module with `encode` and `encode_lagged`.
        pairs: in the units of the features.
    """
    f, g, first = features.encode, features.encode_lagged, 0
    for window in pairs.windows(_block_length(features, pairs)):
        now, later, *_ = window.pairs()
        with torch.no_grad():
            if pairs.block_size is None:
                evaluated = [encode(part) for encode in (f, g) for part in (now, later)]
            else:  # most states are those of two pairs
                of_states = [encode(window.states) for encode in (f, g)]
                evaluated = [values[rows] for values in of_states for rows in (window.now, window.later)]
        acting = pairs.inputs(first, first + len(now))
        first += len(now)
        values = tuple(part.double().numpy() for part in (*evaluated, now.flatten(1), later.flatten(1)))
        counted = None if window.weights is None else window.weights.double().numpy()
        yield (*values, *(part for part in (acting, counted) if part is not None))


def _block_length(features: Any, pairs: LaggedPairs) -> int:
    first, *_ = pairs.batch(np.array([0]))
    with torch.no_grad():
        modes = features.encode(first).numel() + features.encode_lagged(first).numel()
    in_float64 = 8 * 2 * (modes + first.numel())
    n_bytes = STREAMED_BYTES if pairs.block_size is None else STREAMED_BYTES_FROM_DISK
    return max(1, min(len(pairs), n_bytes // (pairs.bytes_per_pair + in_float64)))
