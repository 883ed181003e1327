"""Laws with fewer terms beside the one that a refinement is at.

Terms that cancel with large coefficients cannot be dropped one at a time: what one of them leaves behind is balanced by
none, and leaves every bound. So the terms that stay take over what all gave together, before they are estimated anew;
and the whole law competes with the fewest terms that explain as much (`SparsestTerms`), in the likelihood of the
record, linear in the coefficients around the estimate.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord, improve, linearize
from sciml_bench.mechnn.discovery.selection.least_squares import LeastSquares, implausibility
from sciml_bench.mechnn.discovery.selection.sparsest_terms import SparsestTerms


def with_terms(record: NoisyRecord, estimate: JointEstimate, support: Bool[np.ndarray, "terms dim"]) -> JointEstimate:
    """The estimate with other terms, which give as nearly what the others gave along its states as they can.

    Args:
        record: what was observed.
        estimate: where it is.
        support: the terms to be there.
    """
    terms = record.terms(estimate.states)
    rates, coefficients = terms @ estimate.coefficients, np.where(support, estimate.coefficients, 0.0)
    for component in np.flatnonzero((support != estimate.support).any(axis=0)):
        kept = support[:, component]
        coefficients[kept, component] = np.linalg.lstsq(terms[:, kept], rates[:, component], rcond=None)[0]
    return replace(estimate, coefficients=coefficients, support=support, mean_square=np.inf)


def sparser(record: NoisyRecord, estimate: JointEstimate, significance: float) -> JointEstimate | None:
    """A law with fewer terms that the data do not object to; None where they object to all.

    Terms that cancel are uncertain; a component whose terms are all certain has no other law.

    Args:
        record: what was observed.
        estimate: improved.
        significance: of a term, in standard errors.
    """
    weak = (estimate.support & (estimate.significance < significance)).any(axis=0)
    components = np.flatnonzero(weak & (estimate.support.sum(axis=0) > 1))
    if not len(components):
        return None
    everything = replace(estimate, support=np.ones_like(estimate.support))
    linear, shape = linearize(record, everything), estimate.support.shape
    directions = linear.directions.reshape(-1, *shape)
    for component in components:
        own, present = directions[:, :, component], estimate.support[:, component]
        others = estimate.support & (np.arange(shape[1]) != component)
        right = own @ estimate.coefficients[:, component] - linear.residual
        columns = np.concatenate([directions[:, others], own, right[:, None]], axis=1)
        triangle = np.linalg.qr(columns)[1][others.sum() :, others.sum() :]
        terms = triangle[:, :-1] / np.maximum(np.linalg.norm(triangle[:, :-1], axis=0), np.finfo(float).tiny)
        search = SparsestTerms(terms, triangle[:, -1], float(record.freedom(others)), 0.0, significance)
        found = search.found(LeastSquares.of(terms, triangle[:, -1], np.flatnonzero(present).tolist()))
        if len(found.places) >= present.sum():
            continue
        support = estimate.support.copy()
        support[:, component] = False
        support[found.places, component] = True
        try:
            trial = improve(record, with_terms(record, estimate, support))
        except SolverError:
            continue
        rise = record.freedom(estimate.support) * np.log(trial.mean_square / estimate.mean_square)
        asked = (present.sum() - len(found.places)) * significance**2
        if rise < asked + implausibilities(record, estimate).sum() - implausibilities(record, trial).sum():
            return trial
    return None


def implausibilities(record: NoisyRecord, estimate: JointEstimate) -> Float[np.ndarray, " dim"]:
    """How much less likely the terms of every component are beforehand, the larger they are beside their sum."""
    terms = record.terms(estimate.states)
    total = np.mean((terms @ estimate.coefficients) ** 2, axis=0)
    squares = np.mean(terms**2, axis=0)[:, None] * estimate.coefficients**2
    return np.array([implausibility(ratios) for ratios in (squares / np.where(total > 0, total, 1.0)).T])
