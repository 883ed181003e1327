import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import LinearGaussian, OrnsteinUhlenbeck

DRIFT = np.array([[0.7, 0.4], [-0.3, 0.5]])
NOISE = np.array([[1.0, 0.3], [0.3, 0.5]])


def normal_points(covariance, n_nodes=24):
    """Nodes and weights that integrate polynomials under N(0, covariance) exactly."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
    grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    return grid @ np.linalg.cholesky(covariance).T, np.outer(weights, weights).ravel() / (2 * np.pi)


def series_covariance():
    total, power = np.zeros((2, 2)), np.eye(2)
    for _ in range(500):
        total, power = total + power @ NOISE @ power.T, DRIFT @ power
    return total


def conditional_expectation(functions_of, x):
    noise, weights = normal_points(NOISE)
    return np.stack([weights @ functions_of(DRIFT @ state + noise) for state in x])


def test_stationary_covariance_is_the_sum_of_all_past_noise():
    system = LinearGaussian(DRIFT, NOISE)
    np.testing.assert_allclose(system.stationary_covariance, series_covariance(), atol=1e-12)
    np.testing.assert_allclose(system.autocovariance(2), DRIFT @ DRIFT @ series_covariance(), atol=1e-12)


def test_eigenvalues_are_all_products_of_powers_of_those_of_the_drift():
    value = np.linalg.eigvals(DRIFT)
    value = value[np.argsort(-value.imag)]
    up, down = value
    expected = [1, up, down, abs(up) ** 2, up**2, down**2]
    computed = LinearGaussian(DRIFT, NOISE).eigenvalues(6)
    np.testing.assert_allclose(np.sort_complex(computed), np.sort_complex(np.array(expected)), atol=1e-12)
    np.testing.assert_allclose(LinearGaussian(DRIFT, NOISE).eigenvalues(6, lag=3), computed**3, atol=1e-12)


def test_eigenfunctions_decay_by_their_eigenvalue_in_conditional_expectation():
    system, count = LinearGaussian(DRIFT, NOISE), 15
    x = np.random.default_rng(0).standard_normal((5, 2))
    expectation = conditional_expectation(lambda z: system.eigenfunctions(count, z), x)
    np.testing.assert_allclose(expectation, system.eigenvalues(count) * system.eigenfunctions(count, x), atol=1e-9)


def test_eigenfunctions_have_norm_one_under_the_stationary_law():
    points, weights = normal_points(series_covariance())
    functions = LinearGaussian(DRIFT, NOISE).eigenfunctions(15, points)
    np.testing.assert_allclose(weights @ np.abs(functions) ** 2, 1, atol=1e-9)
    np.testing.assert_allclose(weights @ functions[:, 1:], 0, atol=1e-9)


def test_the_operator_maps_right_singular_functions_to_left_ones():
    system, count = LinearGaussian(DRIFT, NOISE), 10
    points, weights = normal_points(series_covariance())
    left, right = system.singular_functions(count, points)
    np.testing.assert_allclose((left * weights[:, None]).T @ left, np.eye(count), atol=1e-9)
    np.testing.assert_allclose((right * weights[:, None]).T @ right, np.eye(count), atol=1e-9)
    image = conditional_expectation(lambda z: system.singular_functions(count, z)[1], points[:7])
    np.testing.assert_allclose(image, left[:7] * system.singular_values(count), atol=1e-9)


def test_no_singular_value_is_missing_among_the_leading_ones():
    # The sum of all squared singular values is Π 1/(1 − correlation²), from the geometric series in every direction.
    correlation = np.linalg.svd(
        np.linalg.solve(np.linalg.cholesky(series_covariance()), DRIFT @ np.linalg.cholesky(series_covariance())),
        compute_uv=False,
    )
    total = np.prod(1 / (1 - correlation**2))
    assert LinearGaussian(DRIFT, NOISE).maximum_vamp_2(400) == pytest.approx(total, rel=1e-6)


def test_one_dimension_is_the_ornstein_uhlenbeck_process():
    process = OrnsteinUhlenbeck(1.0, 0.8, time_step=0.4)
    decay, variance = np.exp(-0.4), process.stationary_deviation**2
    system = LinearGaussian([[decay]], [[variance * (1 - decay**2)]])
    x = np.linspace(-1, 1, 7)[:, None]
    np.testing.assert_allclose(system.eigenvalues(12, lag=2), process.eigenvalues(12, lag=2), atol=1e-12)
    np.testing.assert_allclose(system.singular_values(12), process.singular_values(12), atol=1e-12)
    # Functions are defined up to their sign.
    computed, expected = system.eigenfunctions(12, x), process.eigenfunctions(12, x)
    np.testing.assert_allclose(np.abs(computed), np.abs(expected), atol=1e-10)


def test_samples_have_the_stationary_covariance_and_autocovariance():
    system = LinearGaussian(DRIFT, NOISE)
    states = system.sample(30, seed=0, n_trajectories=20_000)
    np.testing.assert_allclose(np.cov(states[:, 0].T), series_covariance(), atol=0.06)
    lagged = np.einsum("bti,btj->ij", states[:, 2:], states[:, :-2]) / states[:, 2:, 0].size
    np.testing.assert_allclose(lagged, DRIFT @ DRIFT @ series_covariance(), atol=0.03)


def test_noise_in_one_direction_reaches_all_of_an_oscillator():
    system = LinearGaussian([[0.9, 0.3], [-0.3, 0.9]], [[0.0, 0.0], [0.0, 1.0]])
    residual = np.random.default_rng(0)
    x = system.initial(1000, residual)
    innovation = system.step(x, residual) - x @ np.array(system.drift_matrix).T
    np.testing.assert_allclose(innovation[:, 0], 0, atol=1e-12)
    assert innovation[:, 1].std() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("drift", "noise", "message"),
    [
        ([[1.0]], [[1.0]], "spectral radius 1"),
        ([[0.5, 0.0]], [[1.0]], "two square matrices"),
        ([[0.5, 0.0], [0.0, 0.5]], [[1.0, 0.5], [0.4, 1.0]], "symmetric"),
        ([[0.5, 0.0], [0.0, 0.5]], [[1.0, 2.0], [2.0, 1.0]], "without negative eigenvalues"),
        ([[0.5, 0.0], [0.0, 0.4]], [[1.0, 0.0], [0.0, 0.0]], "never excites"),
    ],
)
def test_matrices_without_a_stationary_density_are_refused(drift, noise, message):
    with pytest.raises(ConfigurationError, match=message):
        LinearGaussian(drift, noise)
