"""Random fields: the covariance that the samples have is the kernel."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.numerics.gaussian_random_field import (
    gaussian_field_on_nodes,
    periodic_gaussian_field,
    periodic_unresolved_part,
    unresolved_part,
)


class UnitVectors(np.random.Generator):
    """In place of noise the rows of the identity, so that the samples are the rows of the covariance's square root."""

    def standard_normal(self, size):
        assert size[0] == np.prod(size[1:])
        return np.eye(size[0]).reshape(size)


def root_of(draw, n_unknowns: int) -> np.ndarray:
    return draw(n_unknowns, UnitVectors(np.random.PCG64(0))).reshape(n_unknowns, n_unknowns)


def kernel_matrix(nodes: np.ndarray, n_dims: int, squared_distance) -> np.ndarray:
    points = np.stack(np.meshgrid(*[nodes] * n_dims, indexing="ij"), axis=-1).reshape(-1, n_dims)
    return np.exp(-squared_distance(points[:, None] - points[None]).sum(axis=-1) / 2)


@pytest.mark.parametrize(("n_points", "n_dims"), [(12, 1), (13, 1), (6, 2), (7, 2), (1, 1), (2, 2)])
@pytest.mark.parametrize("length_scale", [0.2, 0.8])
def test_periodic_samples_have_the_covariance_of_the_kernel(n_points: int, n_dims: int, length_scale: float):
    root = root_of(lambda n, rng: periodic_gaussian_field(n, n_points, n_dims, length_scale, rng), n_points**n_dims)
    nodes = np.arange(n_points) / n_points
    expected = kernel_matrix(nodes, n_dims, lambda d: np.sin(np.pi * d) ** 2 / length_scale**2)
    np.testing.assert_allclose(root.T @ root, expected, atol=1e-12)


def test_zero_mean_samples_are_those_of_the_process_less_their_mean():
    with_mean = periodic_gaussian_field(5, 10, 2, 0.3, np.random.default_rng(1))
    without = periodic_gaussian_field(5, 10, 2, 0.3, np.random.default_rng(1), zero_mean=True)
    np.testing.assert_allclose(without, with_mean - with_mean.mean(axis=(1, 2), keepdims=True), atol=1e-13)


@pytest.mark.parametrize("n_dims", [1, 2])
def test_samples_on_nodes_have_the_covariance_of_the_kernel(n_dims: int):
    nodes = (1 - np.cos(np.pi * np.arange(7) / 6)) / 2
    root = root_of(lambda n, rng: gaussian_field_on_nodes(n, nodes, 0.2, rng, n_dims), 7**n_dims)
    expected = kernel_matrix(nodes, n_dims, lambda d: d**2 / 0.04)
    np.testing.assert_allclose(root.T @ root, expected, atol=1e-12)
    np.testing.assert_allclose(root, root.T, atol=1e-12)


def test_the_empirical_covariance_of_many_samples_is_the_kernel():
    n_samples = 20_000
    nodes = np.array([0.0, 0.1, 0.4, 1.0])
    for samples, expected in (
        (
            periodic_gaussian_field(n_samples, 8, 1, 0.3, np.random.default_rng(0)),
            kernel_matrix(np.arange(8) / 8, 1, lambda d: np.sin(np.pi * d) ** 2 / 0.09),
        ),
        (
            gaussian_field_on_nodes(n_samples, nodes, 0.3, np.random.default_rng(0)).reshape(n_samples, 16),
            kernel_matrix(nodes, 2, lambda d: d**2 / 0.09),
        ),
    ):
        # the estimate of a covariance of two normals of variance 1 has a deviation of at most √(2/n)
        np.testing.assert_allclose(samples.T @ samples / n_samples, expected, atol=5 * np.sqrt(2 / n_samples))


def test_smooth_fields_hold_no_rough_rounding():
    field = periodic_gaussian_field(4, 64, 2, 0.8, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft2(field, norm="forward"))
    assert spectrum[:, 20:45].max() < 1e-14


@pytest.mark.parametrize(("n_points", "length_scale"), [(16, 0.2), (16, 0.1), (15, 0.1), (64, 0.02), (8, 0.01)])
def test_waves_too_short_for_the_points_are_those_that_a_fine_grid_shows(n_points: int, length_scale: float):
    # the variance of samples on a fine grid, wave by wave
    kernel = np.exp(-(np.sin(np.pi * np.arange(4096) / 4096) ** 2) / (2 * length_scale**2))
    variances = np.fft.fft(kernel).real / 4096
    beyond = variances[np.abs(np.fft.fftfreq(4096, 1 / 4096)) > n_points / 2].sum()
    assert periodic_unresolved_part(n_points, length_scale) == pytest.approx(beyond, abs=1e-12)


@pytest.mark.parametrize("length_scale", [1e-5, 1e-9, 1e-200])
def test_without_any_correlation_all_of_a_field_is_too_fine(length_scale: float):
    assert periodic_unresolved_part(16, length_scale) > 0.99
    assert unresolved_part(np.linspace(0, 1, 16), length_scale) > 0.99


@pytest.mark.parametrize(("spacing", "length_scale"), [(0.1, 0.05), (0.2, 0.1), (0.1, 0.1)])
def test_the_widest_gap_of_nodes_decides_what_they_miss(spacing: float, length_scale: float):
    nodes = np.array([0.0, spacing / 3, 4 * spacing / 3, 1.5 * spacing])
    # the Fourier integral of exp(−d²/2ℓ²) at angular frequencies up to π / spacing, by the rectangle rule
    w = np.linspace(0, np.pi / spacing, 401)
    d = np.linspace(-1, 1, 1001)
    density = (np.exp(-(d**2) / (2 * length_scale**2)) * np.cos(w[:, None] * d)).sum(axis=1) * (d[1] - d[0])
    held = np.trapezoid(density, w) / np.pi
    assert unresolved_part(nodes, length_scale) == pytest.approx(1 - held, abs=1e-5)


def test_seeds_repeat_fields_and_the_first_do_not_depend_on_how_many_are_drawn():
    def draw(n_samples: int, seed: int) -> np.ndarray:
        return periodic_gaussian_field(n_samples, 9, 2, 0.2, np.random.default_rng(seed))

    np.testing.assert_array_equal(draw(4, 0), draw(4, 0))
    np.testing.assert_allclose(draw(2, 0), draw(4, 0)[:2], atol=1e-13)
    assert not np.allclose(draw(4, 0), draw(4, 1))
    assert draw(4, 0).shape == (4, 9, 9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 8, 1, 0.2), "at least 1"),
        ((2, 0, 1, 0.2), "at least 1"),
        ((2, 8, 3, 0.2), "n_dims = 3"),
        ((2, 8, 1, 0.0), "length_scale = 0.0"),
        ((2, 8, 1, float("nan")), "length_scale = nan"),
    ],
)
def test_impossible_fields_are_named(arguments, message):
    rng = np.random.default_rng(0)
    with pytest.raises(ConfigurationError, match=message):
        periodic_gaussian_field(*arguments, rng)
    n_samples, n_points, n_dims, length_scale = arguments
    with pytest.raises(ConfigurationError, match=message):
        gaussian_field_on_nodes(n_samples, np.linspace(0, 1, n_points), length_scale, rng, n_dims)


def test_nodes_must_be_finite():
    with pytest.raises(ConfigurationError, match="finite nodes"):
        gaussian_field_on_nodes(1, np.array([0.0, np.nan]), 0.2, np.random.default_rng(0))
