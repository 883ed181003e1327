from functools import cache

import numpy as np
import pytest
from scipy.integrate import quad, simpson
from scipy.stats import kstest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import NoisyLogisticMap

# Eigenvalues of the operator in the Fourier basis, computed once with 40 digits (mpmath, Gauss rule of 400 points).
EIGENVALUES_FROM_40_DIGITS = [
    1.0,
    -0.1933380625160521 + 0.19094300161103126j,
    -0.1933380625160521 - 0.19094300161103126j,
    -0.026654592654340004,
    0.022118759910153623,
    0.0053416873407526699,
    -0.0010559199058214973,
    0.00015755434337003789,
    -1.5305687422100815e-5,
    9.3462110436957841e-7,
    -2.7586185130036165e-8,
]


def noise_density(noise):
    mass = quad(lambda s: np.cos(np.pi * s) ** 20, -0.5, 0.5)[0]
    return np.cos(np.pi * noise) ** 20 / mass


@cache
def simpson_discretisation(n_points=801):
    """States, integration lengths, kernel and stationary weights, from the definition by Simpson's rule."""
    x = np.linspace(0, 1, n_points)
    lengths = simpson(np.eye(n_points), x=x)
    kernel = noise_density(x[None, :] - 4 * x[:, None] * (1 - x[:, None])) * lengths
    weights = lengths.copy()
    for _ in range(200):
        weights = weights @ kernel
    return x, lengths, kernel, weights / weights.sum()


def test_leading_eigenvalues_are_the_figures_of_record():
    expected = [1, -0.193338 + 0.190943j, -0.193338 - 0.190943j, -0.026655, 0.022119, 0.005342]
    np.testing.assert_allclose(NoisyLogisticMap().eigenvalues(6), expected, atol=1e-6)


def test_all_eigenvalues_agree_with_forty_digits_and_the_rest_of_the_spectrum_is_zero():
    values = NoisyLogisticMap().eigenvalues(30)
    np.testing.assert_allclose(values[:11], EIGENVALUES_FROM_40_DIGITS, atol=1e-10)
    np.testing.assert_array_equal(values[11:], 0)


def test_singular_values_are_the_figures_of_record():
    expected = [1, 0.92324, 0.89227, 0.69642, 0.65734, 0.42563, 0.40374, 0.21125, 0.20251, 0.08406]
    process = NoisyLogisticMap()
    np.testing.assert_allclose(process.singular_values(10), expected, atol=1e-5)
    assert process.maximum_vamp_2(21) == pytest.approx(4.01047, abs=5e-6)
    np.testing.assert_array_equal(process.singular_values(25)[21:], 0)


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_singular_values_equal_those_of_the_kernel_discretised_by_another_rule(lag):
    _, _, kernel, weights = simpson_discretisation()
    root = np.sqrt(weights)
    values = np.linalg.svd(root[:, None] * np.linalg.matrix_power(kernel, lag) / root, compute_uv=False)
    np.testing.assert_allclose(NoisyLogisticMap().singular_values(21, lag), values[:21], atol=1e-7)


def test_stationary_density_equals_the_limit_of_repeated_transitions():
    x, lengths, _, weights = simpson_discretisation()
    np.testing.assert_allclose(NoisyLogisticMap().stationary_density(x[:, None]), weights / lengths, atol=1e-6)


def test_transition_density_is_the_normalised_noise_around_the_image_modulo_one():
    x, y = np.array([[0.0], [0.13], [0.5], [0.97]]), np.array([[0.02], [0.48], [0.99]])
    wrapped = (y.T - 4 * x * (1 - x) + 0.5) % 1 - 0.5
    np.testing.assert_allclose(NoisyLogisticMap().transition_density(x, y), noise_density(wrapped), atol=1e-12)


def test_eigenfunctions_decay_by_their_eigenvalue_in_conditional_expectation():
    process, count = NoisyLogisticMap(), 11
    x = np.array([[0.05], [0.4], [0.77]])
    nodes, lengths = np.polynomial.legendre.leggauss(300)
    y = (nodes[:, None] + 1) / 2
    density = noise_density(y.T - 4 * x * (1 - x))  # the even power makes it periodic
    expectation = (density * lengths / 2) @ process.eigenfunctions(count, y)
    np.testing.assert_allclose(expectation, process.eigenvalues(count) * process.eigenfunctions(count, x), atol=1e-9)


