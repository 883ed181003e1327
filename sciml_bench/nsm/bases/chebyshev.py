"""Chebyshev polynomials of the first kind, shifted to [0, 1], with ascending Lobatto nodes that include both ends."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import DataError
from sciml_bench.nsm.bases.basis import Basis
from sciml_bench.nsm.bases.matrices import Matrix, require_points

_END_TOLERANCE = 1e-6
"""How far rounding, in float32 at worst, may put a point beyond an end of the interval."""


@dataclass(frozen=True)
class Chebyshev(Basis):
    """T_k(2x − 1), k = 0, …, n − 1; nodes (1 − cos(πj/(n−1)))/2.

    With one mode the only node is the middle of the interval.
    """

    periodic: ClassVar[bool] = False

    @property
    def nodes(self) -> Float[np.ndarray, " modes"]:
        """(1 − cos(πj/(n−1)))/2, symmetric about 1/2 to the last digit."""
        if self.n_modes == 1:
            return np.array([0.5])
        # sin² keeps the digits that 1 − cos loses near the ends
        return np.sin(np.pi * np.arange(self.n_modes) / (2 * (self.n_modes - 1))) ** 2

    def evaluation_matrix(self, points: Float[np.ndarray, " points"]) -> Matrix:
        """Values of the functions (columns) at any points (rows) of [0, 1].

        Raises:
            DataError: a point is not finite or outside [0, 1], or the points are no list.
        """
        positions = require_points(points)
        outside = positions[(positions < -_END_TOLERANCE) | (positions > 1 + _END_TOLERANCE)]
        if len(outside):
            raise DataError(
                f"Chebyshev: {len(outside)} points such as {outside[0]:g} lie outside [0, 1]; leave them out"
            )
        return np.cos(np.arange(self.n_modes) * np.arccos(np.clip(2 * positions - 1, -1.0, 1.0))[:, None])

    @property
    def synthesis_matrix(self) -> Matrix:
        """cos(πk(n−1−j)/(n−1)), free of the rounding of the nodes."""
        if self.n_modes == 1:
            return np.ones((1, 1))
        j, k = np.arange(self.n_modes)[:, None], np.arange(self.n_modes)
        # T_k has the period 2(n−1) in k(n−1−j)
        turns = (k * (self.n_modes - 1 - j)) % (2 * (self.n_modes - 1))
        return np.cos(np.pi * turns / (self.n_modes - 1))

    @property
    def analysis_matrix(self) -> Matrix:
        """The discrete orthogonality of the nodes: first and last mode and node count half."""
        if self.n_modes == 1:
            return np.ones((1, 1))
        half = np.ones(self.n_modes)
        half[0] = half[-1] = 0.5
        return 2 / (self.n_modes - 1) * half[:, None] * self.synthesis_matrix.T * half

    @property
    def derivative_matrix(self) -> Matrix:
        """4j for j > i, j − i odd (the interval has length 1, not 2); the first row halved."""
        i, j = np.arange(self.n_modes)[:, None], np.arange(self.n_modes)
        matrix = np.where((j > i) & ((j - i) % 2 == 1), 4.0 * j, 0.0)
        matrix[0] /= 2
        return matrix

    @property
    def integral_matrix(self) -> Matrix:
        """From n coefficients to the n + 1 of the integral from 0 to x."""
        n = self.n_modes
        matrix = np.zeros((n + 1, n))
        for k in range(1, n + 1):
            matrix[k, k - 1] += (2.0 if k == 1 else 1.0) / (4 * k)
            if k + 1 < n:
                matrix[k, k + 1] -= 1 / (4 * k)
        signs = (-1.0) ** np.arange(1, n + 1)
        matrix[0] = -signs @ matrix[1:]  # T_k(−1) = (−1)^k
        return matrix

    @property
    def gram_matrix(self) -> Matrix:
        """(f(i+j) + f(|i−j|))/2 with f(m) = 1/(1−m²) for even m, else 0."""
        i, j = np.arange(self.n_modes)[:, None], np.arange(self.n_modes)
        return (_mean_of_polynomial(i + j) + _mean_of_polynomial(np.abs(i - j))) / 2

    @property
    def chebyshev_weights(self) -> Float[np.ndarray, " modes"]:
        """Mean of T_k² in the weight 1/(π√(x(1−x))), in which the polynomials are orthogonal: 1, 1/2, 1/2, …"""
        weights = np.full(self.n_modes, 0.5)
        weights[0] = 1.0
        return weights

    def multiplication_matrix(self, factor: Float[np.ndarray, " coefficients"]) -> Matrix:
        """From the coefficients of a series to those of its product with a polynomial.

        Args:
            factor: coefficients of the polynomial.

        Returns:
            (n + len(factor) − 1, n).
        """
        matrix = np.zeros((self.n_modes + len(factor) - 1, self.n_modes))
        for degree, coefficient in enumerate(factor):
            for k in range(self.n_modes):  # T_i T_k = (T_{i+k} + T_{|i−k|})/2
                matrix[degree + k, k] += coefficient / 2
                matrix[abs(degree - k), k] += coefficient / 2
        return matrix

    def _product_modes(self, n_factors: int) -> int:
        return n_factors * (self.n_modes - 1) + 1

    def _fast_synthesis(self, coefficients: Tensor) -> Tensor:
        n = self.n_modes
        if n == 1:
            return coefficients
        inner = coefficients[..., 1:-1] / 2
        spectrum = torch.cat([coefficients[..., :1], inner, coefficients[..., -1:]], dim=-1) * (2 * (n - 1))
        # a cosine series is the transform of an even sequence, whose spectrum is real; ascending nodes reverse it
        values = torch.fft.irfft(torch.complex(spectrum, torch.zeros_like(spectrum)), 2 * (n - 1))[..., :n]
        return values.flip(-1)

    def _fast_analysis(self, values: Tensor) -> Tensor:
        n = self.n_modes
        if n == 1:
            return values
        descending = values.flip(-1)
        even = torch.cat([descending, descending[..., 1:-1].flip(-1)], dim=-1)
        spectrum = torch.fft.rfft(even).real / (n - 1)
        half = torch.ones(n, dtype=values.dtype, device=values.device)
        half[0] = half[-1] = 0.5
        return spectrum * half


def _mean_of_polynomial(degree: np.ndarray) -> np.ndarray:
    even = degree % 2 == 0
    return np.where(even, 1.0, 0.0) / np.where(even, 1.0 - degree.astype(np.float64) ** 2, 1.0)
