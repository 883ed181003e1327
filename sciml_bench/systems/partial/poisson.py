"""Poisson's equation −Δu = s on the unit square, periodic or with u = 0 on the boundary.

On the periodic square it is one division per Fourier mode. With a boundary it is solved by the Galerkin method in
φ_k = (L_k − L_{k+2}) / √(4k + 6), Legendre polynomials L, whose stiffness matrix is the identity (Shen, SIAM J. Sci.
Comput. 15, 1994); the mass matrix of one axis is diagonalised, and so is the operator.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber
from sciml_bench.core.errors import DataError
from sciml_bench.systems.numerics.gaussian_random_field import gaussian_field_on_nodes, unresolved_part
from sciml_bench.systems.numerics.trigonometric_interpolation import interpolate_periodic
from sciml_bench.systems.partial.partial_differential_equation import LARGEST_MEAN, PartialDifferentialEquation

_N_MODES = 96
"""Of the Galerkin solution, per axis. A source that is not 0 in a corner leaves r² log r there, which limits it."""


@dataclass(frozen=True)
class Poisson(PartialDifferentialEquation):
    """A potential and its source; the source is the parameter.

    Args:
        boundary: "periodic": sources at j / n, continued by trigonometric interpolation, and solutions of mean 0; or
            "dirichlet": sources at the Lobatto nodes (1 − cos(πj / (n − 1))) / 2, continued by the polynomial through
            them, and solutions that are 0 on the boundary.
        length_scale: ℓ of the random sources, in sides of the square.
        n_points: of the random sources, per axis.

    Raises:
        ConfigurationError: an unknown boundary, a length scale that is not positive, or too few points.
    """

    boundary: Any = "periodic"
    length_scale: ConfiguredNumber = 0.2
    n_points: ConfiguredInteger = 16
    n_dims: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if self.boundary not in ("periodic", "dirichlet"):
            raise self._bad_parameter("boundary", "choose one of dirichlet, periodic")
        super().__post_init__()

    @property
    def unresolved_part(self) -> float:
        """The part of the variance of a random source in waves that the points do not hold, along an axis."""
        if self.boundary == "periodic":
            return super().unresolved_part
        return unresolved_part(_lobatto_nodes(self.n_points), self.length_scale)

    def random_parameters(self, n_samples: int, seed: int) -> Float[np.ndarray, "batch x y"]:
        """Sources from a Gaussian process: periodic and of mean 0, or stationary on the Lobatto nodes.

        Raises:
            ConfigurationError: `n_samples` is below 1.
        """
        if self.boundary == "periodic":
            return super().random_parameters(n_samples, seed)
        rng = np.random.default_rng(seed)
        return gaussian_field_on_nodes(n_samples, _lobatto_nodes(self.n_points), self.length_scale, rng)

    def reference(self, parameters: Float[np.ndarray, "batch *grid"], n_points: int) -> Float[np.ndarray, "batch x y"]:
        """The solution at equally spaced points.

        Args:
            parameters: sources on a grid of any size, laid out as `boundary` says.
            n_points: per axis; at j / n_points on the periodic square, otherwise with both ends.

        Raises:
            DataError: sources of the wrong shape, not finite, or on the periodic square of a mean that is not 0.
            ConfigurationError: `n_points` is below 1, or below 2 with a boundary.
        """
        sources = self._checked_fields(parameters)
        self._require_at_least_one(n_points=n_points)
        if self.boundary == "dirichlet":
            return _with_boundary(sources, n_points)
        means = np.abs(sources.mean(axis=(1, 2)))
        if np.any(means > LARGEST_MEAN * np.abs(sources).max(axis=(1, 2))):
            raise DataError(f"Poisson: no periodic solution for sources of mean {means.max():.3g}; subtract their mean")
        return interpolate_periodic(_periodic(sources), n_points, 2)


def _periodic(sources: np.ndarray) -> np.ndarray:
    n = sources.shape[1]
    squared = (2 * np.pi * np.fft.fftfreq(n, 1 / n)[:, None]) ** 2 + (2 * np.pi * np.arange(n // 2 + 1)) ** 2
    inverse = 1 / np.where(squared > 0, squared, np.inf)
    return np.fft.irfft2(inverse * np.fft.rfft2(sources), (n, n))


def _with_boundary(sources: np.ndarray, n_points: int) -> np.ndarray:
    to_modes, directions, variances = _galerkin(sources.shape[1])
    load = to_modes @ sources @ to_modes.T
    modes = directions.T @ load @ directions / (variances[:, None] + variances)
    at_points = _basis(np.linspace(-1.0, 1.0, n_points)) @ directions
    return at_points @ modes @ at_points.T


@lru_cache(maxsize=8)
def _galerkin(n_nodes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values at the nodes → integrals against φ_k, and the eigenvectors and eigenvalues of the mass matrix.

    The interval is [−1, 1], twice as long as that of the problem: the source shrinks by 4.
    """
    points, weights = np.polynomial.legendre.leggauss((n_nodes + _N_MODES) // 2 + 2)  # exact for both integrands
    polynomials = np.polynomial.chebyshev.chebvander(2 * _lobatto_nodes(n_nodes) - 1, n_nodes - 1)
    between = np.linalg.solve(polynomials.T, np.polynomial.chebyshev.chebvander(points, n_nodes - 1).T).T
    to_modes = (weights[:, None] * _basis(points)).T @ between / 2
    k = np.arange(_N_MODES)
    scale = 1 / np.sqrt(4 * k + 6)
    mass = np.diag(scale**2 * (2 / (2 * k + 1) + 2 / (2 * k + 5)))
    coupling = -scale[:-2] * scale[2:] * 2 / (2 * k[:-2] + 5)
    mass += np.diag(coupling, 2) + np.diag(coupling, -2)
    variances, directions = np.linalg.eigh(mass)
    return to_modes, directions, variances


def _basis(points: np.ndarray) -> np.ndarray:
    """φ_k at points of [−1, 1], of shape (point, mode); exactly 0 at both ends up to rounding."""
    legendre = np.polynomial.legendre.legvander(points, _N_MODES + 1)
    return (legendre[:, :-2] - legendre[:, 2:]) / np.sqrt(4 * np.arange(_N_MODES) + 6)


def _lobatto_nodes(n: int) -> np.ndarray:
    return (1 - np.cos(np.pi * np.arange(n) / (n - 1))) / 2
