"""Claim: the memory of a streamed operator fit does not depend on the number of samples.

Peak memory is what tracemalloc sees: every array of NumPy and every Python object made during the fit, the chunk that
has just been generated included.
"""

import math
import tracemalloc
from collections.abc import Iterator

import numpy as np

from benchmarks.measurement import Comparison, Outcome, compare_bytes
from benchmarks.presentation import main
from sciml_bench.koopman import KoopmanOperator

N_FEATURES = 20
CHUNK = 10_000
SHORTEST = 100_000
LONGEST = (1_000_000, 10_000_000)
FLAT = 0.95


def measure() -> list[Outcome]:
    streamed_peak(2 * CHUNK)  # whatever is imported or cached at the first fit does not count
    shortest = streamed_peak(SHORTEST)
    return [*(compare_lengths(n_samples, shortest) for n_samples in LONGEST), compare_with_arrays(LONGEST[0])]


def compare_lengths(n_samples: int, shortest: int) -> Comparison:
    return compare_bytes(
        f"peak memory, partial_fit: 10^{math.log10(n_samples):g} x {N_FEATURES}",
        f"with 10^{math.log10(SHORTEST):g} samples",
        [streamed_peak(n_samples)],
        [shortest],
        target=FLAT,
    )


def compare_with_arrays(n_samples: int) -> Comparison:
    return compare_bytes(
        f"peak memory, partial_fit: 10^{math.log10(n_samples):g} x {N_FEATURES}",
        "NumPy, all at once",
        [streamed_peak(n_samples)],
        [peak_at_once(n_samples)],
    )


def streamed_peak(n_samples: int) -> int:
    """Peak bytes of a fit to chunks from a generator, solved at the end."""
    tracemalloc.start()
    try:
        operator = KoopmanOperator()
        for now, later in chunks(n_samples):
            operator.partial_fit(now, later)
        _ = operator.singular_values_
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def peak_at_once(n_samples: int) -> int:
    """Peak bytes of least squares on all samples, from the same generator."""
    tracemalloc.start()
    try:
        parts = list(chunks(n_samples))
        now, later = (np.concatenate(side) for side in zip(*parts, strict=True))
        del parts
        np.linalg.solve(now.T @ now, now.T @ later)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def chunks(n_samples: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of correlated Gaussian features, made as they are asked for."""
    rng = np.random.default_rng(0)
    for _ in range(n_samples // CHUNK):
        now = rng.standard_normal((CHUNK, N_FEATURES), dtype=np.float32)
        yield now, 0.5 * now + rng.standard_normal((CHUNK, N_FEATURES), dtype=np.float32)


if __name__ == "__main__":
    main(measure)
