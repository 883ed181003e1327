from functools import cache

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal, expm

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import PrinzPotential


def potential(x):
    wells = 0.8 * np.exp(-80 * x**2) + 0.2 * np.exp(-80 * (x - 0.5) ** 2) + 0.5 * np.exp(-40 * (x + 0.5) ** 2)
    return 4 * (x**8 + wells)


@cache
def jump_generator(n_points):
    """Grid, and diagonals of the generator as a reversible jump process between neighbours, for gamma 1, sigma 2."""
    x, spacing = np.linspace(-1.6, 1.6, n_points, retstep=True)
    climb = np.diff(potential(x)) / 2  # V over the temperature 2
    up, down = 2 / spacing**2 * np.exp(-climb / 2), 2 / spacing**2 * np.exp(climb / 2)
    return x, up, down


def finite_difference_spectrum(n_points, count):
    _, up, down = jump_generator(n_points)
    diagonal = -(np.append(up, 0) + np.append(0, down))
    last = n_points - 1
    return eigh_tridiagonal(diagonal, np.sqrt(up * down), select="i", select_range=(last - count + 1, last))[0][::-1]


def test_generator_eigenvalues_are_the_figures_of_record():
    np.testing.assert_allclose(
        PrinzPotential().generator_eigenvalues(5), [0, -4.2347, -21.418, -35.741, -116.33], rtol=3e-5
    )


def test_generator_eigenvalues_are_the_limit_of_finite_differences():
    coarse, fine = finite_difference_spectrum(1601, 6), finite_difference_spectrum(3201, 6)
    extrapolated = fine + (fine - coarse) / 3  # the error falls with the square of the spacing
    np.testing.assert_allclose(PrinzPotential().generator_eigenvalues(6), extrapolated, rtol=1e-5, atol=1e-5)


def test_force_is_the_negative_slope_and_curvature_the_slope_of_that_slope():
    process, x, h = PrinzPotential(), np.linspace(-1.2, 1.2, 101), 1e-5
    np.testing.assert_allclose(process.energy(x), potential(x), atol=1e-13)
    np.testing.assert_allclose(process.force(x), (potential(x - h) - potential(x + h)) / (2 * h), atol=1e-6)
    slope = (process.force(x - h) - process.force(x + h)) / (2 * h)
    np.testing.assert_allclose(process._curvature(x), slope, atol=1e-4)


def test_stationary_density_is_the_boltzmann_law():
    x, spacing = np.linspace(-1.6, 1.6, 40_001, retstep=True)
    boltzmann = np.exp(-potential(x) / 2)
    boltzmann /= boltzmann.sum() * spacing
    np.testing.assert_allclose(PrinzPotential().stationary_density(x[:, None]), boltzmann, atol=1e-8)


def test_eigenfunctions_are_orthonormal_and_solve_the_eigenvalue_equation():
    process, count = PrinzPotential(), 5
    x, spacing = np.linspace(-1.3, 1.3, 5201, retstep=True)
    functions, density = process.eigenfunctions(count, x[:, None]), process.stationary_density(x[:, None])
    np.testing.assert_allclose((functions * density[:, None]).T @ functions * spacing, np.eye(count), atol=1e-5)
    np.testing.assert_array_equal(functions[:, 0], 1)
    # Generator in divergence form, (D / density) (density h')' with D = 2, by central differences.
    middle = process.stationary_density((x[1:] + x[:-1])[:, None] / 2)[:, None]
    flux = middle * np.diff(functions, axis=0) / spacing
    image = 2 * np.diff(flux, axis=0) / spacing / density[1:-1, None]
    inner = np.abs(x[1:-1]) < 1.1
    expected = process.generator_eigenvalues(count) * functions[1:-1]
    np.testing.assert_allclose(image[inner], expected[inner], atol=0.02)


def test_simulated_correlations_decay_by_the_eigenvalues():
    process, rng = PrinzPotential(time_step=0.03, n_substeps=60), np.random.default_rng(0)
    x = process.initial(30_000, rng)
    now, later = (process.eigenfunctions(4, z) for z in (x, process.step(x, rng)))
    # Monte-Carlo error 1/√30000 times the kurtosis of the functions, plus the bias of the Euler–Maruyama steps.
    np.testing.assert_allclose(now.T @ later / len(x), np.diag(process.eigenvalues(4)), atol=0.03)


def test_quadrature_is_the_exponential_of_the_generator():
    x, up, down = jump_generator(641)
    generator = np.diag(up, 1) + np.diag(down, -1) - np.diag(np.append(up, 0) + np.append(0, down))
    weights = np.exp(-potential(x) / 2)
    weights /= weights.sum()
    expected = (weights * x) @ expm(generator * 0.05) @ np.cos(3 * x)
    quadrature = PrinzPotential(time_step=0.05).quadrature()
    moment = quadrature.correlation(quadrature.points, np.cos(3 * quadrature.points))[0, 0]
    assert moment == pytest.approx(expected, abs=1e-4)
    assert quadrature.transition.min() >= 0
    np.testing.assert_allclose(quadrature.transition.sum(axis=1), 1, atol=1e-13)
    np.testing.assert_allclose(quadrature.weights @ quadrature.transition, quadrature.weights, atol=1e-12)


def test_twice_the_friction_at_the_same_temperature_halves_the_rates():
    slow = PrinzPotential(friction=2.0, noise_strength=2 * np.sqrt(2))
    np.testing.assert_allclose(slow.generator_eigenvalues(5), PrinzPotential().generator_eigenvalues(5) / 2, rtol=1e-8)


def test_inner_steps_too_long_for_the_wells_are_refused_with_the_number_needed():
    with pytest.raises(ConfigurationError, match=r"n_substeps = 10: .*give at least"):
        PrinzPotential(time_step=0.05, n_substeps=10)
