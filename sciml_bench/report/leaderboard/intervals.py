"""How sure a mean is: bootstrap over seeds × starts.

Seeds and starts are drawn with replacement, independently of each other, for all seeds forecast from the same starts
(Owen 2007, the pigeonhole bootstrap); the interval holds the middle 95 % of the means that are found.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Num

DRAWS = 1000
LEVEL = 0.95

Table = Float[np.ndarray, "seeds starts"]

_POWERS: Mapping[str, float | None] = {"mean": 1.0, "root mean square": 2.0, "median": None}
"""How a score may come from its starts: by the mean of a power, or without one."""


class Interval(NamedTuple):
    """Where the mean lies; `starts` is 0 where seeds alone were drawn."""

    low: float
    high: float
    seeds: int
    starts: int


def bootstrap(
    values: Sequence[float], starts: Sequence[Float[np.ndarray, " _"]] = (), rows: Sequence[Num[np.ndarray, " _"]] = ()
) -> Interval | None:
    """The interval of a score's mean over seeds.

    Args:
        values: one per seed.
        starts: of every seed, the scores of its starts; not used where they do not give the value in a known way.
        rows: of every seed, how many rows of each start are scored, where not all have as many: a score may come from
            all rows together.

    Returns:
        None where nothing varies that could be drawn: one seed, or seeds that agree to the last digit, without starts.
    """
    scores = np.asarray(values, float)
    if not len(scores) or np.isnan(scores).any():
        return None
    rows = [each.astype(np.float64) for each in rows]
    found = next((told for told in _weighted(scores, starts, rows) if _reduction(*told, scores)), None)
    if found is None:
        found = scores[:, None], np.ones((len(scores), 1))
        if len(np.unique(scores)) < 2:
            return None
    table, weights = found
    means = _drawn_means(table, weights, _reduction(table, weights, scores) or "mean")
    means = np.sort(means[~np.isnan(means)])  # of draws of starts that have no rows
    # never between two draws, which may both be infinite
    outside = round((1 - LEVEL) / 2 * len(means))
    low, high = means[outside - 1], means[-outside]
    return Interval(float(low), float(high), len(table), table.shape[1] if table.shape[1] > 1 else 0)


def _weighted(
    scores: Float[np.ndarray, " seeds"], *given: Sequence[Float[np.ndarray, " _"]]
) -> Iterator[tuple[Table, Table]]:
    """The starts of all seeds that have equally many, which count alike, or by their rows."""
    starts, rows = (
        np.stack(each) if len(each) == len(scores) and len({len(part) for part in each}) == 1 else None
        for each in given
    )
    if starts is not None and starts.shape[1] > 1:
        yield starts, np.ones(starts.shape)
        if rows is not None and rows.shape == starts.shape and (rows >= 0).all() and rows.any(axis=1).all():
            some = rows.any(axis=0)
            yield np.where(rows > 0, starts, 0.0)[:, some], rows[:, some]


def _reduction(table: Table, weights: Table, scores: Float[np.ndarray, " seeds"]) -> str | None:
    """The name of the known way that gives the scores of all seeds."""
    reduced = ((name, _reduced(table, weights, name)) for name in _POWERS)
    return next((name for name, found in reduced if np.allclose(found, scores, rtol=1e-6, atol=0)), None)


def _reduced(
    table: Float[np.ndarray, "*seeds starts"], weights: Float[np.ndarray, "*seeds starts"], name: str
) -> Float[np.ndarray, "*seeds"]:
    """Scores from starts, nan where none counts."""
    power = _POWERS[name]
    if power is None:
        return np.median(table, axis=-1)
    with np.errstate(invalid="ignore"):
        return (np.sum(weights * table**power, axis=-1) / np.sum(weights, axis=-1)) ** (1 / power)


def _drawn_means(table: Table, weights: Table, reduction: str) -> Float[np.ndarray, " draws"]:
    """The mean over drawn seeds of what drawn starts reduce to."""
    seeds, starts = (_draws(count, stream) for stream, count in enumerate(table.shape))
    power = _POWERS[reduction]
    if power is not None and np.isfinite(table).all():
        shares = _shares(table.shape[1], 1).T
        with np.errstate(invalid="ignore"):
            per_seed = ((weights * table**power) @ shares / (weights @ shares)) ** (1 / power)
        return np.sum(per_seed * _shares(len(table), 0).T, axis=0)
    per_seed = _reduced(table[:, starts], weights[:, starts], reduction)
    return per_seed.T[np.arange(DRAWS)[:, None], seeds].mean(axis=1)


@cache
def _draws(count: int, stream: int) -> Int[np.ndarray, "draws count"]:
    return np.random.default_rng(stream).integers(count, size=(DRAWS, count))


@cache
def _shares(count: int, stream: int) -> Float[np.ndarray, "draws count"]:
    """How large a part of every draw each of the things is: sums of products are faster than picking."""
    return np.stack([np.bincount(drawn, minlength=count) for drawn in _draws(count, stream)]) / count
