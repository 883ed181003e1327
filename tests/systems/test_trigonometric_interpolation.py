"""Trigonometric interpolation beside the closed form of its cardinal functions."""

import numpy as np
import pytest

from sciml_bench.systems.numerics.trigonometric_interpolation import interpolate_periodic


def cardinal_functions(n: int, x: np.ndarray) -> np.ndarray:
    """S(x − j/n) of shape (x, j), by their closed form (Trefethen, Spectral Methods in MATLAB, chapter 3)."""
    gap = np.pi * (x[:, None] - np.arange(n) / n)
    at_node = np.abs(np.sin(gap)) < 1e-12
    gap = np.where(at_node, 0.1, gap)
    below = n * (np.tan(gap) if n % 2 == 0 else np.sin(gap))
    return np.where(at_node, 1.0, np.sin(n * gap) / below)


@pytest.mark.parametrize("n_samples", [3, 8, 9])
@pytest.mark.parametrize("n_points", [2, 5, 8, 9, 12, 31, 64])
def test_interpolants_are_sums_of_cardinal_functions(n_samples: int, n_points: int):
    values = np.random.default_rng(0).standard_normal((2, n_samples))
    weights = cardinal_functions(n_samples, np.arange(n_points) / n_points)
    np.testing.assert_allclose(interpolate_periodic(values, n_points, 1), values @ weights.T, atol=1e-12)


@pytest.mark.parametrize("n_points", [5, 20])
def test_squares_are_interpolated_along_both_axes(n_points: int):
    values = np.random.default_rng(0).standard_normal((3, 8, 8))
    weights = cardinal_functions(8, np.arange(n_points) / n_points)
    np.testing.assert_allclose(interpolate_periodic(values, n_points, 2), weights @ values @ weights.T, atol=1e-12)


def test_the_given_values_are_kept_and_not_changed():
    values = np.random.default_rng(0).standard_normal((1, 6, 6))
    before = values.copy()
    np.testing.assert_allclose(interpolate_periodic(values, 18, 2)[:, ::3, ::3], values, atol=1e-13)
    np.testing.assert_array_equal(interpolate_periodic(values, 6, 2), values)
    np.testing.assert_array_equal(values, before)
