"""How far a forecast leaves what its system conserves."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics

LARGEST_DRIFT = 1e6
"""Drifts above, also of a motion that is no longer finite, count as this, so that means stay finite."""


def relative_drift(
    found: Float[np.ndarray, "batch time"], expected: Float[np.ndarray, "batch 1"]
) -> Float[np.ndarray, " batch"]:
    """The largest relative departure of a conserved quantity from its true value along each motion.

    Args:
        found: the quantity along predictions; it may be not finite.
        expected: its true value.
    """
    with np.errstate(all="ignore"):
        drift = np.abs(found / expected - 1).max(axis=1)
    return np.minimum(np.nan_to_num(drift, nan=LARGEST_DRIFT, posinf=LARGEST_DRIFT), LARGEST_DRIFT)


def invariant_scores(
    predicted: Float[np.ndarray, "starts rows *state"], truth: Float[np.ndarray, "starts rows *state"], system: Any
) -> tuple[Metrics, dict[str, Float[np.ndarray, " starts"]]]:
    """`invariant_drift` of what the system conserves, of several quantities the largest, and the same of every start.

    Args:
        predicted: whole states of the system.
        truth: the same; the true value is their mean over the rows.
        system: whose `conserved` names functions of states.
    """
    drifts, of_truth = [], []
    for name in getattr(system, "conserved", ()):
        with np.errstate(all="ignore"):
            true, found = (np.asarray(getattr(system, name)(states)) for states in (truth, predicted))
            expected = np.nanmean(true, axis=1, keepdims=True)
        drifts.append(relative_drift(found, expected))
        of_truth.append(relative_drift(np.where(np.isnan(true), expected, true), expected))
    if not drifts:
        return {}, {}
    largest = np.max(drifts, axis=0)
    metrics = {
        "invariant_drift": float(largest.mean()),
        "invariant_drift_median": float(np.median(largest)),
        "invariant_drift_reference": float(np.max(of_truth, axis=0).mean()),
    }
    return metrics, {"invariant_drift": largest}
