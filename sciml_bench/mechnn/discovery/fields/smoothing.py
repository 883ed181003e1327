"""Fields without their noise: the motions of a law through windows that overlap."""

from itertools import pairwise

import numpy as np
from jaxtyping import Complex, Float

from sciml_bench.mechnn.discovery.fields.flow_fit import FlowFit

_WINDOW = 4
"""Length of a window, in the rows in which a field changes; they overlap by one quarter."""
_ROWS_OF_GUESS = 5


def first_guesses(
    fit: FlowFit, windows: Complex[np.ndarray, "windows time modes"]
) -> Complex[np.ndarray, "windows model_modes"]:
    """First fields: the mean of a few rows, each mode as far as it stands above the noise.

    Args:
        fit: of the record.
        windows: modes of the rows from these fields on.
    """
    n_rows = min(_ROWS_OF_GUESS, 1 + fit.rows_of_change // 8, windows.shape[1])
    found = np.zeros((len(windows), fit.n_model), dtype=np.complex128)
    found[:, : fit.n_modes] = windows[:, :n_rows].mean(axis=1) * np.maximum(1 - fit.noise / n_rows / fit.power, 0)
    return found


def smoothed(
    fit: FlowFit, modes: Complex[np.ndarray, "batch time modes"], coefficients: Float[np.ndarray, " terms"]
) -> Complex[np.ndarray, "batch time model_modes"]:
    """The fields of some trajectories at all their rows.

    All windows are fitted at once, and again from where the ones before them have come. Where the law does not follow
    what was observed, a window is as it was observed, each mode as far as it stands above the noise.

    Args:
        fit: of the record.
        modes: observed, of consecutive rows.
        coefficients: of the law.
    """
    batch, n_rows = modes.shape[:2]
    overlap, length = fit.rows_of_change, min(_WINDOW * fit.rows_of_change, n_rows)
    n_windows = max(1, -(-(n_rows - overlap) // max(length - overlap, 1)))
    firsts = np.linspace(0, n_rows - length, n_windows).round().astype(int).tolist()
    windows = np.stack([modes[:, first : first + length] for first in firsts], axis=1)
    flat = windows.reshape(-1, *windows.shape[2:])
    starts, motion = first_guesses(fit, flat), np.empty((batch, n_windows, length, fit.n_model), dtype=np.complex128)
    for repetition in range(2 if n_windows > 1 else 1):
        if repetition:
            before = [motion[:, n, after - first] for n, (first, after) in enumerate(pairwise(firsts))]
            again = np.stack([motion[:, 0, 0], *before], axis=1).reshape(starts.shape)
            starts = np.where(np.isfinite(again), again, starts)
        starts, _, _ = fit.improved(flat, starts, coefficients)
        motion = fit.motions(starts, coefficients, length).reshape(motion.shape)
    lost = ~np.isfinite(motion).all(axis=(2, 3))
    motion[lost] = 0
    motion[lost, :, : fit.n_modes] = windows[lost] * np.maximum(1 - fit.noise / fit.power, 0)
    found, reached = np.empty((batch, n_rows, fit.n_model), dtype=np.complex128), 0
    for n, first in enumerate(firsts):
        shared = max(reached - first, 0)
        part = (np.arange(shared) + 1)[:, None] / (shared + 1)
        found[:, first:reached] += part * (motion[:, n, :shared] - found[:, first:reached])
        found[:, first + shared : first + length] = motion[:, n, shared:]
        reached = first + length
    return found
