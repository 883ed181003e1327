"""Prediction intervals of ensembles, made honest by split conformal prediction.

Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005); Lei, G'Sell, Rinaldo, Tibshirani and
Wasserman, Distribution-Free Predictive Inference for Regression (JASA 2018), section 5.2, for scores in units of a
spread that differs from place to place.
"""

import numpy as np
from jaxtyping import Bool, Float

LEVEL = 0.9

_SMALLEST_SPREAD = 1e-12
"""Of members that agree, in deviations; their interval is what their residuals make it."""


def residual_scores(
    members: Float[np.ndarray, "members starts rows components"], truth: Float[np.ndarray, "starts rows components"]
) -> Float[np.ndarray, "starts rows components"]:
    """|y − mean| in units of the members' spread: what is ranked. Not finite where a member, or y, is not.

    Args:
        members: forecasts of every member, in deviations.
        truth: what came, in deviations.
    """
    centre, spread = centre_and_spread(members)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(truth - centre) / spread


def centre_and_spread(
    members: Float[np.ndarray, "members starts rows components"],
) -> tuple[Float[np.ndarray, "starts rows components"], Float[np.ndarray, "starts rows components"]]:
    """Mean and sample standard deviation of the members, which are two or more.

    Args:
        members: forecasts of every member, in deviations.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        return members.mean(axis=0), np.maximum(members.std(axis=0, ddof=1), _SMALLEST_SPREAD)


def conformal_intervals(scores: Float[np.ndarray, "calibration *rest"], level: float = LEVEL) -> np.ndarray:
    """The half width of an interval, in units of the scores: their ⌈(n + 1) · level⌉-th smallest among n.

    Where calibration and test scores are exchangeable, a new one is below with a probability of at least `level`, and
    at most level + 1/(n + 1).

    Args:
        scores: of the calibration; what is not a number counts as infinitely large.
        level: of the interval, between 0 and 1.

    Returns:
        one width for every entry of the other axes; infinite where n is too small for the level.
    """
    n_scores = len(scores)
    rank = int(np.ceil((n_scores + 1) * level - 1e-9))
    if rank > n_scores:
        return np.full(scores.shape[1:], np.inf)
    return np.asarray(np.sort(np.where(np.isnan(scores), np.inf, scores), axis=0)[rank - 1])


def coverage_and_width(
    members: Float[np.ndarray, "members starts rows components"],
    truth: Float[np.ndarray, "starts rows components"],
    widths: Float[np.ndarray, "*rest"],
    scored: Bool[np.ndarray, "starts rows"],
) -> tuple[float, float]:
    """The share of what came that lies in mean ± width · spread, and the mean length of these intervals.

    Args:
        members: forecasts of every member, in deviations.
        truth: what came, in deviations.
        widths: in units of the spread, of each row and component or one of all.
        scored: which rows are.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        inside = residual_scores(members, truth) <= widths
        lengths = 2 * widths * centre_and_spread(members)[1]
    lengths = np.broadcast_to(lengths, truth.shape)[scored]
    return float(np.mean(inside[scored])), float(np.mean(np.where(np.isnan(lengths), np.inf, lengths)))
