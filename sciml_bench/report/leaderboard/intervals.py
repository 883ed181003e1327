"""How sure a mean is: bootstrap over seeds × starts.

Seeds and starts are drawn with replacement, independently of each other, for all seeds forecast from the same starts
(Owen 2007, the pigeonhole bootstrap); the interval holds the middle 95 % of the means that are found.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

DRAWS = 1000
LEVEL = 0.95

Table = Float[np.ndarray, "seeds starts"]

_REDUCTIONS: Mapping[str, Callable[..., np.ndarray]] = {
    "mean": np.mean,
    "root mean square": lambda values, axis: np.sqrt(np.mean(np.square(values), axis=axis)),
    "median": np.median,
}
"""How a score may come from its starts."""

_POWERS = {"mean": 1.0, "root mean square": 2.0}


class Interval(NamedTuple):
    """Where the mean lies; `starts` is 0 where seeds alone were drawn."""

    low: float
    high: float
    seeds: int
    starts: int


def bootstrap(values: Sequence[float], starts: Sequence[Float[np.ndarray, " _"]] = ()) -> Interval | None:
    """The interval of a score's mean over seeds.

    Args:
        values: one per seed.
        starts: of every seed, the scores of its starts; not used where they do not give the value in a known way.

    Returns:
        None where nothing varies that could be drawn: one seed, or seeds that agree to the last digit, without starts.
    """
    scores = np.asarray(values, float)
    if not len(scores) or np.isnan(scores).any():
        return None
    same = len(starts) == len(scores) and len({len(each) for each in starts}) == 1 and len(starts[0]) > 1
    table = np.stack(starts) if same else scores[:, None]
    reduction = _reduction(table, scores) if same else None
    if reduction is None:
        table, reduction = scores[:, None], "mean"
        if len(np.unique(scores)) < 2:
            return None
    means = np.sort(_drawn_means(table, reduction))
    # never between two draws, which may both be infinite
    outside = round((1 - LEVEL) / 2 * DRAWS)
    low, high = means[outside - 1], means[-outside]
    return Interval(float(low), float(high), len(table), table.shape[1] if table.shape[1] > 1 else 0)


def _reduction(table: Table, scores: Float[np.ndarray, " seeds"]) -> str | None:
    """The name of the known way that gives the scores of all seeds."""
    for name, reduce in _REDUCTIONS.items():
        if np.allclose(reduce(table, axis=1), scores, rtol=1e-6, atol=0):
            return name
    return None


def _drawn_means(table: Table, reduction: str) -> Float[np.ndarray, " draws"]:
    """The mean over drawn seeds of what drawn starts reduce to."""
    seeds, starts = (_draws(count, stream) for stream, count in enumerate(table.shape))
    if reduction in _POWERS and np.isfinite(table).all():
        power = _POWERS[reduction]
        per_seed = (np.power(table, power) @ _shares(table.shape[1], 1).T) ** (1 / power)
        return np.sum(per_seed * _shares(len(table), 0).T, axis=0)
    per_seed = _REDUCTIONS[reduction](table[:, starts], axis=2)
    return per_seed.T[np.arange(DRAWS)[:, None], seeds].mean(axis=1)


@cache
def _draws(count: int, stream: int) -> Int[np.ndarray, "draws count"]:
    return np.random.default_rng(stream).integers(count, size=(DRAWS, count))


@cache
def _shares(count: int, stream: int) -> Float[np.ndarray, "draws count"]:
    """How large a part of every draw each of the things is: sums of products are faster than picking."""
    return np.stack([np.bincount(drawn, minlength=count) for drawn in _draws(count, stream)]) / count
