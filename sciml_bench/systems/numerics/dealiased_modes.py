"""Fourier modes of real fields on the periodic unit interval or square, few enough that squares are free of aliasing.

On a grid of n points per axis only the frequencies below n/3 are kept (the 2/3 rule of Orszag, J. Atmos. Sci. 28,
1971): the product of two such fields is then exact in all kept frequencies. Coefficients are those of
u(x) = Σ_k c_k exp(2πi k·x); the last axis holds k ≥ 0 only, since u is real.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Complex, Float


class DealiasedModes:
    """The modes of one grid.

    Args:
        resolution: n, points per axis, at least 4.
        n_dims: number of axes, 1 or 2.

    Attributes:
        n_kept: frequencies 0, 1, … that are kept on an axis.
        frequencies: k of every axis, shaped so that they broadcast against the modes; 0 in place of the frequencies
            that are not kept.
        squared: (2π|k|)².
        kept: 1 for the modes that are kept and 0 for the others.
    """

    def __init__(self, resolution: int, n_dims: int) -> None:
        self.resolution, self.n_dims = resolution, n_dims
        self.n_kept = -(-resolution // 3)
        last = np.arange(self.n_kept, dtype=np.float64)
        if n_dims == 1:
            self.kept = np.ones(self.n_kept)
            self.frequencies = (last,)
        else:
            rows = np.fft.fftfreq(resolution, 1 / resolution)
            row_kept = np.abs(rows) < self.n_kept
            self.kept = np.repeat(row_kept[:, None].astype(np.float64), self.n_kept, axis=1)
            self.frequencies = (np.where(row_kept, rows, 0.0)[:, None], last[None])
        self.squared = sum((2 * np.pi * k) ** 2 for k in self.frequencies) * self.kept

    def to_grid(self, modes: Complex[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch2"]:
        """Fields at the points j / resolution."""
        if self.n_dims == 2:
            modes = np.fft.ifft(modes, axis=-2, norm="forward")
        return np.fft.irfft(modes, self.resolution, norm="forward")

    def from_grid(self, values: Float[np.ndarray, "*batch"]) -> Complex[np.ndarray, "*batch2"]:
        """Kept modes of fields at the points j / resolution."""
        modes = np.fft.rfft(values, norm="forward")[..., : self.n_kept]
        return modes if self.n_dims == 1 else self.kept * np.fft.fft(modes, axis=-2, norm="forward")

    def from_finer_grid(self, values: Float[np.ndarray, "batch *grid"]) -> Complex[np.ndarray, "batch *modes"]:
        """Kept modes of fields at the points j / n with any n of at least the resolution."""
        modes = np.fft.rfft(values, norm="forward")[..., : self.n_kept]
        if self.n_dims == 1:
            return modes
        return self._with_rows(np.fft.fft(modes, axis=-2, norm="forward"), self.resolution)

    def at_points(self, modes: Complex[np.ndarray, "batch *modes"], n_points: int) -> Float[np.ndarray, "batch *grid"]:
        """Fields at the points j / n_points of every axis."""
        stride = -(-2 * self.n_kept // n_points)
        n_fine = stride * n_points
        if self.n_dims == 2:
            modes = np.fft.ifft(self._with_rows(modes, n_fine), axis=-2, norm="forward")[..., ::stride, :]
        return np.fft.irfft(modes, n_fine, norm="forward")[..., ::stride]

    def norms(self, modes: Complex[np.ndarray, "batch *modes"], above: float | int = -1) -> Float[np.ndarray, " batch"]:
        """Root mean square over the domain of the part of a field with a frequency above some number on an axis."""
        largest = np.abs(self.frequencies[0])
        for k in self.frequencies[1:]:
            largest = np.maximum(largest, np.abs(k))
        weights = np.where(self.frequencies[-1] > 0, 2.0, 1.0) * (largest > above)  # k and −k
        energy = weights * np.abs(modes) ** 2
        return np.sqrt(energy.reshape(len(modes), -1).sum(axis=1))

    def _with_rows(self, modes: np.ndarray, n_rows: int) -> np.ndarray:
        """The kept modes in an array with another number of rows."""
        moved = np.zeros((*modes.shape[:-2], n_rows, self.n_kept), dtype=np.complex128)
        moved[..., : self.n_kept, :] = modes[..., : self.n_kept, :]
        moved[..., 1 - self.n_kept :, :] = modes[..., 1 - self.n_kept :, :]
        return moved


@lru_cache(maxsize=16)
def dealiased_modes(resolution: int, n_dims: int) -> DealiasedModes:
    """The modes of a grid, made once."""
    return DealiasedModes(resolution, n_dims)
