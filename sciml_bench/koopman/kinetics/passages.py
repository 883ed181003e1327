"""Committors and mean first-passage times by Galerkin's method on learned features.

Both solve an equation of the process that is stopped at the ends of a passage: with the stopping time s of a pair that
begins at t (the first row in an end, at most a lag later), E[q(x_s) − q(x_t)] = 0 for the committor and
E[m(x_s) − m(x_t)] = −E[s − t] for the time. With q = 1 in the target and Σ_j c_j f_j between the ends, tested by the
same features, that is a linear system of small matrices (Thiede et al., J. Chem. Phys. 150, 244111, 2019). Ends are
reached where a row of the record is in them: a visit between two rows does not count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import DataError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.scores.lagged_blocks import FeatureTrajectories, block_lengths, bootstrapped
from sciml_bench.scores.whitening import unit_free_whitening

_ROWS_AT_ONCE = 4096
"""Rows whose samples are held at once."""

Rows = Sequence[np.ndarray]
"""For each trajectory, which of its rows are in a set, (time,) bool."""


@dataclass(frozen=True, eq=False)
class Passage:
    """A committor, or a mean first-passage time, as a combination of features between its ends.

    Args:
        coefficients: of the features.
        samples: the same of bootstrap samples.
        at_target: the value in the target: 1 of a committor, 0 of a time.
    """

    coefficients: Float[np.ndarray, " modes"]
    samples: Float[np.ndarray, "n_bootstrap modes"]
    at_target: float

    def of(
        self,
        features: Float[np.ndarray, "batch modes"],
        in_target: Bool[np.ndarray, " batch"],
        in_source: Bool[np.ndarray, " batch"] | None = None,
    ) -> Float[np.ndarray, " batch"]:
        """Its values.

        Args:
            features: of some states.
            in_target: which of them are in the target.
            in_source: which are in the other end of a committor, where it is 0.
        """
        values = np.where(in_target, self.at_target, self._bounded(features @ self.coefficients))
        return values if in_source is None else np.where(in_source, 0.0, values)

    def interval_of(
        self,
        features: Float[np.ndarray, "batch modes"],
        in_target: Bool[np.ndarray, " batch"],
        in_source: Bool[np.ndarray, " batch"] | None = None,
        confidence: float = 0.95,
    ) -> tuple[Float[np.ndarray, " batch"], Float[np.ndarray, " batch"]]:
        """The ends of the bootstrap interval of every value, which is a single point in the ends of the passage.

        Args:
            features: of some states.
            in_target: which of them are in the target.
            in_source: which are in the other end of a committor, where it is 0.
            confidence: share of the samples inside.
        """
        shares = [(1 - confidence) / 2, (1 + confidence) / 2]
        low, high = np.empty((2, len(features)))
        samples = self.samples[np.isfinite(self.samples).all(axis=1)]  # others never come to an end
        if not len(samples):
            samples = np.full((1, features.shape[1]), np.nan)
        for start in range(0, len(features), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            low[rows], high[rows] = np.quantile(self._bounded(features[rows] @ samples.T), shares, axis=1)
        for values in (low, high):
            values[in_target] = self.at_target
            if in_source is not None:
                values[in_source] = 0.0
        return low, high

    def mean_over(
        self,
        features: Float[np.ndarray, "batch modes"],
        confidence: float = 0.95,
        weights: Float[np.ndarray, " batch"] | None = None,
    ) -> tuple[float, float, float]:
        """The mean over states outside the target, with the ends of its bootstrap interval.

        A time grows beyond every bound and comes back from below where the slowest decay of the stopped process is not
        told from none: a negative one is infinite, as is that of rows which never come to the target. The interval
        reaches to the mean itself, which quantiles of few passages need not do.

        Args:
            features: of these states.
            confidence: share of the samples inside.
            weights: of these states.
        """
        where, shares = np.average(features, axis=0, weights=weights), [(1 - confidence) / 2, (1 + confidence) / 2]
        samples, value = self.samples @ where, float(self.coefficients @ where)
        if self.at_target == 0:
            value, samples = (value if value >= 0 else np.inf), np.where(samples >= 0, samples, np.inf)
        # between numbers and infinity there is nothing
        low, high = np.quantile(samples, shares, method="linear" if np.isfinite(samples).all() else "nearest")
        return value, min(float(low), value), max(float(high), value)

    def _bounded(self, values: np.ndarray) -> np.ndarray:
        """A probability where features leave 0 … 1 between the ends."""
        return np.clip(values, 0.0, 1.0) if self.at_target == 1 else values


def committor(
    features: FeatureTrajectories,
    in_source: Rows,
    in_target: Rows,
    lag: int,
    *,
    n_bootstrap: int = 100,
    seed: int = 0,
    weights: Rows | None = None,
) -> Passage:
    """The probability of reaching the target before the source.

    Args:
        features: along trajectories, (time, modes) each, the constant among them.
        in_source: which rows are in the source.
        in_target: which are in the target; no row is in both.
        lag: steps, at most.
        n_bootstrap: samples behind the intervals.
        seed: of the samples.
        weights: how much every row counts; a pair has the weight of its first row.

    Raises:
        ConfigurationError: a lag below 1, or fewer than two samples.
        DataError: a row is in both ends, an end is never visited, or too few rows lie between them.
    """
    if any((source & target).any() for source, target in zip(in_source, in_target, strict=True)):
        raise DataError("a row is both in the source and in the target; choose sets that do not overlap")
    _require_visited("source", in_source)
    ends = [source | target for source, target in zip(in_source, in_target, strict=True)]
    reached = [target.astype(float) for target in in_target]
    return _solved(features, ends, in_target, reached, lag, 1.0, n_bootstrap, seed, weights)


def mean_first_passage_time(
    features: FeatureTrajectories,
    in_target: Rows,
    lag: int,
    *,
    time_step: float | int = 1.0,
    n_bootstrap: int = 100,
    seed: int = 0,
    weights: Rows | None = None,
) -> Passage:
    """The mean time until the target is reached, in the unit of the time step.

    Args:
        features: along trajectories, (time, modes) each, the constant among them.
        in_target: which rows are in the target.
        lag: steps, at most.
        time_step: time of a step.
        n_bootstrap: samples behind the intervals.
        seed: of the samples.
        weights: how much every row counts; a pair has the weight of its first row.

    Raises:
        ConfigurationError: a lag below 1, or fewer than two samples.
        DataError: the target is never visited, or too few rows lie outside.
    """
    elapsed = [time_step * np.arange(len(target)) for target in in_target]
    return _solved(features, in_target, in_target, elapsed, lag, 0.0, n_bootstrap, seed, weights)


def _solved(
    features: FeatureTrajectories,
    ends: Rows,
    in_target: Rows,
    gained: Rows,
    lag: int,
    at_target: float,
    n_bootstrap: int,
    seed: int,
    weights: Rows | None,
) -> Passage:
    """c of Σ f_t ((f_s − f_t)·c + gain) = 0, the gain being what `gained` grows by from t to s."""
    require_integer("lag", lag, 1, "give a number of steps of at least 1")
    _require_visited("target", in_target)
    blocks = list(_moments(features, ends, gained, lag, weights))
    if len(blocks) < 2 or not any(metric.any() for metric, *_ in blocks):
        raise DataError(f"lag={lag}: no pairs of rows begin between the ends; choose smaller ends or a shorter lag")

    def coefficients(
        metric: np.ndarray, step: np.ndarray, gain: np.ndarray, arrived: np.ndarray
    ) -> Float[np.ndarray, " modes"]:
        if not arrived.any():  # least squares would give the smallest numbers that solve nothing
            return np.full(len(metric), np.nan)
        whiten = unit_free_whitening(metric)
        return whiten @ np.linalg.lstsq(-whiten.T @ step @ whiten, whiten.T @ gain[:, 0], rcond=None)[0]

    moments = [np.stack(part) for part in zip(*blocks, strict=True)]
    return Passage(*bootstrapped(moments, coefficients, n_bootstrap, seed), at_target)


def _moments(
    features: FeatureTrajectories, ends: Rows, gained: Rows, lag: int, weights: Rows | None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Σ f_t f_tᵀ, Σ f_t (f_s − f_t)ᵀ, Σ f_t gain and how many pairs arrive, of every block; f is 0 in the ends."""
    lengths = block_lengths([part.shape[0] for part in features], lag)
    counts = [None] * len(features) if weights is None else weights
    for trajectory, in_end, gain, count, length in zip(features, ends, gained, counts, lengths, strict=True):
        n_pairs = trajectory.shape[0] - lag
        stops = _next_end(in_end)
        for start, stop in pairwise([*range(0, max(n_pairs, 0), length), max(n_pairs, 0)]):
            f = np.asarray(read_block(trajectory, start, stop + lag), dtype=float)
            f = np.where(in_end[start : stop + lag, None], 0.0, f)
            begins = np.arange(start, stop)
            reached = np.minimum(begins + lag, stops[start:stop])
            now, step = f[: stop - start], f[reached - start] - f[: stop - start]
            change = np.where(in_end[begins], 0.0, gain[reached] - gain[begins])
            weight = np.ones(len(begins)) if count is None else count[start:stop]
            arrived = np.sum(weight[in_end[reached] & ~in_end[begins]])
            counted = now if count is None else now * weight[:, None]
            yield counted.T @ now, counted.T @ step, (counted.T @ change)[:, None], np.array([[arrived]])


def _next_end(in_end: Bool[np.ndarray, " time"]) -> np.ndarray:
    """Of every row, the first from it on that is in an end; beyond the last row where none is."""
    rows = np.where(in_end, np.arange(len(in_end)), len(in_end))
    return np.minimum.accumulate(rows[::-1])[::-1]


def _require_visited(name: str, rows: Rows) -> None:
    if not any(inside.any() for inside in rows):
        raise DataError(f"no row of the trajectories is in the {name}; choose a larger one or longer trajectories")
