"""Random streams as pure functions of a seed and of what they are for.

A stream that depends only on (seed, purpose, position) needs no state in a checkpoint: a run that is killed and resumed
draws what the uninterrupted run would have drawn.
"""

import random
import zlib

import numpy as np
import torch


def derived_seed(seed: int, *purpose: str | int) -> int:
    """A 63-bit seed for one purpose, such as `derived_seed(seed, "epoch", 12)`.

    Args:
        seed: the run's seed.
        purpose: what the stream is for; every distinct sequence gives an independent stream.
    """
    words = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in purpose]
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=tuple(words))
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def seed_everything(seed: int, *purpose: str | int) -> None:
    """Seed the global generators of Python, NumPy and torch for one purpose."""
    value = derived_seed(seed, *purpose)
    random.seed(value)
    np.random.seed(value % 2**32)  # noqa: NPY002  (libraries that use the global generator)
    torch.manual_seed(value)
