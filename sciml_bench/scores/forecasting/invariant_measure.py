"""How far a long forecast and the truth visit different places: distances of their invariant measures.

Rows count, not their order, so that chaos is no excuse. What is not finite, or lies outside the range of the truth, is
weight that the forecast lacks inside.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

Rows = Float[np.ndarray, "rows components"]

N_HISTOGRAM_BINS = 41
N_BINS = 30
MOST_BINNED = 3
"""Components up to which state space is cut into bins."""

_LAPLACE = 1e-5
_MIXTURE_VARIANCE = 1.0
_N_SAMPLES = 1000
_MOST_CENTRES = 10_000


def histogram_distance(predicted: Float[np.ndarray, "_ components"], truth: Rows) -> float:
    """Half the L¹ distance of the histograms of each component, averaged: 0 for equal ones, 1 for disjoint ones.

    The bins divide the range of the truth equally, 41 as in the long-time scores of the Common Task Framework; what
    lies outside has a bin of its own on either side.

    Args:
        predicted: rows of a long forecast.
        truth: rows of a long observation.
    """
    distances = []
    for found, true in zip(predicted.T, truth.T, strict=True):
        edges = np.linspace(true.min(), true.max(), N_HISTOGRAM_BINS + 1)[1:-1] if np.ptp(true) > 0 else true[:1]
        shares = []
        for values in (found, true):
            outside = (values < true.min()).sum(), (~(values <= true.max())).sum()  # nan counts above
            inside = values[(values >= true.min()) & (values <= true.max())]
            counts = np.bincount(np.searchsorted(edges, inside, side="right"), minlength=len(edges) + 1)
            shares.append(np.concatenate([counts, outside]) / len(values))
        distances.append(np.abs(shares[0] - shares[1]).sum() / 2)
    return float(np.mean(distances))


def state_space_divergence(
    predicted: Float[np.ndarray, "_ components"], truth: Rows, n_bins: int = N_BINS, seed: int = 0
) -> float:
    """D_stsp, the Kullback–Leibler divergence of the forecast's invariant measure from that of the truth.

    Up to three components the measures are histograms with `n_bins` bins per axis over the range of the truth and a
    Laplace smoothing of 1e-5 per bin (Koppe, Toutounji, Kirsch, Lis, Durstewitz, PLOS Computational Biology 2019). More
    components: mixtures of Gaussians of variance 1 around the rows (of each as many, spread over time, as make at most
    10 000), compared on 1000 samples of the truth's (Brenner et al., ICML 2022; DynaMix and Panda report the same).
    Unlike in the published code, forecasts outside the truth's range keep their weight, in a bin of their own.

    Args:
        predicted: rows of a long forecast, in deviations.
        truth: rows of a long observation, in deviations.
        n_bins: per axis.
        seed: of the samples.

    Returns:
        nats; infinite where no forecast is finite and there are more than three components.
    """
    if truth.shape[1] > MOST_BINNED:
        return _mixture_divergence(_thinned(predicted), _thinned(truth), seed)
    low, high = truth.min(axis=0), truth.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    size = n_bins ** truth.shape[1] + 1
    shares = []
    for rows in (truth, predicted):
        with np.errstate(invalid="ignore"):
            inside = ((rows >= low) & (rows <= high)).all(axis=1)
        places = np.minimum((n_bins * (rows[inside] - low) / width).astype(int), n_bins - 1)
        flat = np.ravel_multi_index(tuple(places.T), (n_bins,) * truth.shape[1])
        counts = np.bincount(flat, minlength=size).astype(np.float64)
        counts[-1] = len(rows) - inside.sum()
        shares.append((counts + _LAPLACE) / (len(rows) + _LAPLACE * size))
    true, found = shares
    return float(np.sum(true * np.log(true / found)))


def _thinned(rows: Rows) -> Rows:
    return rows[np.unique(np.linspace(0, len(rows) - 1, _MOST_CENTRES).astype(int))]


def _mixture_divergence(predicted: Float[np.ndarray, "_ components"], truth: Rows, seed: int) -> float:
    """By Monte Carlo: the mean over samples of the truth's mixture of the difference of the log densities."""
    finite = predicted[np.isfinite(predicted).all(axis=1)]
    if not len(finite):
        return float("inf")
    rng = np.random.default_rng(seed)
    samples = truth[rng.integers(len(truth), size=_N_SAMPLES)]
    samples = samples + np.sqrt(_MIXTURE_VARIANCE) * rng.standard_normal(samples.shape)

    def log_density(centres: np.ndarray, n_rows: int) -> np.ndarray:
        squares = (samples**2).sum(axis=1)[:, None] - 2 * samples @ centres.T + (centres**2).sum(axis=1)
        return logsumexp(-squares / (2 * _MIXTURE_VARIANCE), axis=1) - np.log(n_rows)

    return float(np.mean(log_density(truth, len(truth)) - log_density(finite, len(predicted))))
