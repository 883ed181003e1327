"""Trigonometric interpolation: the one smooth periodic function of least frequency through samples at j / n.

With an even number of samples the highest frequency n/2 is seen as a cosine only; its interpolant is the cosine, which
keeps the interpolant real and the same whichever way the circle is run through (Trefethen, Spectral Methods in MATLAB,
chapter 3).
"""

import numpy as np
from jaxtyping import Float


def interpolate_periodic(
    values: Float[np.ndarray, "batch *grid"], n_points: int, n_dims: int
) -> Float[np.ndarray, "batch *fine"]:
    """Evaluate the interpolants of periodic samples at the points j / n_points of every axis.

    Args:
        values: samples at the points j / n of each of the last axes.
        n_points: per axis; may be smaller than the number of samples, then the interpolant is sampled, not smoothed.
        n_dims: how many of the last axes are interpolated.
    """
    for axis in range(-n_dims, 0):
        n_samples = values.shape[axis]
        if n_points == n_samples:
            continue
        stride = -(-n_samples // n_points)
        n_fine = stride * n_points
        spectrum = np.moveaxis(np.fft.rfft(values, axis=axis, norm="forward"), axis, -1)
        if n_samples % 2 == 0 and n_fine > n_samples:
            spectrum[..., -1] /= 2  # on the finer grid this frequency has a conjugate partner
        fine = np.fft.irfft(spectrum, n_fine, norm="forward")[..., ::stride]
        values = np.moveaxis(fine, -1, axis)
    return values
