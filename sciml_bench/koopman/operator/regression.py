"""Regressions of the future features on the present ones, all of the form K = B Bᵀ T with a factor B of their own.

| method | B Bᵀ |
|---|---|
| extended dynamic mode decomposition (Williams et al. 2015) | M⁺ |
| ridge (Tikhonov) | (M + γI)⁻¹ |
| principal components | the inverse of M on its r leading directions |
| reduced rank (Kostic et al. 2022) | (M + γI)^{-1/2} Π_r (M + γI)^{-1/2} |

Π_r projects on the r leading left singular vectors of (M + γI)^{-1/2} T, which makes K the best estimate of rank r
under the regularised risk. Coordinates ψ = φ B make one step Bᵀ T B and the decoder Bᵀ E[φ(x₀) y(x₁)], so that the
prediction one step ahead is the regression of the observable itself. Backward in time the roles are exchanged.

Where inputs u act on the system, M and T are those of what u leaves of the features, and the input matrix is the
regression on u of what K leaves: dynamic mode decomposition with control (Proctor, Brunton, Kutz, SIAM J. Applied
Dynamical Systems 15, 2016), extended to features (Korda and Mezić, Automatica 93, 2018). Inputs are not penalised.
"""

import numpy as np
from jaxtyping import Float

from sciml_bench.koopman.operator.moments import Encoder, LaggedMoments
from sciml_bench.koopman.operator.solution import LinearPropagator, OperatorSolution
from sciml_bench.scores.whitening import whitening

REGRESSIONS = ("edmd_left", "edmd_right", "ridge", "reduced_rank", "principal_component")


def inverse_factor(
    method: str,
    metric: Float[np.ndarray, "modes modes"],
    correlation: Float[np.ndarray, "modes modes"],
    rank: int | None,
    tikhonov_regularization: float | int | Float[np.ndarray, " modes"],
    relative_cutoff: float,
) -> Float[np.ndarray, "modes r"]:
    """B of the table above, from M (`metric`), T (`correlation`), r and γ (one, or one for every feature).

    Those that a method lacks are ignored.
    """
    if method in ("ridge", "reduced_rank"):
        whiten = whitening(metric + np.eye(len(metric)) * tikhonov_regularization, 0.0)
        if method == "ridge" or rank is None:
            return whiten
        return whiten @ np.linalg.svd(whiten.T @ correlation)[0][:, :rank]
    return whitening(metric, relative_cutoff)[:, : rank if method == "principal_component" else None]


def solve_regression(
    moments: LaggedMoments,
    method: str,
    rank: int | None,
    tikhonov_regularization: float | int | Float[np.ndarray, " modes"],
    relative_cutoff: float,
) -> OperatorSolution:
    """The estimate of one of `REGRESSIONS`, on the features g for `edmd_right` and on f otherwise.

    The options are those of `KoopmanOperator`.
    """
    driven, moments = moments, moments.given_inputs()
    encoder: Encoder = "g" if method == "edmd_right" else "f"
    now, later = (moments.correlation(encoder, at, encoder, at) for at in (0, 1))
    correlation = moments.correlation(encoder, 0, encoder, 1)
    options = (rank, tikhonov_regularization, relative_cutoff)
    factor = inverse_factor(method, now, correlation, *options)
    reverse_factor = inverse_factor(method, later, correlation.T, *options)

    # Between the two whitened spaces the estimate is W₀ᵀ M₀ K W₁, whose singular values are those in L².
    whiten_now, whiten_later = (whitening(metric, relative_cutoff) for metric in (now, later))
    between = (whiten_now.T @ now @ factor) @ (factor.T @ correlation @ whiten_later)
    left, singular_values, right = np.linalg.svd(between, full_matrices=False)
    kept = factor.shape[1]
    factor_metric = factor.T @ now @ factor
    return OperatorSolution(
        singular_values=singular_values[:kept],
        left_encoder=encoder,
        left_map=whiten_now @ left[:, :kept],
        right_encoder=encoder,
        right_map=whiten_later @ right[:kept].T,
        forward=_propagator(encoder, factor, correlation, moments.with_observable(encoder, 0, 1)).driven(driven),
        forward_metric=factor_metric,
        backward=_propagator(encoder, reverse_factor, correlation.T, moments.with_observable(encoder, 1, 0)),
        dual_map=factor @ np.linalg.pinv(factor_metric),
        dual_scale_by_eigenvalue=False,
    )


def _propagator(
    encoder: Encoder, factor: np.ndarray, correlation: np.ndarray, observed: np.ndarray
) -> LinearPropagator:
    return LinearPropagator(encoder, factor, factor.T @ correlation @ factor, factor.T @ observed)
