"""Terms are kept for what is lost without them, whatever the size of their numbers."""

import numpy as np
import pytest

from sciml_bench.mechnn.discovery.selection.sparse_regression import contributions, sparse_regression

RNG = np.random.default_rng(0)
DESIGN = RNG.standard_normal((200, 5))


def test_terms_that_add_little_are_dropped_and_the_others_fitted_again() -> None:
    true = np.array([[2.0, 0.0], [0.0, -1.0], [0.002, 0.0], [0.0, 0.5], [0.0, 0.0]])
    found = sparse_regression(DESIGN, DESIGN @ true, 0.01, 4.0)
    np.testing.assert_array_equal(found.support, np.abs(true) >= 0.1)
    refit = np.linalg.lstsq(DESIGN[:, :1], DESIGN @ true[:, 0], rcond=None)[0]
    assert found.coefficients[0, 0] == pytest.approx(refit[0])
    np.testing.assert_allclose(found.coefficients[:, 1], true[:, 1], atol=1e-12)


def test_columns_and_targets_may_have_any_unit() -> None:
    true = np.array([[2.0], [0.0], [0.05], [0.0], [-1.0]])
    targets = DESIGN @ true + 0.1 * RNG.standard_normal((200, 1))
    plain = sparse_regression(DESIGN, targets, 0.01, 4.0)
    units = 2.0 ** np.array([30, -20, 11, 3, -30])
    scaled = sparse_regression(DESIGN * units, 2.0**-7 * targets, 0.01, 4.0)
    np.testing.assert_array_equal(scaled.coefficients * units[:, None] * 2.0**7, plain.coefficients)
    np.testing.assert_array_equal(scaled.standard_errors * units[:, None] * 2.0**7, plain.standard_errors)


def test_of_terms_that_cancel_only_those_remain_that_are_needed() -> None:
    """A sine of small angles is an angle: three large coefficients fit as well as one does."""
    angle = 0.1 * RNG.standard_normal(300)
    design = np.stack([angle, np.sin(angle), np.sin(2 * angle)], axis=1)
    noise = 1e-4 * RNG.standard_normal(300)
    targets = (-9.81 * angle + noise)[:, None]
    dense = np.linalg.lstsq(design, targets, rcond=None)[0]
    assert np.abs(dense).max() > 3 * 9.81 / 4
    found = sparse_regression(design, targets, 0.003, 4.0)
    assert found.support.sum() == 1


def test_a_term_that_chance_explains_is_dropped_and_one_that_is_small_but_certain_stays() -> None:
    noise = RNG.standard_normal((200, 1))
    targets = DESIGN[:, :1] + 0.5 * DESIGN[:, 1:2] + noise
    found = sparse_regression(DESIGN, targets, 1e-3, 4.0)
    np.testing.assert_array_equal(found.support[:, 0], [True, True, False, False, False])
    clean = sparse_regression(DESIGN, DESIGN[:, :1] + 0.02 * DESIGN[:, 1:2] + 1e-4 * noise, 1e-3, 4.0)
    np.testing.assert_array_equal(clean.support[:, 0], [True, True, False, False, False])


def test_standard_errors_are_those_of_least_squares() -> None:
    targets = DESIGN @ np.array([[2.0], [-1.0], [1.0], [1.5], [0.7]]) + 0.3 * RNG.standard_normal((200, 1))
    found = sparse_regression(DESIGN, targets, 1e-3, 4.0)
    solution, misfit = np.linalg.lstsq(DESIGN, targets, rcond=None)[:2]
    expected = np.sqrt(np.diag(np.linalg.inv(DESIGN.T @ DESIGN)) * misfit / 195)
    np.testing.assert_allclose(found.coefficients, solution, rtol=1e-10)
    np.testing.assert_allclose(found.standard_errors[:, 0], expected, rtol=1e-8)


def test_what_is_left_of_a_random_walk_counts_as_few_rows() -> None:
    """Walks that know nothing of each other: most terms are significant if their rows are taken for independent."""
    with_window, without = 0, 0
    for seed in range(40):
        walks = np.random.default_rng(seed).standard_normal((4, 20, 50)).cumsum(axis=2)
        target, *design = (walks - walks.mean(axis=2, keepdims=True)).reshape(4, -1)
        problem = np.stack(design, axis=1), target[:, None], 1e-6, 4.0
        with_window += int(sparse_regression(*problem, window=50).support.sum()) - 1
        without += int(sparse_regression(*problem).support.sum()) - 1
    assert with_window <= 2
    assert without >= 20


def test_the_last_term_stays_and_a_component_that_stands_still_has_none() -> None:
    targets = np.stack([RNG.standard_normal(200), np.zeros(200)], axis=1)
    found = sparse_regression(DESIGN, targets, 0.99, 4.0)
    assert found.support.sum(axis=0).tolist() == [1, 0]


def test_contributions_are_what_is_lost_by_least_squares() -> None:
    coefficients = np.array([[2.0], [0.0], [-1.0], [0.5], [0.0]])
    parts = contributions(DESIGN, coefficients)
    whole = DESIGN @ coefficients
    for term in (0, 2, 3):
        others = DESIGN[:, [other for other in (0, 2, 3) if other != term]]
        rest = whole - others @ np.linalg.lstsq(others, whole, rcond=None)[0]
        assert parts[term, 0] == pytest.approx(np.linalg.norm(rest) / np.linalg.norm(whole), rel=1e-8)
    assert not parts[[1, 4]].any()
