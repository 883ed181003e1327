"""Deep projection networks (Kostic et al., ICLR 2024): a correlation score minus a metric deformation.

    L = −(S − ½ γ (R(C_f) + R(C_g)))

S is the VAMP-2 score, or its relaxation ‖C_fg‖²_F / (‖C_f‖ ‖C_g‖) (operator norms), which needs no inverse and is a
lower bound of it. R(C) is the mean of −ln λ + λ(λ − 1) over the eigenvalues of C: zero where the features are
orthonormal, positive elsewhere, and it keeps them from collapsing.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_number
from sciml_bench.core.types import Features, Scalar
from sciml_bench.koopman.losses.second_moments import joint_covariance
from sciml_bench.koopman.losses.vamp import schatten_score

_REMEDY = "it must not be negative; 0.01 is usual"

SMALLEST_VARIANCE = 1e-10
"""Below this the logarithm continues as its tangent, so that collapsed features get a finite push back."""


def metric_deformation_penalty(variances: Float[Tensor, " modes"]) -> Scalar:
    """R: the mean of −ln λ + λ(λ − 1) over the eigenvalues λ of a covariance."""
    safe = variances.clamp_min(SMALLEST_VARIANCE)
    logarithm = safe.log() + (variances - safe) / SMALLEST_VARIANCE
    return (variances * (variances - 1) - logarithm).mean()


def dp_loss(
    f: Features,
    g: Features,
    *,
    relaxed: bool = True,
    metric_deformation: float | int = 0.01,
    center: bool = True,
    weights: Float[Tensor, " batch"] | None = None,
) -> Scalar:
    """The loss of deep projection networks on one batch, taken in float64.

    Args:
        f: features of the present, (batch, modes).
        g: features of the future, (batch, modes).
        relaxed: the score without inverses (default) or VAMP-2.
        metric_deformation: γ, the weight of the penalty, 0 or larger.
        center: leave the constant function out.
        weights: importance of the samples, not negative; only their ratios matter.

    Returns:
        The loss, a scalar in the features' dtype.

    Raises:
        ConfigurationError: a negative weight.
        DataError: fewer than two samples.
    """
    require_number("metric_deformation", metric_deformation, _REMEDY, positive=False)
    covariance = joint_covariance(f, g, center, weights)
    modes = f.shape[1]
    variances = torch.linalg.eigvalsh(torch.stack([covariance[:modes, :modes], covariance[modes:, modes:]]))
    if relaxed:
        largest = variances[:, -1].clamp_min(SMALLEST_VARIANCE)
        score = covariance[:modes, modes:].square().sum() / largest.prod()
    else:
        score = schatten_score(covariance)
    penalty = metric_deformation_penalty(variances[0]) + metric_deformation_penalty(variances[1])
    return (0.5 * metric_deformation * penalty - score).to(f.dtype)


class DPLoss(nn.Module):
    """The loss of deep projection networks.

    Args:
        relaxed: the score without inverses (default) or VAMP-2.
        metric_deformation: γ, the weight of the penalty, 0 or larger.
        center: leave the constant function out (default).

    Raises:
        ConfigurationError: a negative weight.
    """

    def __init__(self, relaxed: bool = True, metric_deformation: float | int = 0.01, center: bool = True) -> None:
        super().__init__()
        require_number("metric_deformation", metric_deformation, _REMEDY, positive=False)
        self.relaxed, self.metric_deformation, self.center = relaxed, metric_deformation, center

    def forward(self, f: Features, g: Features, weights: Float[Tensor, " batch"] | None = None) -> Scalar:
        """The loss of one batch of features of the present and of the future."""
        options = {"relaxed": self.relaxed, "metric_deformation": self.metric_deformation, "center": self.center}
        return dp_loss(f, g, **options, weights=weights)
