"""Laws with fewer terms beside the one that a refinement is at."""

import numpy as np
import pytest
from discovery_cases import library, support_of

from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord, improve
from sciml_bench.mechnn.discovery.selection.sparser_laws import sparser, with_terms

TIMES = 0.05 * np.arange(200)
TERMS = library(1, 3)
LAW = {("x", 0): 1.0, ("x^2", 0): -1.0}


def growth(start, noise):
    """x′ = x − x², by its closed form."""
    rows = (1 / (1 + (1 / start - 1) * np.exp(-TIMES)))[:, None]
    return NoisyRecord(rows + noise * np.random.default_rng(0).standard_normal(rows.shape), np.diff(TIMES), TERMS, 3)


def estimate_of(record, present):
    return improve(record, JointEstimate(record.observed.copy(), *support_of(TERMS, present), stiffness=1e4))


def names_of(estimate):
    return [TERMS.names[place] for place in np.flatnonzero(estimate.support[:, 0])]


def test_what_is_left_takes_over_what_all_terms_gave():
    record = growth(0.9, 0.0)
    # 100 (x - 1)³ is hardly there between 0.9 and 1
    whole = {("1", 0): -100.0, ("x", 0): 301.0, ("x^2", 0): -301.0, ("x^3", 0): 100.0}
    estimate = JointEstimate(record.observed, *support_of(TERMS, whole))
    fewer = with_terms(record, estimate, support_of(TERMS, LAW)[1])
    before, after = (record.terms(record.observed) @ each.coefficients for each in (estimate, fewer))
    assert np.abs(after - before).max() < 0.1
    assert np.abs(record.terms(record.observed) @ estimate.without(~fewer.support).coefficients).max() > 20
    assert names_of(fewer) == ["x", "x^2"]


def test_terms_that_chance_asks_for_are_left_out_together():
    record = growth(0.9, 0.01)
    everything = estimate_of(record, {(name, 0): 0.0 for name in TERMS.names})
    assert np.abs(everything.coefficients).max() > 10
    found = sparser(record, everything, 4.0)
    assert found is not None
    assert len(names_of(found)) == 2
    assert np.abs(found.coefficients).max() < 2
    assert sparser(record, found, 4.0) is None


def test_terms_that_the_data_ask_for_stay_although_they_cancel():
    record = growth(0.1, 1e-4)
    law = estimate_of(record, LAW)
    assert sparser(record, law, 4.0) is None
    more = estimate_of(record, {**LAW, ("x^3", 0): 0.0, ("1", 0): 0.0})
    found = sparser(record, more, 4.0)
    assert found is not None
    assert names_of(found) == ["x", "x^2"]


def test_the_other_component_stays_as_it_is():
    terms = library(2, 2)
    rows = np.stack([np.sin(TIMES), np.cos(TIMES)], axis=1)
    noisy = rows + 0.01 * np.random.default_rng(0).standard_normal(rows.shape)
    record = NoisyRecord(noisy, np.diff(TIMES), terms, 3)
    true = {("y", 0): 1.0, ("x", 1): -1.0}
    start = support_of(terms, {**true, ("1", 1): 0.0, ("x^2", 1): 0.0, ("y^2", 1): 0.0})
    estimate = improve(record, JointEstimate(noisy.copy(), *start, stiffness=1e4))
    found = sparser(record, estimate, 4.0)
    assert found is not None
    assert np.array_equal(found.support, support_of(terms, true)[1])
    assert found.coefficients.sum(axis=0) == pytest.approx([1.0, -1.0], abs=0.01)
