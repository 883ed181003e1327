"""Coefficients that carry each row to the next: Gauss–Newton on what the flow misses, with the states as observed.

Integrals along windows are as exact as a polynomial through the rows; where rows are few in a period, the flow itself,
integrated between two rows as finely as it asks for, is exact. Of clean rows nothing else has to be estimated.
"""

from dataclasses import replace

import numpy as np
import torch

from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord
from sciml_bench.mechnn.discovery.selection.sparse_regression import contributions

_MOST_ITERATIONS = 8
_ENOUGH = 0.5
"""Of the mean square before: a step that leaves more is the last one; near a law that holds, it leaves far less."""


def carrying_rows(
    record: NoisyRecord, estimate: JointEstimate, tolerance: float, threshold: float, significance: float
) -> JointEstimate:
    """The estimate that misses the next rows least; of a law that holds, without the terms that it does not need.

    Args:
        record: of clean rows.
        estimate: where to start; its states stay.
        tolerance: root mean square below which a law holds from row to row.
        threshold: a term is dropped without which less than this part of the derivative is lost.
        significance: so is one that is smaller, in standard errors.
    """
    found = _least_defect(record, estimate)
    while found.mean_square <= tolerance**2:
        parts = contributions(record.terms(found.states), found.coefficients)
        idle = found.support & ((parts < threshold) | (found.significance < significance))
        idle &= (found.support & ~idle).any(axis=0)  # a component keeps its terms where all of them are idle
        if not idle.any():
            break
        shorter = _least_defect(record, found.without(idle))
        if not shorter.mean_square <= tolerance**2:
            break
        found = shorter
    return found


def _least_defect(record: NoisyRecord, estimate: JointEstimate) -> JointEstimate:
    states, inside = torch.from_numpy(estimate.states), record.intervals > 0
    best, its_design = replace(estimate, mean_square=np.inf), np.zeros((0, int(estimate.support.sum())))
    for _ in range(_MOST_ITERATIONS):
        arrived, _, by_coefficient = record.flow(states, estimate.coefficients, estimate.support)
        defect = (states[1:] - arrived).numpy()[inside].ravel()
        design = by_coefficient.numpy()[inside].reshape(len(defect), -1)
        with np.errstate(over="ignore"):  # of coefficients that leave every bound
            square = float(np.mean(defect**2))
        if not square < best.mean_square or not np.isfinite(design).all():
            break
        is_last = square > _ENOUGH * best.mean_square or record.budget.remaining <= 0
        best, its_design = replace(estimate, mean_square=square), design
        if is_last:
            break
        coefficients = estimate.coefficients.copy()
        coefficients[estimate.support] += np.linalg.lstsq(design, defect, rcond=None)[0]
        estimate = replace(estimate, coefficients=coefficients)
    if not len(its_design):
        return best
    errors = np.zeros_like(best.coefficients)
    freedom = max(len(its_design) - its_design.shape[1], 1)
    variance = best.mean_square * len(its_design) / freedom
    errors[best.support] = np.sqrt(variance * np.maximum(np.diag(np.linalg.pinv(its_design.T @ its_design)), 0.0))
    return replace(best, standard_errors=errors)
