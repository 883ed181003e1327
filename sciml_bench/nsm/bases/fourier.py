"""The real Fourier basis on [0, 1]: 1, √2 cos 2πx, √2 sin 2πx, √2 cos 4πx, …, orthonormal in L²."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.nsm.bases.basis import Basis
from sciml_bench.nsm.bases.matrices import Matrix, require_points


@dataclass(frozen=True)
class Fourier(Basis):
    """Modes 1, √2 cos 2πx, √2 sin 2πx, …; nodes j/n, without the end point, which is the start again.

    An even number of modes ends with √2 cos πnx, the Nyquist mode, whose sine vanishes at all nodes. Its derivative
    cannot be told from the nodes and is taken as zero, in the first derivative and therefore in the second as well.

    Args:
        n_modes: number of functions; odd unless a Nyquist mode is wanted.
    """

    periodic: ClassVar[bool] = True

    @property
    def frequencies(self) -> Float[np.ndarray, " modes"]:
        """Waves per unit length of each mode: 0, 1, 1, 2, 2, …"""
        return ((np.arange(self.n_modes) + 1) // 2).astype(np.float64)

    @property
    def nodes(self) -> Float[np.ndarray, " modes"]:
        """j/n."""
        return np.arange(self.n_modes) / self.n_modes

    def evaluation_matrix(self, points: Float[np.ndarray, " points"]) -> Matrix:
        """Values of the functions (columns) at any points (rows), which may lie in any period.

        Raises:
            DataError: a point is not finite, or the points are no list.
        """
        angles = 2 * np.pi * require_points(points)[:, None] * self.frequencies
        is_sine = (np.arange(self.n_modes) % 2 == 0) & (np.arange(self.n_modes) > 0)
        values = math.sqrt(2) * np.where(is_sine, np.sin(angles), np.cos(angles))
        values[:, 0] = 1.0
        return values

    @property
    def analysis_matrix(self) -> Matrix:
        """Sᵀ/n; half of that for a Nyquist mode, whose square sums to 2n."""
        matrix = self.synthesis_matrix.T / self.n_modes
        if self.n_modes % 2 == 0:
            matrix[-1] /= 2
        return matrix

    @property
    def derivative_matrix(self) -> Matrix:
        """Turns every pair (cos, sin) by 2πk; zero for a Nyquist mode."""
        matrix = np.zeros((self.n_modes, self.n_modes))
        for k in range(1, (self.n_modes - 1) // 2 + 1):
            cosine, sine = 2 * k - 1, 2 * k
            matrix[cosine, sine], matrix[sine, cosine] = 2 * np.pi * k, -2 * np.pi * k
        return matrix

    @property
    def gram_matrix(self) -> Matrix:
        """The identity: Parseval's identity is exact."""
        return np.eye(self.n_modes)

    def _product_modes(self, n_factors: int) -> int:
        # two modes for each frequency up to the sum of the highest ones, of which a Nyquist mode is one
        return 2 * n_factors * (self.n_modes // 2) + 1

    def _fast_analysis(self, values: Tensor) -> Tensor:
        n = self.n_modes
        spectrum = torch.fft.rfft(values) * (math.sqrt(2) / n)
        real, imaginary = spectrum.real, spectrum.imag
        first = real[..., :1] / math.sqrt(2)
        n_pairs = (n - 1) // 2
        pairs = torch.stack([real[..., 1 : n_pairs + 1], -imaginary[..., 1 : n_pairs + 1]], dim=-1).flatten(-2)
        parts = [first, pairs]
        if n % 2 == 0:
            parts.append(real[..., n // 2 :] / 2)
        return torch.cat(parts, dim=-1)

    def _fast_synthesis(self, coefficients: Tensor) -> Tensor:
        n = self.n_modes
        n_pairs = (n - 1) // 2
        pairs = coefficients[..., 1 : 2 * n_pairs + 1].unflatten(-1, (n_pairs, 2)) * (n / math.sqrt(2))
        waves = torch.complex(pairs[..., 0], -pairs[..., 1])
        first = torch.complex(coefficients[..., :1] * n, torch.zeros_like(coefficients[..., :1]))
        parts = [first, waves]
        if n % 2 == 0:
            nyquist = coefficients[..., -1:] * (n * math.sqrt(2))
            parts.append(torch.complex(nyquist, torch.zeros_like(nyquist)))
        return torch.fft.irfft(torch.cat(parts, dim=-1), n)
