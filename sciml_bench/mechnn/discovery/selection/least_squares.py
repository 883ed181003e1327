"""Least squares with some of the candidate terms of one component, and what a comparison of two needs."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_ROUNDING = 1e-12
"""Relative to what is to be explained: residuals are no smaller."""


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """right ≈ terms[:, places] · coefficients.

    Args:
        places: of the terms that are there.
        coefficients: of them.
        covariance: (AᵀA)⁻¹, its diagonal.
        misfit: the sum of squares that is left.
        total: the sum of squares of what is to be explained.
    """

    places: list[int]
    coefficients: Float[np.ndarray, " kept"]
    covariance: Float[np.ndarray, " kept"]
    misfit: float
    total: float

    @classmethod
    def of(
        cls, terms: Float[np.ndarray, "rows terms"], right: Float[np.ndarray, " rows"], places: list[int]
    ) -> "LeastSquares":
        """With some of the terms.

        Args:
            terms: candidates.
            right: what they are to explain.
            places: of the terms that are there.
        """
        orthogonal, triangle = np.linalg.qr(terms[:, places])
        inverse = np.linalg.pinv(triangle)
        coefficients = inverse @ (orthogonal.T @ right)
        left = right - terms[:, places] @ coefficients
        covariance = np.maximum((inverse**2).sum(axis=1), np.finfo(float).tiny)
        return cls(places, coefficients, covariance, float(left @ left), float(right @ right))

    @property
    def losses(self) -> Float[np.ndarray, " kept"]:
        """By how much the misfit rises without each of the terms."""
        return self.coefficients**2 / self.covariance

    @property
    def implausibility(self) -> float:
        """Of terms of the size 1 beside what they are to explain."""
        return implausibility(self.coefficients**2 / self.total)

    def gain(self, rise: float, rows: float) -> float:
        """The rise of the deviance, degrees of freedom · log(sum of squares).

        Args:
            rise: of the sum of squares.
            rows: independent numbers that the terms explain.
        """
        freedom = max(rows - len(self.places), 1)
        return freedom * float(np.log1p(rise / (self.misfit + _ROUNDING**2 * self.total)))


def implausibility(ratios: Float[np.ndarray, "*terms"]) -> float:
    """2 Σ log(1 + a²) for terms that are a times as large as their sum is to be.

    −2 log of Cauchy's density: terms that cancel are so much less likely beforehand, and stay where data are clear.

    Args:
        ratios: a², 0 for the terms that are not there.
    """
    return 2 * float(np.log1p(ratios).sum())
