"""Nested low-rank approximation of the Koopman operator (Jeong et al., arXiv 2507.07222).

With f = f(x_t), g = g(x_{t+1}), second moments M_f = E[f fᵀ], M_g = E[g gᵀ] and correlation T = E[f gᵀ], the loss

    L(f, g) = −2 tr T + tr(M_f M_g) = ‖K − Σ_i f_i ⊗ g_i‖²_HS − ‖K‖²_HS

is smallest, −Σ_{i≤k} σ_i², where Σ_i f_i ⊗ g_i is the truncated singular value decomposition of the operator K. Any
rotation of the modes has the same loss; nesting makes every leading group of modes optimal as well and so orders them.

Joint nesting is the mean of L(f_{1:i}, g_{1:i}) over i, that is Σ_i m_i T_ii and Σ_ij min(m_i, m_j) M_f,ij M_g,ij with
m_i = (k − i)/k, i = 0..k−1. Sequential nesting has the value of L, but column i moves along the gradient of
L(f_{1:i}, g_{1:i}) with the earlier columns held fixed.

One batch in both second moments makes tr(M_f M_g) too large by O(1/B) on average; leaving out the pairs of a sample
with itself (U-statistic) removes the bias: Σ_{a≠b} ⟨f_a, g_b⟩² = B² tr(M_f M_g) − Σ_b ⟨f_b, g_b⟩², in O(B k²).
"""

from functools import lru_cache
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.processes.sums import summed_over_processes, world_size
from sciml_bench.core.types import Features, Scalar
from sciml_bench.koopman.losses.second_moments import orthonormality_penalty
from sciml_bench.koopman.losses.singular_values import LearnedSingularValues

NESTINGS = ("joint", "sequential", "none")
ESTIMATORS = ("unbiased", "biased")


class _Masks(NamedTuple):
    """How much each mode and each pair of modes counts."""

    correlation: Tensor  # (modes,)
    metric: Tensor  # (modes, modes), symmetric
    gradient: Tensor  # (modes, modes): entry (j, i) is 1 where mode j pushes mode i


@lru_cache(maxsize=32)
def nesting_masks(nesting: str, n_modes: int, dtype: torch.dtype, device: torch.device) -> _Masks:
    """How much each mode and each pair of modes counts, for a nesting of `NESTINGS`."""
    everything = torch.ones(n_modes, n_modes, dtype=dtype, device=device)
    if nesting == "joint":
        share = torch.arange(n_modes, 0, -1, dtype=dtype, device=device) / n_modes
        metric = torch.minimum(share[:, None], share[None, :])
        return _Masks(share, metric, metric)
    gradient = everything.triu() if nesting == "sequential" else everything
    return _Masks(everything[0], everything, gradient)


class _LowRankApproximation(torch.autograd.Function):
    """Value and both gradients in one go: a tenth of the small operations that autograd would record.

    With raw sums S = Σ_b w_b f_b f_bᵀ, W = Σ w, D = W² − Σ w² (unbiased) or W² (biased) and h = f∘g, the value is
    −2/W Σ_b w_b m·h_b + (Σ N∘S_f∘S_g − Σ_b w_b² h_bᵀ N h_b)/D, the last sum only where it is unbiased.
    """

    @staticmethod
    def forward(ctx: Any, f: Tensor, g: Tensor, weights: Tensor | None, masks: _Masks, unbiased: bool) -> Tensor:
        n_processes = world_size()
        product = f * g
        weighted_f, weighted_g, weighted_product = f, g, product
        total = squares = float(len(f))
        if weights is not None:
            column = weights[:, None]
            weighted_f, weighted_g, weighted_product = f * column, g * column, product * column
            total, squares = float(weights.sum()), float(weights.square().sum())
        metric_f, metric_g = f.T @ weighted_f, g.T @ weighted_g
        correlation = weighted_product.sum(dim=0)
        pushed, own_pairs = None, 0.0
        if unbiased:
            pushed = weighted_product @ masks.gradient
            paired = pushed if masks.gradient is masks.metric else weighted_product @ masks.metric
            own_pairs = weighted_product.flatten().dot(paired.flatten())
        if n_processes > 1:
            counts = f.new_tensor([total, squares, float(own_pairs)], dtype=torch.float64)
            total, squares, own_pairs = summed_over_processes(counts).tolist()
            moments = summed_over_processes(torch.cat([metric_f, metric_g, correlation[None]]))
            metric_f, metric_g, correlation = moments.split([len(metric_f), len(metric_g), 1])
            correlation = correlation[0]
        pairs = total * total - squares if unbiased else total * total
        if not pairs > 0:
            raise DataError(f"weights: their sum is {total:.6g}; at least two samples need a positive weight")
        metric = (metric_f * masks.metric).flatten().dot(metric_g.flatten()) - own_pairs
        value = torch.sub(metric / pairs, correlation.dot(masks.correlation), alpha=2 / total)

        if ctx.needs_input_grad[0] or ctx.needs_input_grad[1]:
            # The weight of a sample multiplies its whole gradient; `pushed` brings the second factor of its own pair.
            push = 2 * n_processes / pairs
            pull = masks.correlation * (-2 * n_processes / total)
            pull = pull if pushed is None else torch.sub(pull, pushed, alpha=push)
            ctx.save_for_backward(
                torch.addmm(pull * weighted_g, weighted_f, metric_g * masks.gradient, alpha=push),
                torch.addmm(pull * weighted_f, weighted_g, metric_f * masks.gradient, alpha=push),
            )
        return value

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        f_gradient, g_gradient = ctx.saved_tensors
        return f_gradient * upstream[0], g_gradient * upstream[0], None, None, None


