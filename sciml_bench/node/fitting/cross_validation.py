"""Generalised cross validation of the smoothing of many curves on one clock (Demmler and Reinsch, 1975).

A natural cubic spline with the weight λ leaves the residual (1 − A(λ)) y = U diag(λ / (λ + μ)) Uᵀ y, with a basis U and
numbers μ that depend on the times alone: what costs O(time³) is done once, and every curve and weight O(time). The
score (1/n) |(1 − A) y|² / (tr(1 − A) / n)² is Wahba's (Spline Models for Observational Data, 1990, equation 4.3.1).
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh, solve_triangular
from scipy.optimize import minimize_scalar

MOST_TIMES = 4000
"""Whose basis is computed: 128 MB."""


def cross_validated(
    times: Float[np.ndarray, " time"], values: Float[np.ndarray, "time dim"]
) -> Float[np.ndarray, "time dim"]:
    """The smoothing splines of all columns at these times, through which they are the natural interpolants.

    The weight of every column is the one that SciPy's `make_smoothing_spline` finds, between 0 and the number of times.

    Args:
        times: three or more, increasing.
        values: the observations.
    """
    n_times, (basis, halving) = len(times), demmler_reinsch(times)

    def score(weight: float, squares: np.ndarray) -> float:
        left = weight / (weight + halving)
        return float(n_times * (left**2 @ squares) / left.sum() ** 2)

    parts = basis.T @ values
    bounds = (0, n_times)
    found: list[Any] = [minimize_scalar(score, args=(c,), bounds=bounds, method="bounded") for c in (parts**2).T]
    weights = np.array([each.x for each in found])
    return values - basis @ (parts * weights / (weights + halving[:, None]))


def demmler_reinsch(
    times: Float[np.ndarray, " time"],
) -> tuple[Float[np.ndarray, "time inner"], Float[np.ndarray, " inner"]]:
    """An orthonormal basis of what is not a straight line, and the weight that halves each of its functions.

    Q has the second divided differences as columns, R = ∫ of products of the hat functions between the inner times, so
    that the roughness of a natural spline through g is (Qᵀ g)ᵀ R⁻¹ (Qᵀ g) (Green and Silverman, Nonparametric
    Regression and Generalized Linear Models, section 2.1).

    Args:
        times: three or more, increasing.
    """
    steps = np.diff(times)
    inner = np.arange(len(steps) - 1)
    differences = np.zeros((len(times), len(inner)))
    differences[inner, inner], differences[inner + 2, inner] = 1 / steps[:-1], 1 / steps[1:]
    differences[inner + 1, inner] = -1 / steps[:-1] - 1 / steps[1:]
    hats = np.diag((steps[:-1] + steps[1:]) / 3) + np.diag(steps[1:-1] / 6, 1) + np.diag(steps[1:-1] / 6, -1)
    orthonormal, triangle = np.linalg.qr(differences)
    half = solve_triangular(triangle.T, hats, lower=True)
    halving, turned = eigh(solve_triangular(triangle.T, half.T, lower=True))
    return orthonormal @ turned, np.maximum(halving, 0.0)
