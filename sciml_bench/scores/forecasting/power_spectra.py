"""How far a long forecast and the truth move at different rhythms: D_H, the distance of their power spectra."""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

SMOOTHING = 20.0
"""Deviation of the Gaussian that smooths a spectrum, in frequencies, as in the published code."""


def spectrum_hellinger_distance(
    predicted: Float[np.ndarray, "rows components"],
    truth: Float[np.ndarray, "rows components"],
    smoothing: float | int = SMOOTHING,
) -> float:
    """Hellinger distance √(1 − Σ √(p q)) of the smoothed power spectra p and q, averaged over the components.

    Every component is standardised by its own mean and deviation, its power |F|² smoothed over the frequencies with a
    Gaussian and divided by its sum (Mikhaeil, Monfared and Durstewitz, NeurIPS 2022; Hess et al., ICML 2023). A
    component of the forecast that rests or is not finite has no rhythm, and the largest distance, 1.

    Args:
        predicted: a long forecast, on the clock of the truth.
        truth: as many rows.
        smoothing: deviation of the Gaussian, in frequencies; 0 for none.

    Returns:
        0 for equal spectra, 1 for spectra without a common frequency.
    """
    distances = []
    for found, true in zip(predicted.T, truth.T, strict=True):
        spectra = [_spectrum(values, smoothing) for values in (found, true)]
        if spectra[0] is None or spectra[1] is None:
            distances.append(0.0 if spectra[0] is spectra[1] else 1.0)
            continue
        overlap = float(np.sum(np.sqrt(spectra[0] * spectra[1])))
        distances.append(np.sqrt(max(0.0, 1 - overlap)))
    return float(np.mean(distances))


def _spectrum(values: Float[np.ndarray, " rows"], smoothing: float | int) -> Float[np.ndarray, " frequencies"] | None:
    """Shares of power; None for what rests or is not finite."""
    if not np.isfinite(values).all() or not np.ptp(values) > 0:
        return None
    power = np.abs(np.fft.rfft((values - values.mean()) / values.std())) ** 2
    smooth = gaussian_filter1d(power, smoothing) if smoothing else power
    return smooth / smooth.sum()
