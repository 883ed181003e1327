"""The dynamical auto-encoder: encode, step linearly, decode (Lusch, Kutz and Brunton, Nature Communications 2018)."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data.views import LaggedPairsView
from sciml_bench.koopman.feature_pair import FeaturePair
from sciml_bench.koopman.learning import KoopmanLearning
from sciml_bench.networks.convolutional import ConvolutionalDecoder
from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron


@described
class PerceptronDecoder(nn.Sequential):
    """Codes to states of any shape.

    Args:
        n_modes: size of a code.
        state_shape: of one state.
    """

    def __init__(self, n_modes: int, state_shape: Sequence[int]) -> None:
        network = MultilayerPerceptron((n_modes,), math.prod(state_shape), hidden=(64, 128, 64), activation="silu")
        super().__init__(network, nn.Unflatten(1, tuple(state_shape)))


class DynamicalAutoEncoderLearning(KoopmanLearning):
    """Train an encoder, a linear step of its code and a decoder together.

    A forecast steps the code with the learned matrix and decodes it; the decoder is convolutional for images and a
    multilayer perceptron otherwise.

    Args:
        model: the encoder; one encoder serves both times (`model.lagged=shared`), and no constant is added to the code.
        view: the pairs.
        loss: a `DynamicalAutoEncoderLoss`.
        options: those of `KoopmanLearning`.

    Raises:
        ConfigurationError: the model has a second encoder or a constant feature.
    """

    takes_inputs: ClassVar[bool] = False  # its loss steps the code without them
    joins_processes: ClassVar[bool] = False  # and is a mean over states

    def __init__(self, model: FeaturePair, view: LaggedPairsView, *, loss: nn.Module, **options: Any) -> None:
        super().__init__(model, view, loss=loss, **options)
        if model.lagged != "shared" or model.center:
            raise ConfigurationError(
                "training=dynamical_auto_encoder learns one code for both times: set model.lagged=shared and "
                "model.center=false"
            )
        self.step = nn.Linear(model.n_modes, model.n_modes, bias=False)
        nn.init.eye_(self.step.weight)
        make = ConvolutionalDecoder if len(view.spec.state_shape) == 3 else PerceptronDecoder
        self.decode: nn.Module = make(model.n_modes, view.spec.state_shape)

    def pair_loss(self, now: Float[Tensor, "batch *state"], later: Float[Tensor, "batch *state"]) -> Tensor:
        """Reconstruction, linearity of the code and prediction."""
        code, later_code = self.model(now, later)
        stepped = self.step(code)
        return self.objective(now, later, self.decode(code), later_code, stepped, self.decode(stepped))

    def decoder(self) -> nn.Module:
        """The trained decoder."""
        return self.decode

    def learned_step(self) -> Float[np.ndarray, "modes modes"]:
        """The trained linear step of the code."""
        return self.step.weight.detach().double().numpy()
