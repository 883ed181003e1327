"""Scores of equations and of parameters, by hand."""

import numpy as np
import pytest

from sciml_bench.scores.equation_scores import equation_scores, parameter_scores

TRUTH = np.array([[0.0, 2.0], [-4.0, 0.0], [0.5, 0.0]])


def test_the_worst_coefficient_is_that_with_the_largest_relative_error():
    found = np.array([[0.0, 2.2], [-4.6, 0.0], [0.49, 0.0]])  # 10 %, 15 % and 2 %
    scores = equation_scores(found, TRUTH)
    assert scores.pop("coefficient_error") == pytest.approx(
        (np.sqrt(0.6**2 + 0.01**2) / np.sqrt(4**2 + 0.5**2) + 0.1) / 2
    )
    support = {"n_terms": 3, "exact_support": 1, "support_f1": 1}
    assert scores == {**support, "worst_coefficient_error": pytest.approx(0.15)}


def test_a_missing_term_counts_one_however_small_it_is():
    scores = equation_scores(np.where(TRUTH == 0.5, 0.0, TRUTH), TRUTH)
    assert scores.pop("coefficient_error") == pytest.approx(0.5 / np.sqrt(4**2 + 0.5**2) / 2)
    # all of the found are true, two of the three true ones are found
    support = {"n_terms": 2, "exact_support": 0, "support_f1": pytest.approx(2 * 1 * (2 / 3) / (1 + 2 / 3))}
    assert scores == {**support, "worst_coefficient_error": 1}


def test_a_term_too_many_spoils_the_support_and_no_coefficient():
    found = TRUTH.copy()
    found[0, 0] = 7.0
    scores = equation_scores(found, TRUTH)
    assert scores.pop("coefficient_error") == pytest.approx(7 / np.sqrt(4**2 + 0.5**2) / 2)
    support = {"n_terms": 4, "exact_support": 0, "support_f1": pytest.approx(2 * (3 / 4) / (3 / 4 + 1))}
    assert scores == {**support, "worst_coefficient_error": 0}


def test_a_coefficient_of_the_wrong_sign_errs_by_twice_its_size():
    assert equation_scores(-TRUTH, TRUTH)["worst_coefficient_error"] == 2


def test_a_component_that_stands_still_has_no_coefficients_to_err_in():
    still = np.array([[0.0, 2.0], [0.0, 0.0]])
    assert equation_scores(still + np.array([[0.1, 0.0], [0.0, 0.2]]), still)["coefficient_error"] == pytest.approx(0.1)


def test_without_a_truth_terms_are_only_counted():
    assert equation_scores(TRUTH) == {"n_terms": 3}


def test_errors_of_parameters_are_relative_to_the_true_ones():
    true = np.array([1.0, 2.0, -4.0, 10.0, 100.0])
    inferred = true * np.array([1.1, 0.8, 1.3, 1.4, 0.5])  # 0.1, 0.2, 0.3, 0.4, 0.5
    scores = parameter_scores("rate", inferred, true, "test")
    # the quantile lies between the two largest: 0.4 + 0.6 · (0.5 − 0.4)
    expected = {"rate_median_error_test": 0.3, "rate_quantile_90_error_test": 0.46}
    assert scores == {name: pytest.approx(value) for name, value in expected.items()}


def test_what_is_unknown_is_infinitely_wrong_and_counted():
    inferred = np.array([1.0, np.inf, 1.0, 1.0])
    scores = parameter_scores("capacity", inferred, np.ones(4), "train")
    assert scores["capacity_unknown_fraction_train"] == 0.25
    assert scores["capacity_median_error_train"] == 0
    assert "capacity_quantile_90_error_train" not in scores  # scores are finite numbers
    assert set(parameter_scores("capacity", np.full(3, np.inf), np.ones(3), "train")) == {
        "capacity_unknown_fraction_train"
    }
    few = np.ones(40)
    few[7] = np.inf
    assert parameter_scores("capacity", few, np.ones(40), "train")["capacity_quantile_90_error_train"] == 0
