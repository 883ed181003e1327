"""Which terms a noisy record asks for, at a strong constraint: by the change of the likelihood.

A term whose coefficient is small in standard errors is dropped on trial; the drop stands if the deviance, degrees of
freedom · log(mean square), rises by less than the square of the significance: of few rows, chance fits more. An absent
term enters if it would lower the deviance by more. A simpler term takes the place of another where the deviance does
not tell them apart. A component keeps its last term as long as there is no other; its standard error tells what it is
worth.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord, deviances, gains, improve
from sciml_bench.mechnn.discovery.selection.sparse_regression import contributions
from sciml_bench.mechnn.discovery.selection.sparser_laws import sparser, with_terms

STIFFNESSES = (1.0, 10.0, 100.0, 1e3, 1e4)
_SELECTED_AT = (100.0, STIFFNESSES[-1])
_MOST_ROUNDS = 40


def refine(record: NoisyRecord, estimate: JointEstimate, threshold: float, significance: float = 4.0) -> JointEstimate:
    """Raise the constraint step by step, choosing the terms on the way.

    Args:
        record: what was observed.
        estimate: where to start: smoothed states and coefficients from regression.
        threshold: a term is dropped without which less than this part of the derivative is lost.
        significance: in standard errors.

    Raises:
        SolverError: the first estimate leaves every bound.
    """
    for stiffness in STIFFNESSES:
        estimate = improve(record, replace(estimate, stiffness=stiffness, mean_square=np.inf))
        if stiffness in _SELECTED_AT:
            record = record.weighted_by_noise(estimate.states)
            estimate = improve(record, replace(estimate, mean_square=np.inf))
            estimate = select(record, estimate, threshold, significance)
    return estimate


def select(record: NoisyRecord, estimate: JointEstimate, threshold: float, significance: float) -> JointEstimate:
    """Drop and add terms until no change is called for."""
    kept_for_good = np.zeros_like(estimate.support)
    for _ in range(_MOST_ROUNDS):
        alone = estimate.support & (estimate.support.sum(axis=0) == 1)
        weak = estimate.support & ~(kept_for_good | alone) & (estimate.significance < significance)
        if weak.any():
            order = np.argsort(np.where(weak, estimate.significance, np.inf), axis=None)
            several = order[: max(1, int(weak.sum()) // 2)]
            shorter = _shortened(record, estimate, several, significance)
            if shorter is None and len(several) > 1:
                shorter = _shortened(record, estimate, order[:1], significance)
            if shorter is None:
                kept_for_good.flat[order[0]] = True
            else:
                estimate = shorter
            continue
        dispensable = _dispensable(record, estimate, threshold)
        if dispensable.any():
            estimate = improve(record, with_terms(record, estimate, estimate.support & ~dispensable))
            continue
        gain = gains(record, estimate)
        best = int(np.argmax(gain))
        if gain.flat[best] <= significance**2 or kept_for_good.flat[best]:
            better = sparser(record, estimate, significance) or _simpler(record, estimate, significance)
            if better is None:
                break
            estimate = better
            continue
        support = estimate.support.copy()
        support.flat[best] = kept_for_good.flat[best] = True
        estimate = improve(record, replace(estimate, support=support, mean_square=np.inf))
    return estimate


def _simpler(record: NoisyRecord, estimate: JointEstimate, significance: float) -> JointEstimate | None:
    """The estimate with a simpler term in the place of another; None where the data object."""
    supports: list[np.ndarray] = []
    for term, component in np.argwhere(estimate.support):
        for other in record.library.simpler[term]:
            if not estimate.support[other, component]:
                support = estimate.support.copy()
                support[term, component], support[other, component] = False, True
                supports.append(support)
    rises = deviances(record, estimate, supports)
    for place in np.argsort(rises):
        if rises[place] > significance**2:
            break
        try:
            trial = improve(record, with_terms(record, estimate, supports[place]))
        except SolverError:
            continue
        if record.freedom(estimate.support) * np.log(trial.mean_square / estimate.mean_square) < significance**2:
            return trial
    return None


def _dispensable(record: NoisyRecord, estimate: JointEstimate, threshold: float) -> Bool[np.ndarray, "terms dim"]:
    """The least needed term of every component that has another, where less than the threshold is lost without it.

    One at a time: of two terms that stand for each other, neither is needed, but one of them is.
    """
    lost = contributions(record.terms(estimate.states), estimate.coefficients)
    lost[~estimate.support | (estimate.support.sum(axis=0) == 1)] = np.inf
    out = np.zeros_like(estimate.support)
    out[lost.argmin(axis=0), np.arange(out.shape[1])] = lost.min(axis=0) < threshold
    return out


def _shortened(
    record: NoisyRecord, estimate: JointEstimate, dropped: np.ndarray, significance: float
) -> JointEstimate | None:
    """The estimate without some terms; None where the data object."""
    out = np.zeros_like(estimate.support)
    out.flat[dropped] = True
    if (estimate.support.any(axis=0) & ~(estimate.support & ~out).any(axis=0)).any():
        return None
    try:
        shorter = improve(record, with_terms(record, estimate, estimate.support & ~out))
    except SolverError:
        return None
    rise = record.freedom(estimate.support) * np.log(shorter.mean_square / estimate.mean_square)
    return shorter if rise < len(dropped) * significance**2 else None
