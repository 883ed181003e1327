"""The fewest terms that explain as much as is known: forward, one at a time, with exchanges, and back.

Elimination from all terms on loses its way among those that stand for each other: it drops, one by one, what none of
them alone is needed for, and what remains may cancel with large coefficients. A few terms that are chosen from the
other end may explain as much. An exchange puts the term that leaves least in the place of another, until none leaves
less (sequential replacement; Miller, Subset Selection in Regression, 2002, section 3.3).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.mechnn.discovery.selection.least_squares import LeastSquares

_MOST = 12
"""Terms that are chosen from one on; laws that have more are left to elimination."""

_MATERIAL = 1e-9
"""Part of a sum of squares by which an exchange lowers it at least; less is rounding."""


@dataclass(frozen=True, eq=False)
class SparsestTerms:
    """The search for one component.

    Args:
        terms: candidates, of the size 1.
        right: what they are to explain.
        rows: how many independent numbers that is.
        threshold: a term is not asked for without which less than this part of the root mean square is lost.
        significance: nor is one that lowers the deviance by less than its square.
    """

    terms: Float[np.ndarray, "rows terms"]
    right: Float[np.ndarray, " rows"]
    rows: float
    threshold: float
    significance: float

    def found(self, eliminated: LeastSquares) -> LeastSquares:
        """The fewest terms that the data ask for.

        Args:
            eliminated: what elimination from all terms on has left.
        """
        both = self._pruned(self._from_one_on()), self._pruned(self._exchanged(eliminated.places))
        shorter, longer = sorted(both, key=lambda fit: (len(fit.places), -fit.misfit))
        return longer if self._is_asked_for(longer, shorter) else shorter

    def _is_asked_for(self, longer: LeastSquares, shorter: LeastSquares) -> bool:
        more, rise = len(longer.places) - len(shorter.places), max(shorter.misfit - longer.misfit, 0.0)
        asked = more * self.significance**2 + longer.implausibility - shorter.implausibility
        return rise >= more * self.threshold**2 * longer.total and longer.gain(rise, self.rows) > asked

    def _from_one_on(self) -> LeastSquares:
        """Of each number of terms the best, as long as more may be asked for."""
        n_terms = self.terms.shape[1]
        whole = LeastSquares.of(self.terms, self.right, list(range(n_terms)))
        best = fit = self._exchanged([self._addition([])])
        while len(fit.places) < min(n_terms, _MOST):
            rise, n_more = best.misfit - whole.misfit, len(fit.places) + 1
            chance = max(self.rows - n_more, 1) * np.log1p(rise / max(whole.misfit, np.finfo(float).tiny))
            if rise < self.threshold**2 * whole.total or chance <= self.significance**2:
                break
            fit = self._exchanged([*fit.places, self._addition(fit.places)])
            if self._is_asked_for(fit, best):
                best = fit
        return best

    def _pruned(self, fit: LeastSquares) -> LeastSquares:
        """What is left when the term that is needed least is not asked for, again and again."""
        while len(fit.places) > 1:
            shorter = self._exchanged(np.delete(fit.places, fit.losses.argmin()).tolist())
            if self._is_asked_for(fit, shorter):
                break
            fit = shorter
        return fit

    def _addition(self, places: list[int]) -> int:
        """The term that leaves the least beside others."""
        orthogonal = np.linalg.qr(self.terms[:, places])[0]
        rest = self.terms - orthogonal @ (orthogonal.T @ self.terms)
        size = np.einsum("rt,rt->t", rest, rest)
        gains = (rest.T @ self.right) ** 2 / np.maximum(size, np.finfo(float).eps)
        gains[places] = -1.0
        return int(gains.argmax())

    def _exchanged(self, places: list[int]) -> LeastSquares:
        """As many terms, of which none can be replaced by one that leaves less."""
        fit = LeastSquares.of(self.terms, self.right, places)
        place, unchanged = 0, 0
        while unchanged < len(fit.places) < self.terms.shape[1]:
            others = fit.places[:place] + fit.places[place + 1 :]
            places = [*fit.places[:place], self._addition(others), *fit.places[place + 1 :]]
            trial = LeastSquares.of(self.terms, self.right, places)
            better = trial.misfit < fit.misfit * (1 - _MATERIAL)
            fit, unchanged = (trial, 0) if better else (fit, unchanged + 1)
            place = (place + 1) % len(fit.places)
        return fit
