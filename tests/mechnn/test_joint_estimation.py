"""States and coefficients together, against SciPy's least squares on the same objective with everything unknown."""

import numpy as np
import pytest
from discovery_cases import library, support_of
from scipy.linalg import expm
from scipy.optimize import least_squares

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord, gains, improve

MU, NOISE = 30.0, 0.05
TERMS = library(2, 1)
PRESENT = {("y", 0): 1.0, ("x", 1): -1.5}


def record_of(lengths=(9, 7), seed=0, noise=NOISE):
    """Two noisy stretches of an oscillator, at uneven times."""
    rng = np.random.default_rng(seed)
    rows, intervals = [], []
    for length in lengths:
        steps = rng.uniform(0.2, 0.4, length - 1)
        x, path = rng.uniform(0.5, 1.0, 2), []
        for step in [*steps, 0.0]:
            path.append(x)
            x = expm(np.array([[0.0, 1.0], [-1.5, 0.0]]) * step) @ x
        rows += path
        intervals += [*steps, 0.0]
    states = np.array(rows)
    return NoisyRecord(states + noise * rng.standard_normal(states.shape), np.array(intervals[:-1]), TERMS, 12)


def residuals(record, unknown, places):
    """√ of the terms of the objective, with exact propagation; unknown = (states, coefficients at `places`)."""
    n = record.observed.size
    states, field = unknown[:n].reshape(-1, 2), np.zeros((2, 2))
    constant = np.zeros(2)
    for (term, component), value in zip(places, unknown[n:], strict=True):
        if term == 0:
            constant[component] = value
        else:
            field[component, term - 1] = value
    augmented = np.zeros((3, 3))
    augmented[:2, :2], augmented[:2, 2] = field, constant
    within = np.flatnonzero(record.intervals > 0)
    flows = expm(augmented * record.intervals[within, None, None])
    now = np.column_stack([states[within], np.ones(len(within))])
    defects = states[within + 1] - np.einsum("nij,nj->ni", flows, now)[:, :2]
    return np.concatenate([(record.observed - states).ravel(), np.sqrt(MU) * np.ravel(defects)])


def optimum(record, support):
    places = np.argwhere(support)
    start = np.concatenate([record.observed.ravel(), [1.1, -1.4]])
    return least_squares(lambda u: residuals(record, u, places), start, "3-point", xtol=1e-12, ftol=1e-14, gtol=1e-12)


@pytest.fixture(scope="module")
def case():
    record = record_of()
    _, support = support_of(TERMS, PRESENT)
    start, _ = support_of(TERMS, {("y", 0): 1.1, ("x", 1): -1.4})
    estimate = improve(record, JointEstimate(record.observed.copy(), start, support, MU))
    return record, estimate, optimum(record, support)


def test_gauss_newton_arrives_at_the_minimum_of_the_whole_problem(case):
    record, estimate, truth = case
    n = record.observed.size
    np.testing.assert_allclose(estimate.coefficients[estimate.support], truth.x[n:], rtol=1e-3)
    np.testing.assert_allclose(estimate.states.ravel(), truth.x[:n], atol=2e-4)
    assert estimate.mean_square == pytest.approx(2 * truth.cost / n, rel=1e-4)
    assert not estimate.coefficients[~estimate.support].any()


def test_standard_errors_are_those_of_the_curvature_times_the_noise_level(case):
    record, estimate, truth = case
    n = record.observed.size
    freedom = n - estimate.support.sum() - 2 * 2  # where both trajectories start is unknown as well
    covariance = np.linalg.inv(truth.jac.T @ truth.jac) * 2 * truth.cost / freedom
    expected = np.sqrt(np.diag(covariance))[n:]
    np.testing.assert_allclose(estimate.standard_errors[estimate.support], expected, rtol=2e-3)
    assert not estimate.standard_errors[~estimate.support].any()
    significance = np.abs(truth.x[n:]) / expected
    np.testing.assert_allclose(estimate.significance[estimate.support], significance, rtol=5e-3)
    assert not estimate.significance[~estimate.support].any()


def test_errors_spread_over_repeated_records_as_the_standard_errors_say():
    _, support = support_of(TERMS, PRESENT)
    start, _ = support_of(TERMS, PRESENT)
    z = []
    for seed in range(20):
        record = record_of((20,), seed)
        found = improve(record, JointEstimate(record.observed.copy(), start, support, 1e3))
        z.append((found.coefficients - start)[support] / found.standard_errors[support])
    assert 0.75 < np.std(z) < 1.3


def test_gains_are_what_a_linear_fit_with_one_more_term_would_lower_the_deviance_by(case):
    record, estimate, truth = case
    n, kept = record.observed.size, np.argwhere(estimate.support)
    found = gains(record, estimate)
    assert not found[estimate.support].any()
    for place in np.argwhere(~estimate.support):
        both = [*kept, place]
        step, columns = 1e-6, []
        point = np.append(truth.x, 0.0)
        for shift in step * np.eye(len(point)):
            ahead, behind = (residuals(record, point + sign * shift, both) for sign in (1, -1))
            columns.append((ahead - behind) / (2 * step))
        residual, jacobian = residuals(record, point, both), np.array(columns).T
        rest = residual - jacobian @ np.linalg.lstsq(jacobian, residual, rcond=None)[0]
        freedom = n - len(kept) - 1 - 2 * 2
        expected = (1 - rest @ rest / (residual @ residual)) * freedom
        assert found[tuple(place)] == pytest.approx(expected, rel=0.02, abs=0.02)


def test_constants_that_are_met_exactly_gain_nothing_by_any_term():
    record, none = NoisyRecord(np.ones((9, 2)), np.full(8, 0.3), TERMS, 12), np.zeros((TERMS.n_terms, 2))
    assert not gains(record, JointEstimate(record.observed.copy(), none, none > 0, 1e3)).any()


def test_an_estimate_without_a_term_no_longer_has_it(case):
    _, estimate, _ = case
    dropped = np.zeros_like(estimate.support)
    dropped[TERMS.names.index("x"), 1] = True
    shorter = estimate.without(dropped)
    assert shorter.support.sum() == 1
    assert not shorter.coefficients[dropped].any()
    assert shorter.mean_square == np.inf


def test_a_field_that_explodes_within_an_interval_is_an_error():
    record = record_of()
    coefficients, support = support_of(TERMS, {("x", 0): 1e8, ("y", 1): 1e8})
    with pytest.raises(SolverError, match="leaves every bound"):
        improve(record, JointEstimate(1e300 * record.observed, coefficients, support, MU))
