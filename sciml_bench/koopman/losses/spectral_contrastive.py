"""The spectral contrastive loss (HaoChen et al. 2021; for evolution operators Turri et al. 2025).

    L(f, g) = −2/B Σ_b ⟨f_b, g_b⟩ + 1/(B(B−1)) Σ_{a≠b} ⟨f_a, g_b⟩²

It is the unbiased low-rank approximation loss without nesting, and computed as such: in O(B k²), without the B × B
matrix of all pairs.
"""

from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.types import Features, Scalar
from sciml_bench.koopman.losses.nested_lora import nested_lora_loss


def spectral_contrastive_loss(
    f: Features,
    g: Features,
    weights: Float[Tensor, " batch"] | None = None,
    singular_values: Float[Tensor, " modes"] | None = None,
) -> Scalar:
    """The spectral contrastive loss of one batch, in moment form.

    Args:
        f: features of the present, (batch, modes).
        g: features of the future, (batch, modes).
        weights: importance of the samples, not negative; only their ratios matter.
        singular_values: as in `nested_lora_loss`.

    Raises:
        ConfigurationError: fewer than two samples.
        DataError: fewer than two samples have a positive weight.
    """
    return nested_lora_loss(f, g, nesting="none", weights=weights, singular_values=singular_values)


class SpectralContrastiveLoss(nn.Module):
    """The spectral contrastive loss; it has no options."""

    def forward(
        self,
        f: Features,
        g: Features,
        weights: Float[Tensor, " batch"] | None = None,
        decay: Float[Tensor, " modes"] | None = None,
    ) -> Scalar:
        """The loss of one batch; weights and decay are those of `NestedLoRALoss.forward`."""
        return spectral_contrastive_loss(f, g, weights, decay)
