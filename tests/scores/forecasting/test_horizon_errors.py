"""Errors of forecasts against the horizon and start by start, on numbers that a person can add up."""

import numpy as np

from sciml_bench.scores.forecasting.horizon_errors import (
    error_against_horizon,
    relative_errors,
    standardised_errors,
    standardised_squares,
)

DEVIATION = np.array([2.0, 10.0])


def test_errors_that_grow_linearly_in_deviations_are_read_off_the_curve():
    truth = np.random.default_rng(0).normal(size=(5, 8, 2))
    ahead = np.arange(1, 9.0)
    signs = np.array([1, -1, 1, 1, -1])[:, None, None]
    predicted = truth + signs * 0.1 * ahead[:, None] * DEVIATION
    squares = standardised_squares(predicted, truth, DEVIATION)
    np.testing.assert_allclose(error_against_horizon(squares), 0.1 * ahead)
    np.testing.assert_allclose(standardised_errors(squares), np.full(5, 0.1 * np.sqrt(np.mean(ahead**2))))


def test_one_row_stands_for_all_rows_of_persistence():
    truth = np.stack([np.arange(1, 4.0)[:, None] * DEVIATION] * 2)
    squares = standardised_squares(np.zeros((2, 1, 2)), truth, DEVIATION)
    np.testing.assert_allclose(error_against_horizon(squares), [1, 2, 3])


def test_rows_that_lack_a_value_are_left_out_of_every_mean():
    truth = np.ones((2, 3, 2))
    truth[0, 1, 0], truth[:, 2] = np.nan, np.nan
    predicted = np.ones((2, 3, 2)) + DEVIATION
    predicted[1] += DEVIATION
    squares = standardised_squares(predicted, truth, DEVIATION)
    np.testing.assert_allclose(error_against_horizon(squares), [np.sqrt(2.5), 2, np.nan])
    np.testing.assert_allclose(standardised_errors(squares), [1, 2])
    np.testing.assert_allclose(relative_errors(predicted, truth)[0], np.linalg.norm(DEVIATION) / np.sqrt(2))


def test_a_forecast_that_leaves_every_bound_is_infinitely_wrong_from_there_on_alone():
    truth = np.zeros((1, 3, 1)) + 1
    predicted = np.array([[[1.0], [np.nan], [1e200]]])
    errors = error_against_horizon(standardised_squares(predicted, truth, np.ones(1)))
    np.testing.assert_array_equal(errors, [0, np.inf, np.inf])
    assert relative_errors(predicted, truth)[0] == np.inf


def test_relative_errors_are_those_of_the_whole_start():
    truth = np.array([[[3.0], [4.0]], [[0.0], [0.0]]])
    np.testing.assert_allclose(relative_errors(1.2 * truth, truth), [0.2, np.nan])
