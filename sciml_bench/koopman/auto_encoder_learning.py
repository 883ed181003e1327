"""The dynamical auto-encoder: encode, step linearly, decode (Lusch, Kutz and Brunton, Nature Communications 2018)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.spec import DataSpec
from sciml_bench.koopman.feature_pair import FeaturePair
from sciml_bench.koopman.learning import KoopmanLearning
from sciml_bench.networks.convolutional import ConvolutionalDecoder
from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron


class DynamicalAutoEncoderLearning(KoopmanLearning):
    """Train an encoder, a linear step of its code and a decoder together.

    A forecast steps the code with the learned matrix and decodes it; the decoder is convolutional for images and a
    multilayer perceptron otherwise.

    Args:
        model: the encoder; one encoder serves both times (`model.lagged=shared`), and no constant is added to the code.
        spec: what the data are.
        loss: a `DynamicalAutoEncoderLoss`.
        options: those of `KoopmanLearning`.

    Raises:
        ConfigurationError: the model has a second encoder or a constant feature.
    """

    def __init__(self, model: FeaturePair, spec: DataSpec, *, loss: nn.Module, **options: Any) -> None:
        super().__init__(model, spec, loss=loss, **options)
        if model.lagged != "shared" or model.center:
            raise ConfigurationError(
                "training=dynamical_auto_encoder learns one code for both times: set model.lagged=shared and "
                "model.center=false"
            )
        self.step = nn.Linear(model.n_modes, model.n_modes, bias=False)
        nn.init.eye_(self.step.weight)
        if len(spec.state_shape) == 3:
            self.decode: nn.Module = ConvolutionalDecoder(model.n_modes, spec.state_shape)
        else:
            self.decode = nn.Sequential(
                MultilayerPerceptron((model.n_modes,), spec.n_state, hidden=(64, 128, 64), activation="silu"),
                nn.Unflatten(1, spec.state_shape),
            )

    def pair_loss(self, now: Float[Tensor, "batch *state"], later: Float[Tensor, "batch *state"]) -> Tensor:
        """Reconstruction, linearity of the code and prediction."""
        code, later_code = self.model(now, later)
        stepped = self.step(code)
        return self.loss(now, later, self.decode(code), later_code, stepped, self.decode(stepped))

    def decoder(self) -> Callable[[Tensor], Tensor]:
        """The trained decoder."""
        return self.decode

    def learned_step(self) -> Float[np.ndarray, "modes modes"]:
        """The trained linear step of the code."""
        return self.step.weight.detach().double().numpy()
