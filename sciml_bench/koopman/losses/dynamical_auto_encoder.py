"""The dynamical auto-encoder (Lusch, Kutz & Brunton 2018): a latent space in which the dynamics are linear.

With encoder φ, decoder ψ and latent operator K, the loss is the weighted sum of three mean squared errors:
reconstruction ψ(φ(x_t)) ≈ x_t, linearity Kφ(x_t) ≈ φ(x_{t+1}), prediction ψ(Kφ(x_t)) ≈ x_{t+1}.
"""

from functools import partial

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from sciml_bench.core.checks import require_number
from sciml_bench.core.types import Scalar


class DynamicalAutoEncoderLoss(nn.Module):
    """The loss of a dynamical auto-encoder.

    Args:
        reconstruction_weight: weight of the reconstruction error, 0 or larger.
        linearity_weight: weight of the error in the latent space, 0 or larger.
        prediction_weight: weight of the error of the predicted state, 0 or larger.

    Raises:
        ConfigurationError: a negative weight.
    """

    def __init__(
        self,
        reconstruction_weight: float | int = 1.0,
        linearity_weight: float | int = 1.0,
        prediction_weight: float | int = 1.0,
    ) -> None:
        super().__init__()
        checked = partial(require_number, remedy="it must not be negative", positive=False)
        self.reconstruction_weight = checked("reconstruction_weight", reconstruction_weight)
        self.linearity_weight = checked("linearity_weight", linearity_weight)
        self.prediction_weight = checked("prediction_weight", prediction_weight)

    def forward(
        self,
        state_now: Float[Tensor, "batch *state"],
        state_next: Float[Tensor, "batch *state"],
        reconstruction: Float[Tensor, "batch *state"],
        latent_next: Float[Tensor, "batch modes"],
        predicted_latent: Float[Tensor, "batch modes"],
        predicted_state: Float[Tensor, "batch *state"],
        weights: Float[Tensor, " batch"] | None = None,
    ) -> Scalar:
        """The weighted sum of the three mean squared errors of one batch.

        Args:
            state_now: x_t.
            state_next: x_{t+1}.
            reconstruction: the decoded encoding of `state_now`.
            latent_next: the encoding of `state_next`.
            predicted_latent: the encoding of `state_now` advanced by the latent operator.
            predicted_state: `predicted_latent`, decoded.
            weights: importance of the samples, not negative; only their ratios matter.
        """

        def error(found: Tensor, true: Tensor) -> Tensor:
            if weights is None:
                return mse_loss(found, true)
            return (found - true).square().flatten(1).mean(dim=1).dot(weights.to(found.dtype)) / weights.sum()

        return (
            self.reconstruction_weight * error(reconstruction, state_now)
            + self.linearity_weight * error(predicted_latent, latent_next)
            + self.prediction_weight * error(predicted_state, state_next)
        )
