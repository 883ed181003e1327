"""Canonical correlation analysis: the truncated singular value decomposition of the operator in features.

With whitenings W_f, W_g of the moments M_f(ρ₀), M_g(ρ₁) and W_fᵀ T_fg W_g = U S Vᵀ, the operator is
K h = Σ_i s_i u_i ⟨v_i, h⟩ with u = f W_f U and v = g W_g V. Splitting S evenly, A_f = S^{1/2} Uᵀ W_fᵀ and
A_g = S^{1/2} Vᵀ W_gᵀ, the t-step prediction is f A_fᵀ (A_g M_gf(ρ₁) A_fᵀ)^{t−1} A_g T_gy(ρ₁), and backward it is
g A_gᵀ (A_f M_fg(ρ₀) A_gᵀ)^{t−1} A_f T_fy(ρ₀), ρ₀ and ρ₁ being the laws of the present and of the future (Jeong et al.,
arXiv 2507.07222; Wu & Noé 2019).
"""

import numpy as np

from sciml_bench.koopman.operator.moments import LaggedMoments
from sciml_bench.koopman.operator.solution import LinearPropagator, OperatorSolution
from sciml_bench.scores.whitening import whitening


def solve_cca(moments: LaggedMoments, rank: int | None, relative_cutoff: float) -> OperatorSolution:
    """The operator's leading `rank` singular triplets in the features; all of them where None."""
    whiten_f = whitening(moments.correlation("f", 0, "f", 0), relative_cutoff)
    whiten_g = whitening(moments.correlation("g", 1, "g", 1), relative_cutoff)
    whitened = whiten_f.T @ moments.correlation("f", 0, "g", 1) @ whiten_g
    left, singular_values, right = np.linalg.svd(whitened, full_matrices=False)
    singular_values = singular_values[:rank]
    left_map, right_map = whiten_f @ left[:, :rank], whiten_g @ right[:rank].T
    root = np.sqrt(singular_values)
    encode, dual = left_map * root, right_map * root
    step = dual.T @ moments.correlation("g", 1, "f", 1) @ encode
    reverse_step = encode.T @ moments.correlation("f", 0, "g", 0) @ dual
    return OperatorSolution(
        singular_values=singular_values,
        left_encoder="f",
        left_map=left_map,
        right_encoder="g",
        right_map=right_map,
        forward=LinearPropagator("f", encode, step, dual.T @ moments.with_observable("g", 1, 1)),
        forward_metric=np.diag(singular_values),
        backward=LinearPropagator("g", dual, reverse_step, encode.T @ moments.with_observable("f", 0, 0)),
        dual_map=dual,
        dual_scale_by_eigenvalue=True,
    )
