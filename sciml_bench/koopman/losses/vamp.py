"""The variational approach to Markov processes as a loss (Wu & Noé 2019): minus the VAMP-1 or VAMP-2 score.

The score is Σ_i σ_i^p over the singular values of A = C_f^{-1/2} C_fg C_g^{-1/2}, the best a linear combination of the
features can do. It is taken in float64, in the directions whose variance exceeds a fraction of the largest one: float32
features carry about seven digits, so that variances below 1e-14 of the largest are noise.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.types import Features, Scalar
from sciml_bench.koopman.losses.second_moments import joint_covariance

RELATIVE_CUTOFF = 1e-10
SCHATTEN_NORMS = (1, 2)


class _SchattenScore(torch.autograd.Function):
    """Σ σ^p of the whitened correlation as a function of the joint covariance, with its gradient in closed form.

    With whitenings W (W Wᵀ = C⁺), A = W_fᵀ C_fg W_g and Γ = dS/dA, the gradient is W_f Γ W_gᵀ with respect to C_fg and
    −½ W_f Γ Aᵀ W_fᵀ with respect to C_f. No eigenvalue differences appear, so that degenerate or vanishing variances do
    no harm; directions below the cut-off count as absent, which is exact for linearly dependent features.
    """

    @staticmethod
    def forward(ctx: Any, covariance: Tensor, schatten_norm: int) -> Tensor:
        modes = len(covariance) // 2
        correlation = covariance[:modes, modes:]
        variances, directions = torch.linalg.eigh(torch.stack([covariance[:modes, :modes], covariance[modes:, modes:]]))
        kept = variances > RELATIVE_CUTOFF * variances[:, -1:].clamp_min(torch.finfo(variances.dtype).tiny)
        whitening = directions * torch.where(kept, variances, 1.0).rsqrt().mul_(kept)[:, None, :]
        whiten_f, whiten_g = whitening[0], whitening[1]
        whitened = whiten_f.T @ correlation @ whiten_g
        if schatten_norm == 2:
            score, pull = whitened.square().sum(), 2 * whitened
        else:
            left, singular_values, right = torch.linalg.svd(whitened)
            score = singular_values.sum()
            pull = (left * (singular_values > RELATIVE_CUTOFF)) @ right
        left_pull, right_pull = whiten_f @ pull, whiten_g @ pull.T
        cross = left_pull @ whiten_g.T / 2
        own_f, own_g = left_pull @ whitened.T @ whiten_f.T / -2, right_pull @ whitened @ whiten_g.T / -2
        ctx.save_for_backward(torch.cat([torch.cat([own_f, cross], dim=1), torch.cat([cross.T, own_g], dim=1)]))
        return score

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream[0], None


def schatten_score(covariance: Float[Tensor, "both_modes both_modes"], schatten_norm: int = 2) -> Scalar:
    """Σ σ^p of C_f^{-1/2} C_fg C_g^{-1/2} from [[C_f, C_fg], [C_gf, C_g]], differentiable once."""
    return _SchattenScore.apply(covariance, schatten_norm)  # pyright: ignore[reportReturnType]


def vamp_loss(
    f: Features,
    g: Features,
    *,
    schatten_norm: int = 2,
    center: bool = True,
    weights: Float[Tensor, " batch"] | None = None,
) -> Scalar:
    """Minus the VAMP score of one batch.

    Args:
        f: features of the present, (batch, modes).
        g: features of the future, (batch, modes).
        schatten_norm: 1 (sum of the singular values) or 2 (sum of their squares).
        center: leave the constant function, whose singular value is 1, out of the score.
        weights: importance of the samples, not negative; only their ratios matter.

    Returns:
        The loss, a scalar in the features' dtype.

    Raises:
        ConfigurationError: another norm.
        DataError: fewer than two samples.
    """
    _require_known_norm(schatten_norm)
    return -schatten_score(joint_covariance(f, g, center, weights), schatten_norm).to(f.dtype)


class VAMPLoss(nn.Module):
    """Minus the VAMP-1 or VAMP-2 score of a batch.

    Args:
        schatten_norm: 1 (sum of the singular values) or 2 (sum of their squares).
        center: leave the constant function, whose singular value is 1, out of the score (default).

    Raises:
        ConfigurationError: another norm.
    """

    def __init__(self, schatten_norm: int = 2, center: bool = True) -> None:
        super().__init__()
        _require_known_norm(schatten_norm)
        self.schatten_norm, self.center = schatten_norm, center

    def forward(self, f: Features, g: Features, weights: Float[Tensor, " batch"] | None = None) -> Scalar:
        """The loss of one batch of features of the present and of the future."""
        return vamp_loss(f, g, schatten_norm=self.schatten_norm, center=self.center, weights=weights)


def _require_known_norm(schatten_norm: int) -> None:
    if schatten_norm not in SCHATTEN_NORMS:
        raise ConfigurationError(f"schatten_norm={schatten_norm!r} is not known; choose 1 (VAMP-1) or 2 (VAMP-2)")
