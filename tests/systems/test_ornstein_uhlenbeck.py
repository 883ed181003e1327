import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import OrnsteinUhlenbeck


def test_eigenfunctions_decay_by_their_eigenvalue():
    process, rng = OrnsteinUhlenbeck(relaxation_rate=2, noise_strength=0.7, time_step=0.15), np.random.default_rng(0)
    x = process.stationary_deviation * rng.standard_normal((400_000, 1))
    now, later = (process.eigenfunctions(4, z) for z in (x, process.step(x, rng)))
    np.testing.assert_allclose(now.T @ later / len(x), np.diag(process.eigenvalues(4)), atol=0.02)


def test_eigenvalues_are_those_of_the_generator_by_finite_differences():
    theta, sigma = 1.3, 0.8
    deviation = sigma / np.sqrt(2 * theta)
    x, spacing = np.linspace(-7 * deviation, 7 * deviation, 4000, retstep=True)
    diffusion = sigma**2 / 2
    # Schrödinger form of the generator: -D d²/dx² + theta² x² / (4 D) - theta / 2.
    diagonal = 2 * diffusion / spacing**2 + theta**2 * x**2 / (4 * diffusion) - theta / 2
    rates = eigh_tridiagonal(diagonal, np.full(3999, -diffusion / spacing**2), select="i", select_range=(0, 4))[0]
    process = OrnsteinUhlenbeck(theta, sigma, time_step=0.4)
    np.testing.assert_allclose(process.eigenvalues(5, lag=2), np.exp(-rates * 0.8), atol=1e-4)


def test_one_transition_is_the_limit_of_many_small_euler_steps():
    process, rng = OrnsteinUhlenbeck(1.0, 1.5, time_step=0.5), np.random.default_rng(1)
    exact = process.step(np.full((200_000, 1), 2.0), rng)
    euler = np.full((200_000, 1), 2.0)
    for _ in range(200):
        euler += -euler * 0.0025 + 1.5 * np.sqrt(0.0025) * rng.standard_normal(euler.shape)
    assert exact.mean() == pytest.approx(euler.mean(), abs=0.01)
    assert exact.std() == pytest.approx(euler.std(), abs=0.01)


def test_trajectories_are_stationary_with_exponential_correlation():
    process = OrnsteinUhlenbeck(time_step=0.3)
    states = process.sample(40, seed=0, n_trajectories=50_000)[..., 0]
    np.testing.assert_allclose(states.std(axis=0), process.stationary_deviation, atol=0.02)
    for lag in (1, 4):
        assert np.mean(states[:, lag:] * states[:, :-lag]) == pytest.approx(np.exp(-0.3 * lag), abs=0.01)


def test_quadrature_reproduces_normal_moments_and_the_spectrum():
    process = OrnsteinUhlenbeck(2.0, 0.6, time_step=0.2)
    quadrature, decay = process.quadrature(), np.exp(-0.4)
    variance = 0.36 / 4
    square = quadrature.points**2
    # Isserlis: E[x² y²] = variance² (1 + 2 correlation²).
    moment = quadrature.correlation(square, square)[0, 0]
    assert moment == pytest.approx(variance**2 * (1 + 2 * decay**2), rel=1e-10)
    np.testing.assert_allclose(quadrature.weights @ quadrature.transition, quadrature.weights, atol=1e-12)
    np.testing.assert_allclose(
        quadrature.singular_decomposition(lag=3)[0][:6], process.singular_values(6, lag=3), atol=1e-9
    )


def test_a_quadrature_coarser_than_a_transition_is_refused():
    with pytest.raises(ConfigurationError, match="too coarse"):
        OrnsteinUhlenbeck(time_step=1e-5).quadrature(100)


def test_stationary_density_integrates_to_one_with_the_right_variance():
    process = OrnsteinUhlenbeck(3.0, 0.5)
    x, spacing = np.linspace(-3, 3, 20_001, retstep=True)
    density = process.stationary_density(x[:, None]) * spacing
    assert density.sum() == pytest.approx(1, abs=1e-10)
    assert density @ x**2 == pytest.approx(0.25 / 6, abs=1e-10)


@pytest.mark.parametrize("name", ["relaxation_rate", "noise_strength", "time_step"])
def test_parameters_must_be_positive(name):
    with pytest.raises(ConfigurationError, match=name):
        OrnsteinUhlenbeck(**{name: -1.0})
