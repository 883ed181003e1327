"""The likeliest path behind noisy observations, given a map from every state to the next one that is not exact either.

    minimise over x   Σ_n |y_n − x_n|² + μ Σ_n |x_{n+1} − F_n(x_n)|²

by Gauss–Newton steps (the weak-constraint form of variational assimilation; Trémolet, Q. J. R. Meteorol. Soc. 132,
2006). μ, the noise beside the error of the map, is raised step by step, and chosen by the marginal likelihood of the
observations under the linearised map: with J the minimum, H half of its second derivative and N numbers observed,
−2 log L = N log J + log det H − (N − dim) log μ + constant.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.linalg import LinAlgError, cho_solve_banded, cholesky_banded

from sciml_bench.systems.numerics.block_tridiagonal import lower_band

Map = Callable[[Float[np.ndarray, "rows dim"]], Float[np.ndarray, "rows dim"]]

_RATIOS = np.geomspace(1e-2, 1e6, 17)
_MOST_STEPS, _STANDS_STILL = 6, 1e-3
_SHIFT = 3e-3
_FEWEST_ROWS = 3


def smoothed_path(observed: Float[np.ndarray, "rows dim"], step: Map) -> Float[np.ndarray, "rows dim"]:
    """The likeliest states.

    Args:
        observed: with noise, in units in which the components are alike and of the order of 1.
        step: where every row but the last is, by the map, when the next one is observed.

    Returns:
        the observations, where they are fewer than three.
    """
    if len(observed) < _FEWEST_ROWS:
        return observed.copy()
    states, best, kept = observed.copy(), np.inf, observed.copy()
    for ratio in _RATIOS:
        with np.errstate(over="ignore", invalid="ignore"):
            found = _minimised(observed, step, states, ratio)
        if found is None:
            break
        states, surprise = found
        if surprise < best:
            best, kept = surprise, states
    return kept


def _minimised(observed: np.ndarray, step: Map, states: np.ndarray, ratio: float) -> tuple[np.ndarray, float] | None:
    """The states for a given μ, and −2 log L; None where a map leaves every bound."""
    before, objective, surprise = states, np.inf, np.inf
    eye = np.eye(states.shape[1])
    for _ in range(_MOST_STEPS):
        arrived, slopes = _linearised(step, states[:-1])
        misfit, defect = observed - states, arrived - states[1:]
        value = float((misfit**2).sum() + ratio * (defect**2).sum())
        if not (np.isfinite(value) and np.isfinite(slopes).all()):
            return None
        if value > objective:
            return before, surprise
        before, objective = states, value
        diagonal = np.repeat(eye[None], len(states), axis=0)
        diagonal[1:] += ratio * eye
        diagonal[:-1] += ratio * slopes.swapaxes(1, 2) @ slopes
        right = misfit.copy()
        right[1:] += ratio * defect
        right[:-1] -= ratio * np.einsum("nij,ni->nj", slopes, defect)
        try:
            factor = cholesky_banded(lower_band(diagonal, -ratio * slopes), lower=True, check_finite=False)
        except LinAlgError:
            return None
        surprise = states.size * np.log(objective) + 2 * np.log(factor[0]).sum() - defect.size * np.log(ratio)
        change = cho_solve_banded((factor, True), right.ravel(), check_finite=False).reshape(states.shape)
        states = states + change
        if np.abs(change).max() < _STANDS_STILL:
            break
    return states, float(surprise)


def _linearised(
    step: Map, states: Float[np.ndarray, "rows dim"]
) -> tuple[Float[np.ndarray, "rows dim"], Float[np.ndarray, "rows dim dim"]]:
    """Where states go, and the derivatives of that by central differences."""
    shifts = _SHIFT * np.eye(states.shape[1])
    slopes = [(step(states + shift) - step(states - shift)) / (2 * _SHIFT) for shift in shifts]
    return step(states), np.stack(slopes, axis=2)
