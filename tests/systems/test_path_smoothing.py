"""The likeliest path of a linear map, against the dense normal distribution that it is the mean of."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sciml_bench.systems.numerics import path_smoothing
from sciml_bench.systems.numerics.path_smoothing import smoothed_path

ANGLE, N_ROWS = 0.2, 40
TURN = np.array([[np.cos(ANGLE), np.sin(ANGLE)], [-np.sin(ANGLE), np.cos(ANGLE)]])


def turned(rows: np.ndarray) -> np.ndarray:
    return rows @ TURN


def circle(n_rows: int = N_ROWS) -> np.ndarray:
    return np.stack([np.cos(ANGLE * np.arange(n_rows)), np.sin(ANGLE * np.arange(n_rows))], axis=1)


def defects() -> np.ndarray:
    """The matrix that takes all states to x_{n+1} − x_n TURN."""
    links = np.eye(N_ROWS - 1, N_ROWS, 1)
    return np.kron(links, np.eye(2)) - np.kron(np.eye(N_ROWS - 1, N_ROWS), TURN.T)


def test_the_path_of_a_given_ratio_solves_the_normal_equations() -> None:
    observed = circle() + 0.1 * np.random.default_rng(0).standard_normal((N_ROWS, 2))
    for ratio in (0.1, 30.0):
        found = path_smoothing._minimised(observed, turned, observed, ratio)
        expected = np.linalg.solve(np.eye(2 * N_ROWS) + ratio * defects().T @ defects(), observed.ravel())
        assert found is not None
        np.testing.assert_allclose(found[0].ravel(), expected, atol=1e-9)


def test_ratios_are_compared_by_the_likelihood_of_what_was_observed() -> None:
    """Against the density of what does not depend on the first state: the defects of the observations."""
    observed = circle() + 0.1 * np.random.default_rng(0).standard_normal((N_ROWS, 2))
    seen, links = defects() @ observed.ravel(), defects()

    def surprise(ratio: float) -> float:
        shape = links @ links.T + np.eye(len(seen)) / ratio
        noise = seen @ np.linalg.solve(shape, seen) / observed.size  # that makes it likeliest
        density = multivariate_normal(np.zeros(len(seen)), noise * shape)
        return float(-2 * density.logpdf(seen) + 2 * np.log(noise))  # of as many numbers as were observed

    told = [path_smoothing._minimised(observed, turned, observed, ratio)[1] for ratio in (0.3, 100.0)]
    assert told[1] - told[0] == pytest.approx(surprise(100.0) - surprise(0.3), abs=1e-6)


def test_an_exact_map_averages_noise_over_the_whole_record() -> None:
    truth = circle(400)
    observed = truth + 0.1 * np.random.default_rng(1).standard_normal(truth.shape)
    # two numbers of the first state are told by 800: an error of 0.1 √(2/800)
    assert np.sqrt(np.mean((smoothed_path(observed, turned) - truth) ** 2)) < 0.02
    assert np.sqrt(np.mean((observed - truth) ** 2)) > 0.095


def test_a_map_that_tells_nothing_changes_little() -> None:
    observed = np.random.default_rng(2).standard_normal((300, 2))
    told = smoothed_path(observed, lambda rows: np.full_like(rows, 5.0))
    assert np.abs(told - observed).max() < 0.6


def test_clean_rows_of_an_exact_map_stay() -> None:
    np.testing.assert_allclose(smoothed_path(circle(), turned), circle(), atol=1e-10)


def test_a_map_that_leaves_every_bound_leaves_the_rows() -> None:
    observed = circle()
    np.testing.assert_array_equal(smoothed_path(observed, lambda rows: np.full_like(rows, np.nan)), observed)
    np.testing.assert_array_equal(smoothed_path(observed[:2], turned), observed[:2])
