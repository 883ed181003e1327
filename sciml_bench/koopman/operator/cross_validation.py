"""A ridge that the data choose, so that it helps where features are many and shortens no timescale where they are few.

Generalised cross-validation (Golub, Heath, Wahba, Technometrics 21, 1979) estimates the error of predicting left-out
rows by (sum of squares) / (1 − degrees of freedom / rows)², which needs the second moments alone.
"""

import numpy as np
from jaxtyping import Float

from sciml_bench.koopman.operator.moments import LaggedMoments

CHOSEN_BY_DATA = "auto"
RIDGES = np.geomspace(1e-10, 1e-2, 17)
_ROUNDING = 1e-14
_COST = 2.0
"""Of a degree of freedom, in rows: 1 in the paper; more keeps from fitting every row of a short record."""
_WORTH = 2.0
"""Less than this, divided by the rows, is not worth a larger ridge."""


def chosen_ridge(moments: LaggedMoments, has_constant: bool) -> float:
    """The smallest of `RIDGES` of which none has an expected error of the next features that is clearly less.

    Args:
        moments: in coordinates of mean square 1, and mean 0 beside a constant.
        has_constant: whether the last feature is 1, which is not penalised.
    """
    now, later = (moments.correlation("f", at, "f", at) for at in (0, 1))
    across = moments.correlation("f", 0, "f", 1)
    total = float(np.trace(later))
    if has_constant:
        total -= float(across[-1] @ across[-1]) / now[-1, -1]
        now, across = now[:-1, :-1], across[:-1]
    variances, directions = np.linalg.eigh(now)
    explained, variances = ((directions.T @ across) ** 2).sum(axis=1), np.maximum(variances, 0.0)
    errors = [_error(float(ridge), variances, explained, total, moments.n_samples, has_constant) for ridge in RIDGES]
    good = np.isfinite(errors) & (np.array(errors) <= min(errors) * (1 + _WORTH / moments.n_samples))
    return float(RIDGES[good.argmax() if good.any() else -1])


def _error(
    ridge: float,
    variances: Float[np.ndarray, " modes"],
    explained: Float[np.ndarray, " modes"],
    total: float,
    n_rows: int,
    has_constant: bool,
) -> float:
    shrunk = variances + ridge
    left = max(total - float((explained * (2 / shrunk - variances / shrunk**2)).sum()), _ROUNDING * total)
    freedom = n_rows - _COST * (has_constant + float((variances / shrunk).sum()))
    return left / freedom**2 if freedom > 0 else np.inf
