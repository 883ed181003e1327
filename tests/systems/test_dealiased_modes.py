"""Fourier modes: sums of waves, evaluated and multiplied by hand."""

import numpy as np
import pytest

from sciml_bench.systems.numerics.dealiased_modes import dealiased_modes


def random_modes(resolution: int, n_dims: int, seed: int = 0) -> np.ndarray:
    modes = dealiased_modes(resolution, n_dims)
    values = np.random.default_rng(seed).standard_normal((2,) + (resolution,) * n_dims)
    return modes.from_grid(values)


def sum_of_waves(resolution: int, n_dims: int, coefficients: np.ndarray, n_points: int) -> np.ndarray:
    modes = dealiased_modes(resolution, n_dims)
    grids = np.meshgrid(*[np.arange(n_points) / n_points] * n_dims, indexing="ij")
    total = np.zeros((len(coefficients), *grids[0].shape))
    for index in np.ndindex(*coefficients.shape[1:]):
        frequencies = [k.flat[i] for k, i in zip(modes.frequencies, index, strict=True)]
        wave = np.exp(2j * np.pi * sum(k * x for k, x in zip(frequencies, grids, strict=True)))
        partner = 2.0 if frequencies[-1] > 0 else 1.0
        total += partner * np.einsum("b,...->b...", coefficients[:, *index], wave).real
    return total


@pytest.mark.parametrize(("resolution", "n_dims"), [(12, 1), (13, 1), (8, 2), (9, 2), (10, 2)])
@pytest.mark.parametrize("n_points", [3, 7, 16])
def test_modes_are_the_coefficients_of_waves(resolution: int, n_dims: int, n_points: int):
    modes, coefficients = dealiased_modes(resolution, n_dims), random_modes(resolution, n_dims)
    expected = sum_of_waves(resolution, n_dims, coefficients, n_points)
    np.testing.assert_allclose(modes.at_points(coefficients, n_points), expected, atol=1e-13)
    np.testing.assert_allclose(
        modes.to_grid(coefficients), sum_of_waves(resolution, n_dims, coefficients, resolution), atol=1e-13
    )


@pytest.mark.parametrize(("resolution", "n_dims"), [(12, 1), (13, 1), (8, 2), (9, 2), (10, 2)])
def test_products_are_exact_in_the_kept_frequencies(resolution: int, n_dims: int):
    modes = dealiased_modes(resolution, n_dims)
    first, second = random_modes(resolution, n_dims, 1), random_modes(resolution, n_dims, 2)
    product = modes.from_grid(modes.to_grid(first) * modes.to_grid(second))
    n_fine = 4 * resolution
    fine = modes.at_points(first, n_fine) * modes.at_points(second, n_fine)
    np.testing.assert_allclose(product, modes.from_finer_grid(fine), atol=1e-14)


@pytest.mark.parametrize(("resolution", "n_dims"), [(13, 1), (8, 2), (9, 2)])
def test_norms_are_root_mean_squares(resolution: int, n_dims: int):
    modes, coefficients = dealiased_modes(resolution, n_dims), random_modes(resolution, n_dims)
    values = modes.at_points(coefficients, 40).reshape(2, -1)
    np.testing.assert_allclose(modes.norms(coefficients), np.sqrt((values**2).mean(axis=1)), rtol=1e-12)
    assert (modes.norms(coefficients, above=1.5) < modes.norms(coefficients)).all()
    assert modes.norms(coefficients, above=modes.n_kept) == pytest.approx(0)
