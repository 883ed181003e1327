"""Fields without their noise: the motions of a law through windows that overlap, one after the other."""

import numpy as np
from jaxtyping import Complex, Float

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.discovery.fields.flow_fit import FlowFit

_WINDOW = 4
"""Length of a window, in the rows in which a field changes; they overlap by one quarter."""
_ROWS_OF_GUESS = 5


def first_guess(fit: FlowFit, modes: Complex[np.ndarray, "time modes"]) -> Complex[np.ndarray, " model_modes"]:
    """A first field: the mean of a few rows, each mode as far as it stands above the noise.

    Args:
        fit: of the record.
        modes: of the rows from this field on.
    """
    n_rows = min(_ROWS_OF_GUESS, 1 + fit.rows_of_change // 8, len(modes))
    found = np.zeros(fit.n_model, dtype=np.complex128)
    found[: fit.n_modes] = modes[:n_rows].mean(axis=0) * np.maximum(1 - fit.noise / n_rows / fit.power, 0)
    return found


def smoothed(
    fit: FlowFit, modes: Complex[np.ndarray, "time modes"], coefficients: Float[np.ndarray, " terms"]
) -> Complex[np.ndarray, "time model_modes"]:
    """The fields at all rows; every window begins from where the one before it has come.

    Where the law does not follow what was observed, a window is as it was observed, each mode as far as it stands above
    the noise.

    Args:
        fit: of the record.
        modes: observed, of consecutive rows.
        coefficients: of the law.
    """
    n_rows, length = len(modes), _WINDOW * fit.rows_of_change
    n_windows = max(1, -(-(n_rows - fit.rows_of_change) // (length - fit.rows_of_change)))
    firsts = np.linspace(0, max(n_rows - length, 0), n_windows).round().astype(int)
    found = np.empty((n_rows, fit.n_model), dtype=np.complex128)
    start, reached = first_guess(fit, modes), 0
    for first in firsts.tolist():
        rows = modes[first : first + length]
        if reached > first:
            start = found[first]
        try:
            (start,), _, _ = fit.improved([rows], [start], coefficients)
            motion = fit.motion(start, coefficients, len(rows))
        except SolverError:
            motion = np.zeros((len(rows), fit.n_model), dtype=np.complex128)
            motion[:, : fit.n_modes] = rows * np.maximum(1 - fit.noise / fit.power, 0)
        shared = reached - first
        part = (np.arange(shared) + 1)[:, None] / (shared + 1)
        found[first:reached] += part * (motion[:shared] - found[first:reached])
        found[max(first, reached) : first + len(rows)] = motion[max(shared, 0) :]
        reached = first + len(rows)
    return found
