"""Second moments of trajectories at a lag, block by block, and their bootstrap.

Blocks (whole trajectories, or stretches of them) are exchangeable where single frames are not: resampling them keeps
the correlations in time. Their moments are computed once; a bootstrap sample is then a weighted sum of small matrices.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import StateArray, is_on_disk, read_block, rows_per_block
from sciml_bench.scores.whitening import unit_free_whitening

FeatureTrajectories = Sequence[StateArray]
"""Features along trajectories, (time, modes) each; the lengths may differ, and they may be made as they are read."""

Moments = tuple[Float[np.ndarray, "blocks modes modes"], Float[np.ndarray, "blocks modes modes"]]

DEFAULT_BLOCKS = 20
"""Fewer trajectories are cut into about so many blocks: resampled whole, two of them give intervals half too narrow."""


def block_moments(
    trajectories: FeatureTrajectories,
    lags: Sequence[int],
    block_length: int | None = None,
    constant: bool = False,
    weights: Sequence[np.ndarray] | None = None,
) -> list[Moments]:
    """Σ f_t f_tᵀ and Σ f_t f_{t+lag}ᵀ over the pairs that start in each block and never cross a trajectory.

    All lags are served by one pass, of which a piece is in memory at a time.

    Args:
        trajectories: features, with or without a constant.
        lags: steps.
        block_length: steps of a block; by default whole trajectories, or about twenty blocks of fewer.
        constant: whether the constant 1 comes before the features.
        weights: how much every row counts, (time,) of each trajectory; a pair has the weight of its first row.

    Returns:
        the moments of every lag.

    Raises:
        ConfigurationError: a lag or block length below 1.
        DataError: no trajectory is longer than the lag, or there is only one block.
    """
    for lag in lags:
        if lag < 1 or (block_length is not None and block_length < 1):
            raise ConfigurationError(f"lag={lag}, block_length={block_length}: both are counted in steps, from 1")
    sums: list[dict[tuple[int, int], list[np.ndarray]]] = [{} for _ in lags]
    lengths = {lag: block_lengths([part.shape[0] for part in trajectories], lag) for lag in lags}
    for number, trajectory in enumerate(trajectories):
        n_rows = rows_per_block(trajectory) if is_on_disk(trajectory) else trajectory.shape[0]
        for first in range(0, trajectory.shape[0], n_rows):
            rows = read_block(trajectory, first, min(first + n_rows + max(lags), trajectory.shape[0]))
            for lag, blocks in zip(lags, sums, strict=True):
                length = block_length or lengths[lag][number]
                last = min(first + n_rows, trajectory.shape[0] - lag)
                for block in range(first // length, -(-last // length) if last > first else 0):
                    start, stop = max(block * length, first) - first, min((block + 1) * length, last) - first
                    counts = None if weights is None else weights[number][first + start : first + stop, None]
                    products = _products(rows[start : stop + lag], stop - start, lag, constant, counts)
                    earlier = blocks.get((number, block))
                    pair = products if earlier is None else [a + b for a, b in zip(earlier, products, strict=True)]
                    blocks[number, block] = pair
    for lag, blocks in zip(lags, sums, strict=True):
        if len(blocks) < 2:
            remedy = "give more or longer trajectories, or a smaller `block_length`"
            raise DataError(f"lag={lag}: {len(blocks)} block(s) of pairs; {remedy}")
    return [
        (np.stack([now for now, _ in part.values()]), np.stack([later for _, later in part.values()])) for part in sums
    ]


def block_lengths(n_rows: Sequence[int], lag: int) -> list[int]:
    """Of every trajectory, how many pairs are resampled together.

    Args:
        n_rows: of the trajectories.
        lag: steps.
    """
    n_pairs = [max(1, count - lag) for count in n_rows]
    alike = -(-sum(n_pairs) // DEFAULT_BLOCKS)
    return n_pairs if len(n_pairs) >= DEFAULT_BLOCKS else [min(count, alike) for count in n_pairs]


def _products(rows: np.ndarray, n_pairs: int, lag: int, constant: bool, counts: np.ndarray | None) -> list[np.ndarray]:
    if constant:
        rows = np.column_stack([np.ones(len(rows)), rows])
    first = rows[:n_pairs]
    weighted = first if counts is None else first * counts
    return [weighted.T @ first, weighted.T @ rows[lag:]]


def bootstrapped(
    moments: Sequence[Float[np.ndarray, "blocks _ _"]],
    statistic: Callable[..., np.ndarray],
    n_bootstrap: int,
    seed: int,
) -> tuple[Float[np.ndarray, "*quantity"], Float[np.ndarray, "n_bootstrap *quantity"]]:
    """A statistic of all blocks, and of bootstrap samples of them.

    Args:
        moments: of the blocks, such as those from `block_moments`.
        statistic: of the summed moments, as many as there are.
        n_bootstrap: number of samples.
        seed: of how often each block is drawn in each sample.

    Raises:
        ConfigurationError: fewer than two samples, of which no band can be made.
    """
    if n_bootstrap < 2:
        raise ConfigurationError(f"n_bootstrap={n_bootstrap}: a band needs at least 2 samples; 100 is usual")
    n_blocks, rng = len(moments[0]), np.random.default_rng(seed)
    samples = []
    for _ in range(n_bootstrap):
        weights = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks)).astype(float)
        samples.append(statistic(*(np.tensordot(weights, part, 1) for part in moments)))
    return statistic(*(part.sum(axis=0) for part in moments)), np.stack(samples)


def one_lag_operator(
    now: Float[np.ndarray, "modes modes"], later: Float[np.ndarray, "modes modes"]
) -> Float[np.ndarray, "modes modes"]:
    """The least-squares operator M⁺T on the features (extended dynamic mode decomposition)."""
    whiten = unit_free_whitening(now)
    return whiten @ (whiten.T @ later)


class Bands(NamedTuple):
    """Estimates along the first axis, and the ends of their bootstrap bands."""

    estimates: Float[np.ndarray, "estimates *quantity"]
    lower: Float[np.ndarray, "estimates *quantity"]
    upper: Float[np.ndarray, "estimates *quantity"]

    @classmethod
    def of(cls, found: Iterable[tuple[np.ndarray, np.ndarray]], confidence: float) -> "Bands":
        """The central intervals that hold a share `confidence` of the bootstrap samples.

        Args:
            found: estimates, each with its samples.
            confidence: the share.

        Raises:
            ConfigurationError: the share is not between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise ConfigurationError(f"confidence={confidence}: choose a share between 0 and 1, such as 0.95")
        estimates, samples = zip(*found, strict=True)
        # Infinite timescales are legitimate samples; ranks, unlike interpolation, can handle them.
        lower = [np.quantile(drawn, (1 - confidence) / 2, axis=0, method="lower") for drawn in samples]
        upper = [np.quantile(drawn, (1 + confidence) / 2, axis=0, method="higher") for drawn in samples]
        return cls(np.stack(estimates), np.stack(lower), np.stack(upper))
