"""Generalised cross validation of the smoothing of curves on one clock, in a time that grows like the number of rows.

A natural cubic spline with the weight λ leaves the residual (1 − A(λ)) y = λ Q (R + λ QᵀQ)⁻¹ Qᵀ y, where Q has the
second divided differences as columns, and R = ∫ of products of the hat functions between the inner times (Green and
Silverman, Nonparametric Regression and Generalized Linear Models, section 2.3). All matrices are banded, and
tr(1 − A) = λ tr((R + λ QᵀQ)⁻¹ QᵀQ) is the derivative of log det(R + λ QᵀQ) by log λ. The score
(1/n) |(1 − A) y|² / (tr(1 − A) / n)² is Wahba's (Spline Models for Observational Data, 1990, equation 4.3.1).
"""

from typing import no_type_check

import numpy as np
from jaxtyping import Float
from numba import njit
from scipy.linalg import cho_solve_banded, cholesky_banded

_SMALLEST, _LARGEST, _PER_DECADE = 1e-6, 1e10, 4
"""Weights that are tried, in cubed median steps: from what is left as it is to curves of 300 steps' width."""
_DIFFERENCE = 0.01
"""Of log λ, for the derivative."""
_COLUMNS = 16
"""That are smoothed side by side."""


class _Bands:
    """Q by its three diagonals, and the lower bands of R and QᵀQ."""

    def __init__(self, times: Float[np.ndarray, " time"]) -> None:
        steps = np.diff(times)
        first, last = 1 / steps[:-1], 1 / steps[1:]
        middle = -first - last
        self.columns = first, middle, last
        self.hats, self.squares = np.zeros((2, 3, len(middle)))
        self.hats[0], self.hats[1, :-1] = (steps[:-1] + steps[1:]) / 3, steps[1:-1] / 6
        self.squares[0] = first**2 + middle**2 + last**2
        self.squares[1, :-1] = middle[:-1] * first[1:] + last[:-1] * middle[1:]
        self.squares[2, :-2] = last[:-2] * first[2:]

    def factor(self, weight: float) -> Float[np.ndarray, "3 inner"]:
        """Cholesky's of R + λ QᵀQ."""
        return cholesky_banded(self.hats + weight * self.squares, lower=True)

    def residuals(self, values: Float[np.ndarray, "time dim"], weight: float) -> Float[np.ndarray, "time dim"]:
        """What the spline leaves of all columns."""
        first, middle, last = (column[:, None] for column in self.columns)
        curved = cho_solve_banded(
            (self.factor(weight), True), first * values[:-2] + middle * values[1:-1] + last * values[2:]
        )
        left = np.zeros(values.shape)
        left[:-2] += first * curved
        left[1:-1] += middle * curved
        left[2:] += last * curved
        return weight * left

    def squared_residuals(self, values: Float[np.ndarray, "time dim"], weight: float) -> Float[np.ndarray, " dim"]:
        """Sums of the squares of `residuals`, without keeping these."""
        return _squared_residuals(np.ascontiguousarray(values), self.factor(weight), *self.columns, weight)

    def degrees_left(self, weight: float) -> float:
        """tr(1 − A)."""
        ends = [weight * np.exp(sign * _DIFFERENCE) for sign in (1, -1)]
        above, below = (2 * np.log(self.factor(end)[0]).sum() for end in ends)
        return float(above - below) / (2 * _DIFFERENCE)


@njit(cache=True, error_model="numpy", nogil=True)
@no_type_check
def _squared_residuals(values, factor, first, middle, last, weight):
    """λ² |Q (L Lᵀ)⁻¹ Qᵀ y|² for every column y, so many at once that they stay in a processor's cache."""
    n_inner, dim = len(middle), values.shape[1]
    sums, curved = np.zeros(dim), np.zeros((n_inner + 2, _COLUMNS))
    for begin in range(0, dim, _COLUMNS):
        count = min(_COLUMNS, dim - begin)
        for i in range(n_inner):
            before, two_before = factor[1, i - 1] * (i > 0), factor[2, i - 2] * (i > 1)
            for k in range(count):
                y = first[i] * values[i, begin + k] + middle[i] * values[i + 1, begin + k]
                y += last[i] * values[i + 2, begin + k]
                curved[i, k] = (y - before * curved[i - 1, k] - two_before * curved[i - 2, k]) / factor[0, i]
        curved[n_inner:] = 0.0
        for i in range(n_inner - 1, -1, -1):
            for k in range(count):
                after = factor[1, i] * curved[i + 1, k] + factor[2, i] * curved[i + 2, k]
                curved[i, k] = (curved[i, k] - after) / factor[0, i]
        for i in range(n_inner + 2):
            for k in range(count):
                left = first[i] * curved[i, k] if i < n_inner else 0.0
                left += middle[i - 1] * curved[i - 1, k] if 0 < i <= n_inner else 0.0
                left += last[i - 2] * curved[i - 2, k] if i > 1 else 0.0
                sums[begin + k] += left * left
    return weight**2 * sums


def cross_validated(
    times: Float[np.ndarray, " time"], values: Float[np.ndarray, "time dim"]
) -> Float[np.ndarray, "time dim"]:
    """The smoothing splines of all columns at these times, through which they are the natural interpolants.

    The weight of every column is that of the lowest score, from weights a quarter of a decade apart and the parabola
    through the lowest one and its neighbours: a score may have several minima, and what is found by going downhill from
    a large weight may be the plateau of a straight line.

    Args:
        times: five or more, increasing, in median steps.
        values: the observations.
    """
    bands = _Bands(times)
    decades = np.log10(min(float(len(times)) ** 4, _LARGEST) / _SMALLEST)
    tried = np.log10(_SMALLEST) + np.linspace(0, decades, round(decades * _PER_DECADE) + 1)
    scores = np.array([bands.squared_residuals(values, 10**log) / bands.degrees_left(10**log) ** 2 for log in tried])
    fitted = np.empty(values.shape)
    for column, score in enumerate(scores.T):
        place = int(np.argmin(score))
        log = tried[place]
        if 0 < place < len(tried) - 1 and (bend := score[place - 1] - 2 * score[place] + score[place + 1]) > 0:
            log += (score[place - 1] - score[place + 1]) / (2 * bend) * (tried[1] - tried[0])
        fitted[:, [column]] = values[:, [column]] - bands.residuals(values[:, [column]], 10**log)
    return fitted
