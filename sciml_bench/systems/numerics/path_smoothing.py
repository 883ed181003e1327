"""The likeliest path behind noisy observations, given a map from every state to the next one that is not exact either.

    minimise over x   Σ_n |y_n − x_n|²_R + μ Σ_n |x_{n+1} − F_n(x_n)|²_Q

by Gauss–Newton steps (the weak-constraint form of variational assimilation; Trémolet, Q. J. R. Meteorol. Soc. 132,
2006). μ, the noise beside the error of the map, is raised step by step, and chosen by the marginal likelihood of the
observations under the linearised map: with J the minimum, H half of its second derivative and N numbers observed,
−2 log L = N log J + log det H − (N − dim) log μ + constant. The shares of the components in R and Q follow their
residuals.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.linalg import LinAlgError, cho_solve_banded, cholesky_banded

from sciml_bench.systems.numerics.block_tridiagonal import lower_band

Map = Callable[[Float[np.ndarray, "rows dim"]], Float[np.ndarray, "rows dim"]]

_RATIOS = np.geomspace(1e-2, 1e7, 19)
_MOST_STEPS, _STANDS_STILL, _PATIENCE = 6, 1e-3, 3
_SHIFT = 1e-4
_LARGEST_SHARE = 10.0
_FEWEST_ROWS = 3


def smoothed_path(observed: Float[np.ndarray, "rows dim"], step: Map) -> Float[np.ndarray, "rows dim"]:
    """The likeliest states.

    Args:
        observed: with noise; of the order of 1.
        step: where each of these rows but the last is, by the map, when the next one is observed.

    Returns:
        the observations, where they are fewer than three.
    """
    if len(observed) < _FEWEST_ROWS:
        return observed.copy()
    states, of_noise, of_map = observed.copy(), np.ones(observed.shape[1]), np.ones(observed.shape[1])
    best, kept, worse = np.inf, observed.copy(), 0
    for ratio in _RATIOS:
        with np.errstate(over="ignore", invalid="ignore"):
            found = _minimised(observed, step, states, ratio / of_map, 1 / of_noise)
        if found is None:
            break
        states, surprise, defects = found
        worse = 0 if surprise < best else worse + 1
        if surprise < best:
            best, kept = surprise, states
        if worse == _PATIENCE:
            break
        of_noise, of_map = _shares(observed - states), _shares(defects)
    return kept


def _minimised(
    observed: np.ndarray, step: Map, states: np.ndarray, of_map: np.ndarray, of_noise: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray] | None:
    """The states, −2 log L and the defects for given weights; None where a map leaves every bound."""
    objective, surprise, defects = np.inf, np.inf, observed[1:]
    for _ in range(_MOST_STEPS):
        arrived, slopes = _linearised(step, states[:-1])
        trial = arrived - states[1:]
        misfit = observed - states
        value = float((of_noise * misfit**2).sum() + (of_map * trial**2).sum())
        if not np.isfinite(value) or not np.isfinite(slopes).all():
            return None
        if value > objective:
            states = previous
            break
        objective, defects, previous = value, trial, states
        weighted = of_map[:, None] * slopes
        diagonal = np.repeat(np.diag(of_noise)[None], len(states), axis=0)
        diagonal[1:] += np.diag(of_map)
        diagonal[:-1] += slopes.swapaxes(1, 2) @ weighted
        right = of_noise * misfit
        right[1:] += of_map * trial
        right[:-1] -= np.einsum("nij,ni->nj", weighted, trial)
        try:
            factor = cholesky_banded(lower_band(diagonal, -weighted), lower=True, check_finite=False)
        except LinAlgError:
            return None
        surprise = states.size * np.log(objective) + 2 * np.log(factor[0]).sum() - len(defects) * np.log(of_map).sum()
        change = cho_solve_banded((factor, True), right.ravel(), check_finite=False).reshape(states.shape)
        states = states + change
        if np.abs(change).max() < _STANDS_STILL:
            break
    return states, float(surprise), defects


def _linearised(
    step: Map, states: Float[np.ndarray, "rows dim"]
) -> tuple[Float[np.ndarray, "rows dim"], Float[np.ndarray, "rows dim dim"]]:
    """Where states go, and the derivatives of that by central differences."""
    shifts = _SHIFT * np.eye(states.shape[1])
    slopes = [(step(states + shift) - step(states - shift)) / (2 * _SHIFT) for shift in shifts]
    return step(states), np.stack(slopes, axis=2)


def _shares(residuals: Float[np.ndarray, "rows dim"]) -> Float[np.ndarray, " dim"]:
    """Mean squares beside their geometric mean."""
    squares = np.mean(residuals**2, axis=0)
    if not squares.all():
        return np.ones_like(squares)
    return np.clip(squares / np.exp(np.mean(np.log(squares))), 1 / _LARGEST_SHARE, _LARGEST_SHARE)