def nested_lora_loss(
    f: Features,
    g: Features,
    *,
    nesting: str = "joint",
    estimator: str = "unbiased",
    singular_values: Float[Tensor, " modes"] | None = None,
    regularization: float | int = 0.0,
    weights: Float[Tensor, " batch"] | None = None,
) -> Scalar:
    """The low-rank approximation loss of one batch, nested or not; differentiable once.

    Args:
        f: features of the present, (batch, modes).
        g: features of the future, (batch, modes).
        nesting: `joint`, `sequential` or `none`.
        estimator: `unbiased` (U-statistic) or `biased` (both second moments from the same samples).
        singular_values: where given, the approximation is Σ_i s_i f_i ⊗ g_i; the same as multiplying f and g by √s.
        regularization: weight of ‖M_f − I‖² + 2‖mean f‖² and the same for g.
        weights: importance of the samples, not negative; only their ratios matter.

    Returns:
        The loss, a scalar in the features' dtype; the features' gradient is exact over all processes of a run.

    Raises:
        ConfigurationError: an unknown choice, or fewer than two samples for the unbiased estimator.
        DataError: fewer than two samples have a positive weight.
    """
    require_choice("nesting", nesting, NESTINGS)
    require_choice("estimator", estimator, ESTIMATORS)
    if estimator == "unbiased" and len(f) < 2 and world_size() == 1:
        raise ConfigurationError(
            f"estimator='unbiased' needs a batch of at least 2 samples, got {len(f)}; raise `batch_size` or drop the "
            "last incomplete batch"
        )
    weights = None if weights is None else weights.to(f.dtype)
    # ⟨√s f, √s g⟩ = ⟨s f, g⟩ in every term of the loss, so one factor does and no square root is taken.
    scaled = f if singular_values is None else f * singular_values
    masks = nesting_masks(nesting, f.shape[1], f.dtype, f.device)
    loss: Tensor = _LowRankApproximation.apply(scaled, g, weights, masks, estimator == "unbiased")  # pyright: ignore[reportAssignmentType]
    if regularization:
        loss = loss + regularization * (orthonormality_penalty(f, weights) + orthonormality_penalty(g, weights))
    return loss


class NestedLoRALoss(nn.Module):
    """The nested low-rank approximation loss with the options of a run.

    Args:
        n_modes: number of modes the features will have, the constant included where there is one.
        nesting: `joint` (default), `sequential` or `none`.
        estimator: `unbiased` (default) or `biased`.
        learn_singular_values: activation that makes learned singular values of free parameters: `sigmoid`, `exp`,
            `softplus` or `identity`; None leaves the scale to the features.
        constant_first: the first mode is the constant 1, whose singular value is known to be 1.
        regularization: weight of the orthonormality penalty, 0 or larger.

    Raises:
        ConfigurationError: an option is not among the allowed ones.
    """

    def __init__(
        self,
        n_modes: int,
        nesting: str = "joint",
        estimator: str = "unbiased",
        learn_singular_values: str | None = None,
        constant_first: bool = False,
        regularization: float | int = 0.0,
    ) -> None:
        super().__init__()
        require_integer("n_modes", n_modes, 1, "at least one mode is needed")
        require_number("regularization", regularization, "it must not be negative", positive=False)
        require_choice("nesting", nesting, NESTINGS)
        require_choice("estimator", estimator, ESTIMATORS)
        self.n_modes, self.nesting, self.estimator = n_modes, nesting, estimator
        self.regularization = regularization
        self.singular_values: LearnedSingularValues | None = None
        if learn_singular_values is not None:
            self.singular_values = LearnedSingularValues(n_modes, learn_singular_values, constant_first)

    def forward(
        self,
        f: Features,
        g: Features,
        weights: Float[Tensor, " batch"] | None = None,
        decay: Float[Tensor, " modes"] | None = None,
    ) -> Scalar:
        """The loss of one batch of features of the present and of the future.

        Args:
            f: features of the present.
            g: features of the future.
            weights: importance of the samples.
            decay: factors of the singular values, where g is further ahead than the lag at which f and g carry them.

        Raises:
            ConfigurationError: the features do not have `n_modes` columns.
        """
        if f.shape[1] != self.n_modes or g.shape[1] != self.n_modes:
            raise ConfigurationError(
                f"n_modes={self.n_modes}, but the features have {f.shape[1]} and {g.shape[1]} columns; give the loss "
                "the number of modes of the encoder (with its constant, if it has one)"
            )
        singular_values = decay
        if self.singular_values is not None:
            singular_values = self.singular_values() if decay is None else self.singular_values() * decay
        return nested_lora_loss(
            f,
            g,
            nesting=self.nesting,
            estimator=self.estimator,
            singular_values=singular_values,
            regularization=self.regularization,
            weights=weights,
        )
