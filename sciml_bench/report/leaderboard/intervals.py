"""How sure a mean is: bootstrap over seeds × starts.

Seeds and starts are drawn with replacement, independently of each other, for all seeds forecast from the same starts
(Owen 2007, the pigeonhole bootstrap); the interval holds the middle 95 % of the means that are found.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

DRAWS = 1000
LEVEL = 0.95

Values = Float[np.ndarray, "seeds starts"]

_REDUCTIONS: Mapping[str, Callable[..., np.ndarray]] = {
    "mean": np.mean,
    "root mean square": lambda values, axis: np.sqrt(np.mean(np.square(values), axis=axis)),
    "median": np.median,
}
"""How a score may come from its starts."""


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
    reduce = _reduction(table, scores)
    if not same or reduce is None:
        table, reduce = scores[:, None], np.mean
        if len(np.unique(scores)) < 2:
            return None
    generator = np.random.default_rng(0)
    n_seeds, n_starts = table.shape
    drawn_starts = generator.integers(n_starts, size=(DRAWS, n_starts))
    per_seed = reduce(table[:, drawn_starts], axis=2)  # (seeds, draws)
    drawn_seeds = generator.integers(n_seeds, size=(DRAWS, n_seeds))
    means = per_seed.T[np.arange(DRAWS)[:, None], drawn_seeds].mean(axis=1)
    outside = (1 - LEVEL) / 2
    # a quantile between two infinities is no number
    low, high = np.quantile(means, [outside, 1 - outside], method="inverted_cdf")
    return Interval(float(low), float(high), n_seeds, n_starts if n_starts > 1 else 0)


def _reduction(table: Values, scores: Float[np.ndarray, " seeds"]) -> Callable[..., np.ndarray] | None:
    """The one of the known ways that gives the scores of all seeds."""
    for reduce in _REDUCTIONS.values():
        found = reduce(table, axis=1)
        if np.allclose(found, scores, rtol=1e-6, atol=0):
            return reduce
    return None
