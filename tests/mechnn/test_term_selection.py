"""Terms are kept, dropped and added as the likelihood of a noisy record asks for."""

from dataclasses import replace

import numpy as np
import pytest
from discovery_cases import library, support_of
from scipy.integrate import solve_ivp

from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord, improve
from sciml_bench.mechnn.discovery.selection.term_selection import STIFFNESSES, _shortened, refine, select

TERMS = library(2, 2)
TRUE = {("y", 0): 1.0, ("x", 1): -1.0}
NOISE = 0.02


TIMES = 0.15 * np.arange(60)
CIRCLE = np.stack([np.sin(TIMES), np.cos(TIMES)], axis=1)  # x′ = y, y′ = −x


def record_of(clean=CIRCLE):
    """What is observed of it."""
    noisy = clean + NOISE * np.random.default_rng(0).standard_normal(clean.shape)
    return NoisyRecord(noisy, np.diff(TIMES), TERMS, 3)


def estimate_of(record, present, stiffness=100.0):
    coefficients, support = support_of(TERMS, present)
    return improve(record, JointEstimate(record.observed.copy(), coefficients, support, stiffness))


def names_of(estimate):
    return {(TERMS.names[term], int(component)) for term, component in np.argwhere(estimate.support)}


def test_spurious_terms_are_dropped_and_true_ones_kept():
    record = record_of()
    full = estimate_of(record, {**TRUE, ("x y", 0): 0.1, ("x^2", 1): -0.1, ("1", 0): 0.0})
    found = select(record, full, 1e-3, 4.0)
    assert names_of(found) == set(TRUE)


def test_a_missing_term_is_added():
    def rates(t, u):
        return [u[1], -u[0] + 0.4 * u[0] ** 2]

    clean = solve_ivp(rates, (0, TIMES[-1]), [0.0, 0.8], t_eval=TIMES, rtol=1e-9, atol=1e-9).y.T
    record = record_of(clean)
    found = select(record, estimate_of(record, TRUE), 1e-3, 4.0)
    expected, support = support_of(TERMS, {**TRUE, ("x^2", 1): 0.4})
    assert names_of(found) == {*TRUE, ("x^2", 1)}
    assert (np.abs(found.coefficients - expected)[support] < 4 * found.standard_errors[support]).all()


def test_a_drop_stands_only_where_the_likelihood_does_not_object():
    record = record_of()
    estimate = estimate_of(record, {**TRUE, ("x^2", 1): 0.1})
    place = {name: int(np.ravel_multi_index((TERMS.names.index(name), 1), (6, 2))) for name in ("x", "x^2")}
    assert _shortened(record, estimate, np.array([place["x"]]), 4.0) is None  # nothing else restores
    shorter = _shortened(record, estimate, np.array([place["x^2"]]), 4.0)
    assert names_of(shorter) == set(TRUE)
    assert _shortened(record, shorter, np.array([place["x"]]), 4.0) is None  # the last of its component


def test_a_term_that_adds_too_little_is_dropped_however_significant():
    record = record_of()
    estimate = estimate_of(record, {**TRUE, ("x^2", 1): 0.1})
    certain = replace(estimate, standard_errors=1e-9 * (estimate.support))
    assert (certain.significance[certain.support] > 1e4).all()
    assert names_of(select(record, certain, 0.5, 4.0)) == set(TRUE)


def test_a_simpler_term_takes_the_place_of_one_that_tells_no_more():
    """Around y = 1, the product x y is x to a few per cent, which the noise hides."""
    clean = np.stack([0.02 * np.cos(TIMES), 1 - 0.02 * np.sin(TIMES)], axis=1)  # x′ = y − 1, y′ = −x
    noisy = clean + 0.002 * np.random.default_rng(0).standard_normal(clean.shape)
    record = NoisyRecord(noisy, np.diff(TIMES), TERMS, 3)
    product = estimate_of(record, {("1", 0): -1.0, ("y", 0): 1.0, ("x y", 1): -1.0})
    assert names_of(select(record, product, 1e-3, 4.0)) == {("1", 0), ("y", 0), ("x", 1)}


def test_a_component_that_is_noisier_than_others_weighs_less():
    clean = CIRCLE * [1.0, 3.0]  # x′ = y/3, y′ = −3 x
    noise = np.random.default_rng(0).standard_normal(CIRCLE.shape) * [0.002, 0.2]
    record = NoisyRecord(clean + noise, np.diff(TIMES), TERMS, 3)
    coefficients, support = support_of(TERMS, {("y", 0): 1 / 3, ("x", 1): -3.0})
    start = JointEstimate(record.observed.copy(), coefficients, support, 1e3)
    alike = improve(record, start)
    weighted = record.weighted_by_noise(alike.states)
    assert weighted.weights[0] > 5 * weighted.weights[1]
    found = improve(weighted, start)
    assert np.abs(found.states - clean)[:, 1].std() < 0.7 * np.abs(alike.states - clean)[:, 1].std()


def test_a_component_never_loses_its_last_term_for_want_of_significance():
    record = record_of()
    rng = np.random.default_rng(1)
    # nothing moves: no term is significant, and the last one of each component stays
    still = replace(record, observed=1.0 + NOISE * rng.standard_normal(record.observed.shape))
    found = select(still, estimate_of(still, {("x", 0): 0.0, ("y", 1): 0.0}), 0.0, 1e3)
    assert found.support.sum(axis=0).tolist() == [1, 1]


def test_a_last_term_that_is_noise_goes_when_the_true_one_has_come():
    record = record_of()
    found = select(record, estimate_of(record, {("x", 0): 0.0, ("x", 1): -1.0}), 1e-3, 4.0)
    assert names_of(found) == set(TRUE)


def test_the_constraint_is_raised_to_the_strongest_and_noise_is_averaged_over_the_record():
    record = record_of()
    coefficients, support = support_of(TERMS, {**TRUE, ("x y", 0): 0.2})
    found = refine(record, JointEstimate(record.observed.copy(), coefficients, support), 1e-3)
    assert found.stiffness == STIFFNESSES[-1]
    assert names_of(found) == set(TRUE)
    assert np.std(found.states - CIRCLE) < 0.4 * NOISE
    assert np.sqrt(found.mean_square) == pytest.approx(NOISE, rel=0.25)
    assert (np.abs(found.coefficients - support_of(TERMS, TRUE)[0]) < 4 * found.standard_errors + 1e-12).all()