def test_eigenfunctions_have_norm_one_and_begin_with_the_constant():
    x, _, _, weights = simpson_discretisation()
    functions = NoisyLogisticMap().eigenfunctions(11, x[:, None])
    np.testing.assert_allclose(weights @ np.abs(functions) ** 2, 1, atol=1e-6)
    np.testing.assert_allclose(functions[:, 0], 1, atol=1e-12)


@pytest.mark.parametrize("lag", [1, 2])
def test_the_operator_maps_right_singular_functions_to_left_ones(lag):
    x, _, kernel, weights = simpson_discretisation()
    process, count = NoisyLogisticMap(), 11
    left, right = process.singular_functions(count, x[:, None], lag)
    np.testing.assert_allclose((left * weights[:, None]).T @ left, np.eye(count), atol=1e-5)
    np.testing.assert_allclose((right * weights[:, None]).T @ right, np.eye(count), atol=1e-5)
    image = np.linalg.matrix_power(kernel, lag) @ right
    np.testing.assert_allclose(image, left * process.singular_values(count, lag), atol=1e-5)


def test_quadrature_gives_pair_expectations_of_the_kernel():
    process = NoisyLogisticMap()
    quadrature = process.quadrature(200)
    assert quadrature.weights.sum() == pytest.approx(1, abs=1e-13)
    np.testing.assert_allclose(quadrature.transition.sum(axis=1), 1, atol=1e-13)
    np.testing.assert_allclose(quadrature.weights @ quadrature.transition, quadrature.weights, atol=1e-13)
    x, _, kernel, weights = simpson_discretisation()
    moment = quadrature.correlation(np.exp(quadrature.points), np.sin(5 * quadrature.points))
    expected = (weights * np.exp(x)) @ kernel @ np.sin(5 * x)
    assert moment[0, 0] == pytest.approx(expected, abs=1e-7)


def test_a_coarse_quadrature_is_refused():
    with pytest.raises(ConfigurationError, match="n_points = 12 is too coarse"):
        NoisyLogisticMap().quadrature(12)


def test_noise_follows_its_density_exactly():
    process, rng = NoisyLogisticMap(), np.random.default_rng(0)
    x = rng.random((40_000, 1))
    noise = (process.step(x, rng) - 4 * x * (1 - x) + 0.5) % 1 - 0.5
    grid = np.linspace(-0.5, 0.5, 2001)
    distribution = np.concatenate([[0], np.cumsum(noise_density((grid[1:] + grid[:-1]) / 2)) / 2000])
    assert kstest(noise[:, 0], lambda s: np.interp(s, grid, distribution)).pvalue > 0.01


def test_initial_states_and_long_trajectories_follow_the_stationary_law():
    process = NoisyLogisticMap()
    x, _, _, weights = simpson_discretisation(n_points=801)
    distribution = np.cumsum(weights) - weights / 2
    initial = process.initial(40_000, np.random.default_rng(1))[:, 0]
    assert kstest(initial, lambda s: np.interp(s, x, distribution)).pvalue > 0.01
    path = process.sample(50_000, seed=2)[0, :, 0]
    assert 0 <= path.min() < path.max() <= 1
    # 0.01 is four standard errors of a frequency among 50 000 samples whose correlations die within two steps.
    for threshold in (0.2, 0.5, 0.8):
        assert np.mean(path < threshold) == pytest.approx(np.interp(threshold, x, distribution), abs=0.01)


@pytest.mark.parametrize("order", [0, 3, -2])
def test_a_noise_order_that_is_not_even_and_positive_is_refused(order):
    with pytest.raises(ConfigurationError, match=r"NoisyLogisticMap\.noise_order = .*even integer"):
        NoisyLogisticMap(noise_order=order)


def test_more_functions_than_the_operator_has_are_refused():
    with pytest.raises(ConfigurationError, match="ask for at most 21"):
        NoisyLogisticMap().singular_functions(22, np.zeros((1, 1)))
    with pytest.raises(ConfigurationError, match="ask for at most 11"):
        NoisyLogisticMap().eigenfunctions(12, np.zeros((1, 1)))
