"""The scores of the Common Task Framework for Science, at most 100 each (Wyder et al., NeurIPS 2025).

Its norm of a matrix (time × component) is the spectral one, the largest singular value.
"""

import numpy as np
from jaxtyping import Float

from sciml_bench.data.common_task.common_task_record import HISTOGRAM
from sciml_bench.data.common_task.protocol import LONG, SHORT

FAILED = -100.0
"""Of a prediction that is not finite."""

SHORT_ROWS, LONG_ROWS, N_BINS = 20, 500, 41


def score(
    kind: str, long_run: str, truth: Float[np.ndarray, "time dim"], predicted: Float[np.ndarray, "time dim"]
) -> float:
    """The score of a kind.

    Args:
        kind: `short`, the first 20 rows; `long`; or `reconstructed`, all rows.
        long_run: the kind of the long one, `histogram` or `spectrum`.
        truth: what came, or what was there.
        predicted: as many rows.
    """
    if kind == LONG:
        return (histogram_score if long_run == HISTOGRAM else spectrum_score)(truth, predicted)
    n_rows = SHORT_ROWS if kind == SHORT else len(truth)
    return relative_score(truth[:n_rows], predicted[:n_rows])


def relative_score(truth: Float[np.ndarray, "time dim"], predicted: Float[np.ndarray, "time dim"]) -> float:
    """100 (1 − ‖t − p‖₂/‖t‖₂) over all given rows.

    Args:
        truth: what came.
        predicted: as many rows.
    """
    if not np.isfinite(predicted).all():
        return FAILED
    return 100 * (1 - _spectral_norm(truth - predicted) / _spectral_norm(truth))


def _spectral_norm(matrix: Float[np.ndarray, "time dim"]) -> float:
    """By the products of the shorter side, since fields of 10 000 rows would take many seconds otherwise."""
    shorter = matrix if matrix.shape[0] < matrix.shape[1] else matrix.T
    return float(np.sqrt(max(np.linalg.eigvalsh(shorter @ shorter.T)[-1], 0.0)))


def histogram_score(truth: Float[np.ndarray, "time dim"], predicted: Float[np.ndarray, "time dim"]) -> float:
    """100 (1 − d), d the mean over the components of ‖h_t − h_p‖₁/‖h_t‖₁ of histograms of the last 500 rows.

    The 41 bins of a component reach from the least to the largest value of both.

    Args:
        truth: what came.
        predicted: as many rows.
    """
    if not np.isfinite(predicted).all():
        return FAILED
    distances = []
    for true, found in zip(truth[-LONG_ROWS:].T, predicted[-LONG_ROWS:].T, strict=True):
        ends = (min(true.min(), found.min()), max(true.max(), found.max()))
        counts = [np.histogram(values, bins=N_BINS, range=ends)[0].astype(np.float64) for values in (true, found)]
        distances.append(np.abs(counts[0] - counts[1]).sum() / counts[0].sum())
    return 100 * (1 - float(np.mean(distances)))


def spectrum_score(truth: Float[np.ndarray, "time points"], predicted: Float[np.ndarray, "time points"]) -> float:
    """100 (1 − ‖s_t − s_p‖₂/‖s_t‖₂), s the mean power spectrum of the last 20 rows, of its first 100 modes.

    This is our reading of the protocol of Kuramoto–Sivashinsky fields.

    Args:
        truth: fields that came.
        predicted: as many.
    """
    if not np.isfinite(predicted).all():
        return FAILED
    true, found = (
        (np.abs(np.fft.rfft(rows[-SHORT_ROWS:], axis=1)) ** 2).mean(axis=0)[:100] for rows in (truth, predicted)
    )
    return 100 * (1 - float(np.linalg.norm(true - found) / np.linalg.norm(true)))
