"""Gaussian random fields on tensor grids: the random sources and initial fields of partial differential equations.

On the circle the covariance is exp(−sin²(πd) / (2ℓ²)) per axis, on an interval exp(−d² / (2ℓ²)). Samples are exact: a
covariance matrix on a regular periodic grid is circulant, so the Fourier transform is its eigenbasis (Dietrich and
Newsam, SIAM J. Sci. Comput. 18, 1997); on other tensor grids it is a Kronecker product, and so is its square root.
"""

from math import erfc, isfinite, pi, sqrt

import numpy as np
from jaxtyping import Float
from scipy.special import ive

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.base import Real

_SMALLEST_VARIANCE = 1e-14


def periodic_gaussian_field(
    n_samples: int, n_points: int, n_dims: int, length_scale: Real, rng: np.random.Generator, *, zero_mean: bool = False
) -> Float[np.ndarray, "batch *grid"]:
    """Draw fields of covariance exp(−Σ_i sin²(π d_i) / (2ℓ²)) at the points j / n_points of every axis.

    Args:
        n_samples: how many fields; the first do not depend on how many are drawn.
        n_points: per axis.
        n_dims: number of axes, 1 or 2.
        length_scale: ℓ; distances that are small beside ℓ/π are strongly correlated.
        rng: source of the randomness.
        zero_mean: take from every field its mean over the grid.

    Raises:
        ConfigurationError: a count is below 1, there are more than two axes, or the length scale is not positive.
    """
    _check(n_samples, n_points, n_dims, length_scale)
    row = np.exp(-(np.sin(np.pi * np.arange(n_points) / n_points) ** 2) / (2 * length_scale**2))
    deviations = _roots(np.fft.fft(row).real)
    half = deviations[: n_points // 2 + 1]
    if n_dims == 2:
        half = np.multiply.outer(deviations, half)
    if zero_mean:
        half.flat[0] = 0.0
    axes = tuple(range(1, n_dims + 1))
    noise = rng.standard_normal((n_samples,) + (n_points,) * n_dims)
    return np.fft.irfftn(half * np.fft.rfftn(noise, axes=axes), noise.shape[1:], axes)


def gaussian_field_on_nodes(
    n_samples: int, nodes: Float[np.ndarray, " nodes"], length_scale: Real, rng: np.random.Generator, n_dims: int = 2
) -> Float[np.ndarray, "batch *grid"]:
    """Draw fields of covariance exp(−Σ_i d_i² / (2ℓ²)) on a tensor grid with the same nodes on every axis.

    Args:
        n_samples: how many fields; the first do not depend on how many are drawn.
        nodes: of one axis, anywhere.
        length_scale: ℓ, in the unit of the nodes.
        rng: source of the randomness.
        n_dims: number of axes, 1 or 2.

    Raises:
        ConfigurationError: as `periodic_gaussian_field`, or nodes that are not finite.
    """
    _check(n_samples, len(nodes), n_dims, length_scale)
    if not np.isfinite(nodes).all():
        raise ConfigurationError("Gaussian field: nodes hold values that are not finite: give finite nodes")
    distances = nodes[:, None] - nodes
    variances, directions = np.linalg.eigh(np.exp(-(distances**2) / (2 * length_scale**2)))
    root = (directions * _roots(variances)) @ directions.T
    noise = rng.standard_normal((n_samples,) + (len(nodes),) * n_dims)
    return noise @ root if n_dims == 1 else root @ noise @ root


def periodic_unresolved_part(n_points: int, length_scale: Real) -> float:
    """The part of the variance that lies, along an axis of the circle, in waves shorter than two spacings.

    The covariance e^{−a} e^{a cos 2πd} with a = 1 / (4ℓ²) has the Fourier coefficients e^{−a} I_k(a), of sum 1, and the
    points hold |k| ≤ n / 2. Samples are exact at the points all the same; between them, that part is made up.

    Args:
        n_points: per axis.
        length_scale: ℓ.
    """
    # where a is larger every grid sees white noise, and the Bessel functions are not computed any more
    coefficients = ive(np.arange(n_points // 2 + 1), min(0.25 / length_scale / length_scale, 1e8))
    return float(max(0.0, 1 + coefficients[0] - 2 * coefficients.sum()))


def unresolved_part(nodes: Float[np.ndarray, " nodes"], length_scale: Real) -> float:
    """The same on any nodes, where they are farthest apart: the spectrum is a normal of deviation 1 / ℓ.

    Args:
        nodes: of one axis, increasing.
        length_scale: ℓ, in the unit of the nodes.
    """
    return erfc(pi * length_scale / (sqrt(2) * float(np.diff(nodes).max())))


def _roots(variances: np.ndarray) -> np.ndarray:
    # below is rounding, of either sign, whose roots would make smooth fields rough at the eighth digit
    return np.sqrt(np.where(variances > _SMALLEST_VARIANCE * variances.max(), variances, 0.0))


def _check(n_samples: int, n_points: int, n_dims: int, length_scale: Real) -> None:
    if n_samples < 1 or n_points < 1:
        raise ConfigurationError(f"Gaussian field: {n_samples} samples at {n_points} points: give at least 1 of each")
    if n_dims not in (1, 2):
        raise ConfigurationError(f"Gaussian field: n_dims = {n_dims!r}: give 1 or 2 axes")
    if not (isfinite(length_scale) and length_scale > 0):
        raise ConfigurationError(f"Gaussian field: length_scale = {length_scale!r}: give a number greater than 0")
