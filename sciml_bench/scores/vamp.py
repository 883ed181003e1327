"""Scores of the variational approach to Markov processes (Wu & Noé 2019), in float64.

VAMP-p is Σ σ^p of C_f^{-1/2} C_fg C_g^{-1/2}. VAMP-E of an estimated operator K̂ = Σ_i s_i u_i ⊗ v_i under any law is
2 tr(S C₀₁) − tr(S C₀₀ S C₁₁) = ‖K‖²_HS − ‖K − K̂‖²_HS; it is largest, Σ σ_i², at the truth and nowhere else, so that
an estimate cannot gain by fitting its own noise.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.scores.whitening import RELATIVE_CUTOFF, unit_free_whitening


def vamp_score(
    f: Float[np.ndarray, "batch modes"],
    g: Float[np.ndarray, "batch lagged_modes"],
    schatten_norm: int = 2,
    center: bool = False,
    relative_cutoff: float = RELATIVE_CUTOFF,
) -> float:
    """The VAMP-p score of features, whitened by the same samples.

    Args:
        f: features of the present.
        g: features of the future, row by row.
        schatten_norm: p, 1 or 2.
        center: leave out the constant function, whose singular value is 1.
        relative_cutoff: directions whose variance is below this fraction of the largest are left out.

    Returns:
        Σ σ^p, between 0 and the number of modes.

    Raises:
        ConfigurationError: another norm.
    """
    if schatten_norm not in (1, 2):
        raise ConfigurationError(f"schatten_norm={schatten_norm!r} is not known; choose 1 (VAMP-1) or 2 (VAMP-2)")
    if center:
        f, g = f - f.mean(axis=0), g - g.mean(axis=0)
    moments = f.T @ f / len(f), f.T @ g / len(f), g.T @ g / len(g)
    return _vamp_from_moments(*moments, schatten_norm, relative_cutoff)


def streamed_vamp_scores(
    blocks: Iterable[Sequence[Float[np.ndarray, "batch _"]]],
    n_pairs: float | int,
    singular_values: Float[np.ndarray, " modes"],
) -> tuple[float, float]:
    """VAMP-2 of features and VAMP-E of an estimated operator over pairs that come in blocks; memory stays that of one.

    Args:
        blocks: f(x_t), g(x_{t+1}), u(x_t) and v(x_{t+1}) of some pairs, u and v orthonormal under the training law.
        n_pairs: in all blocks together; of weighted pairs, of which all functions have the root of the weight as a
            factor, the sum of the weights.
        singular_values: s of the estimate.

    Returns:
        what `vamp_score` and `vamp_e` give for all pairs at once.
    """
    sums: list[np.ndarray] = []
    share = 1 / n_pairs
    for f, g, left, right in blocks:
        weighted_left, weighted_right = left * share, right * share
        products = [
            f.T @ f,
            f.T @ g,
            g.T @ g,
            left.T @ weighted_left,
            left.T @ weighted_right,
            right.T @ weighted_right,
        ]
        sums = products if not sums else [total + product for total, product in zip(sums, products, strict=True)]
    moments = [product / n_pairs for product in sums[:3]]
    vamp_2 = _vamp_from_moments(moments[0], moments[1], moments[2], 2, RELATIVE_CUTOFF)
    return vamp_2, _vamp_e_from_moments(singular_values, *sums[3:])


def vamp_e(
    singular_values: Float[np.ndarray, " modes"],
    left_functions: Float[np.ndarray, "batch modes"],
    right_functions: Float[np.ndarray, "batch modes"],
    weights: Float[np.ndarray, " batch"] | None = None,
) -> float:
    """VAMP-E of an estimated operator on held-out pairs.

    Args:
        singular_values: s of the estimate.
        left_functions: u(x_t), orthonormal under the training law.
        right_functions: v(x_{t+1}), orthonormal under the training law.
        weights: importance of the pairs; only their ratios matter.

    Returns:
        The score; it can be negative, and for pairs enough is at most Σ σ² of the true operator.
    """
    share = np.full(len(left_functions), 1 / len(left_functions)) if weights is None else weights / weights.sum()
    weighted_left, weighted_right = left_functions * share[:, None], right_functions * share[:, None]
    return _vamp_e_from_moments(
        singular_values,
        left_functions.T @ weighted_left,
        left_functions.T @ weighted_right,
        right_functions.T @ weighted_right,
    )


def vamp_e_exact(
    singular_values: Float[np.ndarray, " modes"],
    left_on_points: Float[np.ndarray, "points modes"],
    right_on_points: Float[np.ndarray, "points modes"],
    quadrature_weights: Float[np.ndarray, " points"],
    transition: Float[np.ndarray, "points points"],
) -> float:
    """VAMP-E of an estimated operator under a known kernel: no sampling noise.

    Args:
        singular_values: s of the estimate.
        left_on_points: u on the points of a quadrature rule (or the states of a chain).
        right_on_points: v on the same points.
        quadrature_weights: the law of x_t on the points; it sums to 1.
        transition: row-stochastic; entry (i, j) is the probability of point j one lag after point i.

    Returns:
        The score, at most Σ σ² of the kernel (all its singular values, the constant's 1 included).
    """
    later_weights = quadrature_weights @ transition
    weighted_left = left_on_points * quadrature_weights[:, None]
    return _vamp_e_from_moments(
        singular_values,
        left_on_points.T @ weighted_left,
        weighted_left.T @ (transition @ right_on_points),
        right_on_points.T @ (right_on_points * later_weights[:, None]),
    )


def vamp_e_deficit(score: float, exact_singular_values: Float[np.ndarray, " n"], n_modes: int | None = None) -> float:
    """How far a VAMP-E score is below the best possible one (the optimality gap), 0 at best.

    Args:
        score: what an estimate reached.
        exact_singular_values: those of the true operator, the constant's 1 included.
        n_modes: the best a model of so many modes can do; None for the whole operator.
    """
    leading = np.sort(np.abs(exact_singular_values))[::-1][:n_modes]
    return float(np.sum(leading**2) - score)


def _vamp_from_moments(
    left_moment: Float[np.ndarray, "modes modes"],
    correlation: Float[np.ndarray, "modes lagged_modes"],
    right_moment: Float[np.ndarray, "lagged_modes lagged_modes"],
    schatten_norm: int,
    relative_cutoff: float,
) -> float:
    whiten_f, whiten_g = (
        unit_free_whitening(left_moment, relative_cutoff),
        unit_free_whitening(right_moment, relative_cutoff),
    )
    return float(np.sum(np.linalg.svd(whiten_f.T @ correlation @ whiten_g, compute_uv=False) ** schatten_norm))


def _vamp_e_from_moments(
    singular_values: Float[np.ndarray, " modes"],
    left_moment: Float[np.ndarray, "modes modes"],
    correlation: Float[np.ndarray, "modes modes"],
    right_moment: Float[np.ndarray, "modes modes"],
) -> float:
    gain = 2 * np.sum(singular_values * np.diagonal(correlation))
    scaled = singular_values[:, None] * left_moment * singular_values[None, :]
    return float(gain - np.sum(scaled * right_moment))
