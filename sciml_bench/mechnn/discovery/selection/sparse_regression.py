"""Sparse least squares that asks what is lost without a term, and not how large its number is.

From all terms on, the one whose removal costs least is removed as long as it costs too little: less than a part of what
is to be explained, or no more than chance, by the rise of the deviance, degrees of freedom · log(sum of squares). What
counts is the fit of the others without it, so that of terms that stand for each other, and may cancel with large
coefficients, only those remain that are needed. The last term of a component stays; how much it explains is for the
reader to judge. What elimination has left competes with what is chosen from one term on (`sparsest_terms`).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.mechnn.discovery.selection.least_squares import LeastSquares
from sciml_bench.mechnn.discovery.selection.sparsest_terms import SparsestTerms


@dataclass(frozen=True, eq=False)
class SparseFit:
    """targets ≈ design · coefficients.

    Args:
        coefficients: zero for the terms that are not there.
        standard_errors: of the same, by the residual's size; 0 for the terms that are not there.
    """

    coefficients: Float[np.ndarray, "terms dim"]
    standard_errors: Float[np.ndarray, "terms dim"]

    @property
    def support(self) -> Bool[np.ndarray, "terms dim"]:
        """Which terms are there."""
        return self.coefficients != 0


def sparse_regression(
    design: Float[np.ndarray, "rows terms"],
    targets: Float[np.ndarray, "rows dim"],
    threshold: float,
    significance: float,
    window: int = 1,
    eliminated_only: bool = False,
) -> SparseFit:
    """Sparse coefficients with targets ≈ design · coefficients.

    Args:
        design: what every term contributes with the coefficient 1.
        targets: one column per component.
        threshold: a term is dropped without which less than this part of the root mean square is lost.
        significance: so is one that the data do not ask for, in standard errors.
        window: rows that follow each other in time, window after window; what is left of them is correlated where the
            motion itself is random, and counts as fewer rows.
        eliminated_only: whether what elimination leaves is the answer, without terms that are chosen from one on.
    """
    # the orthogonal factor is shared by all supports: a few small systems remain
    size = np.linalg.norm(design, axis=0)
    design = design / np.where(size > 0, size, 1.0)
    _, triangle = np.linalg.qr(np.concatenate([design, targets], axis=1))
    n_terms = design.shape[1]
    n_rows = _independent_rows(targets - design @ np.linalg.lstsq(design, targets, rcond=None)[0], window)
    coefficients, errors = np.zeros((2, n_terms, targets.shape[1]))
    for component in range(targets.shape[1]):
        right = triangle[:, n_terms + component]
        if not right.any():
            continue
        terms, rows = triangle[:, :n_terms], float(n_rows[component])
        fit = LeastSquares.of(terms, right, list(range(n_terms)))

        def spared(rise: float, n_dropped: int, fit: LeastSquares, rows: float = rows) -> bool:
            return rise < threshold**2 * fit.total or fit.gain(rise, rows) < n_dropped * significance**2

        while len(fit.places) > 1:
            order = np.argsort(fit.losses)
            several = sum(spared(float(loss), 1, fit) for loss in fit.losses) // 2
            for count in (several, 1) if several > 1 else (1,):
                trial = LeastSquares.of(terms, right, np.delete(fit.places, order[:count]).tolist())
                if spared(max(trial.misfit - fit.misfit, 0.0), count, fit):
                    fit = trial
                    break
            else:
                break
        if significance and not eliminated_only:
            fit = SparsestTerms(terms, right, rows, threshold, significance).found(fit)
        coefficients[fit.places, component] = fit.coefficients
        freedom = max(rows - len(fit.places), 1)
        errors[fit.places, component] = np.sqrt(fit.covariance * fit.misfit / freedom)
    return SparseFit(*(values / np.where(size > 0, size, 1.0)[:, None] for values in (coefficients, errors)))


def _independent_rows(residual: Float[np.ndarray, "rows dim"], window: int) -> Float[np.ndarray, " dim"]:
    """As many independent numbers as tell the mean as precisely as those of a first-order autoregression do."""
    n_rows, dim = residual.shape
    parts = residual.reshape(-1, window, dim)
    total = (parts**2).sum(axis=(0, 1))
    products = (parts[:, 1:] * parts[:, :-1]).sum(axis=(0, 1)) * window / max(window - 1, 1)
    correlation = np.clip(np.divide(products, total, out=np.zeros(dim), where=total > 0), 0.0, 1 - 1 / window)
    return n_rows * (1 - correlation) / (1 + correlation)


def contributions(
    design: Float[np.ndarray, "rows terms"], coefficients: Float[np.ndarray, "terms dim"]
) -> Float[np.ndarray, "terms dim"]:
    """What would be lost without each term of some equations, as a part of the root mean square of what they give.

    Args:
        design: what every term contributes with the coefficient 1.
        coefficients: zero for the terms that are not there, where nothing is lost.
    """
    parts, triangle = np.zeros_like(coefficients), np.linalg.qr(design)[1]
    for component, column in enumerate(coefficients.T):
        kept = np.flatnonzero(column)
        total = np.linalg.norm(triangle @ column)
        if total > 0:
            parts[kept, component] = np.sqrt(LeastSquares.of(triangle, triangle @ column, kept.tolist()).losses) / total
    return parts
