"""Implied timescales −lag/ln|λ| and how sure one may be of them.

Where the features suffice, the timescales do not depend on the lag: the plot over lags is the first check of any
Markov model (Prinz et al. 2011). The bands come from a bootstrap over trajectories, or blocks of fewer than twenty.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from jaxtyping import Complex, Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.scores.lagged_blocks import Bands, FeatureTrajectories, block_moments, bootstrapped, one_lag_operator

_NEVER = 1 - 1e-12
"""A modulus from which on nothing decays: what is left of 1 is rounding."""


def implied_timescales(
    eigenvalues: Float[np.ndarray, " n"] | Complex[np.ndarray, " n"], lag_time: float | int
) -> Float[np.ndarray, " n"]:
    """The decay times −lag/ln|λ| of eigenvalues, in the unit of the lag time.

    A modulus of 1, but for rounding, or more (the stationary process, or an overfitted one) never decays: infinity; 0
    decays at once: 0.

    Args:
        eigenvalues: of an operator over one lag.
        lag_time: the time of one lag.

    Raises:
        ConfigurationError: the lag time is not positive.
    """
    if not lag_time > 0:
        raise ConfigurationError(f"lag_time={lag_time}: must be positive")
    modulus = np.abs(eigenvalues)
    with np.errstate(divide="ignore"):
        decaying = -lag_time / np.log(np.where(modulus < _NEVER, modulus, 0.5))
    return np.where(modulus < _NEVER, decaying, np.inf)


def timescale_error(
    estimated: Float[np.ndarray, " n"] | Complex[np.ndarray, " n"],
    exact: Float[np.ndarray, " m"] | Complex[np.ndarray, " m"],
) -> float:
    """The largest part 1 − min(t̂, t)/max(t̂, t) by which the slowest decay times differ, without the stationary one.

    It lies between 0 and 1, also of an estimate that never decays or is missing, for both of which it is 1.

    Args:
        estimated: eigenvalues of a model over one lag.
        exact: the leading eigenvalues of the true operator, 1 among them; all others decay.
    """
    ours, theirs = (np.sort(implied_timescales(values, 1))[::-1][1:] for values in (estimated, exact))
    ours = np.concatenate([ours, np.zeros(len(theirs))])[: len(theirs)]
    larger = np.maximum(ours, theirs)
    shares = np.divide(np.minimum(ours, theirs), larger, out=np.ones(len(theirs)), where=larger > 0)
    return float(np.max(1 - shares, initial=0.0))


def implied_timescales_with_bands(
    feature_trajectories: FeatureTrajectories,
    lags: Sequence[int],
    *,
    n_scales: int = 3,
    time_step: float | int = 1.0,
    n_bootstrap: int = 100,
    confidence: float = 0.95,
    block_length: int | None = None,
    seed: int = 0,
    weights: Sequence[np.ndarray] | None = None,
) -> Bands:
    """Implied timescales of the least-squares operator on centred features, for several lags.

    Args:
        feature_trajectories: features along trajectories, (time, modes) each, with or without a constant.
        lags: steps.
        n_scales: how many timescales, the slowest first.
        time_step: time of one step; the timescales have its unit.
        n_bootstrap: number of bootstrap samples.
        confidence: share of the samples inside the band.
        block_length: steps of a resampled block; by default whole trajectories, or about twenty blocks of fewer.
        seed: of the bootstrap.
        weights: as in `block_moments`.

    Returns:
        Arrays (lags, scales) from all data, the slowest first, without the stationary process.

    Raises:
        ConfigurationError: more timescales than features, no lags, or an option out of its range.
        DataError: no trajectory is longer than a lag, or there is only one block.
    """
    n_modes = feature_trajectories[0].shape[1]
    if not 1 <= n_scales <= n_modes or len(lags) == 0:
        raise ConfigurationError(f"n_scales={n_scales}, lags={lags}: choose 1 to {n_modes} scales and at least one lag")
    found = []
    of_lags = block_moments(feature_trajectories, lags, block_length, constant=True, weights=weights)
    for lag, moments in zip(lags, of_lags, strict=True):
        timescales = partial(_centered_timescales, n_scales=n_scales, lag_time=lag * time_step)
        found.append(bootstrapped(moments, timescales, n_bootstrap, seed))
    return Bands.of(found, confidence)


def _centered_timescales(
    now: Float[np.ndarray, "with_constant with_constant"],
    later: Float[np.ndarray, "with_constant with_constant"],
    n_scales: int,
    lag_time: float | int,
) -> Float[np.ndarray, " n_scales"]:
    """Centring takes the stationary process out; a constant among the features then has no variance and drops out."""
    count = now[0, 0]
    mean_now, mean_later = now[0, 1:] / count, later[0, 1:] / count
    covariance = now[1:, 1:] / count - np.outer(mean_now, mean_now)
    correlation = later[1:, 1:] / count - np.outer(mean_now, mean_later)
    eigenvalues = np.linalg.eigvals(one_lag_operator(covariance, correlation))
    return np.sort(implied_timescales(eigenvalues, lag_time))[::-1][:n_scales]
