import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import DoubleWell


def finite_difference_spectrum(n_points, count, barrier=3.0):
    """Of the generator as a reversible jump process between neighbours, for gamma 1 and temperature 1."""
    x, spacing = np.linspace(-2.6, 2.6, n_points, retstep=True)
    climb = np.diff(barrier * (x**2 - 1) ** 2)
    up, down = np.exp(-climb / 2) / spacing**2, np.exp(climb / 2) / spacing**2
    diagonal, last = -(np.append(up, 0) + np.append(0, down)), n_points - 1
    return eigh_tridiagonal(diagonal, np.sqrt(up * down), select="i", select_range=(last - count + 1, last))[0][::-1]


def test_generator_eigenvalues_are_the_limit_of_finite_differences():
    coarse, fine = finite_difference_spectrum(2601, 8), finite_difference_spectrum(5201, 8)
    extrapolated = fine + (fine - coarse) / 3  # the error falls with the square of the spacing
    np.testing.assert_allclose(DoubleWell().generator_eigenvalues(8), extrapolated, rtol=1e-5, atol=1e-5)


def test_force_is_the_negative_slope_and_curvature_the_slope_of_that_slope():
    process, x, h = DoubleWell(barrier=2.0), np.linspace(-1.6, 1.6, 101), 1e-5
    np.testing.assert_allclose(process.force(x), (process.energy(x - h) - process.energy(x + h)) / (2 * h), atol=1e-7)
    slope = (process.force(x - h) - process.force(x + h)) / (2 * h)
    np.testing.assert_allclose(process._curvature(x), slope, atol=1e-7)
    assert process.energy(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 2, 0]


def test_simulated_correlations_decay_by_the_eigenvalues():
    process, rng = DoubleWell(barrier=1.5), np.random.default_rng(0)
    x = process.initial(30_000, rng)
    now, later = (process.eigenfunctions(3, z) for z in (x, process.step(x, rng)))
    np.testing.assert_allclose(now.T @ later / len(x), np.diag(process.eigenvalues(3)), atol=0.03)


def test_a_barrier_must_be_there():
    with pytest.raises(ConfigurationError, match="barrier"):
        DoubleWell(barrier=0.0)
