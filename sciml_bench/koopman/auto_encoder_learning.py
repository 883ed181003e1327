"""The dynamical auto-encoder: encode, step linearly, decode (Lusch, Kutz and Brunton, Nature Communications 2018)."""

import functools
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
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
        ConfigurationError: the model has a second encoder or a constant feature; a lag is no multiple of the shortest.
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
        if any(lag % view.lag for lag in view.lags):
            raise ConfigurationError(
                f"training.view.lags={list(view.lags)}: the code takes steps of the shortest lag; give multiples of it"
            )
        self.step = nn.Linear(model.n_modes, model.n_modes, bias=False)
        nn.init.eye_(self.step.weight)
        make = ConvolutionalDecoder if len(view.spec.state_shape) == 3 else PerceptronDecoder
        self.decode: nn.Module = make(model.n_modes, view.spec.state_shape)

    def pair_loss(
        self,
        now: Float[Tensor, "batch *state"],
        later: Float[Tensor, "batch *lags_and_state"],
        weights: Float[Tensor, " batch"] | None = None,
    ) -> Tensor:
        """Reconstruction, linearity of the code and prediction; over a longer lag after as many steps of the code."""
        given = {} if weights is None else {"weights": weights}
        parts = [later] if len(self.view.lags) == 1 else later.unbind(1)
        code, later_codes = self.features_of(now, later)
        stepped, done, decoded, losses = code, 0, self.decode(code), []
        for lag, part, later_code in zip(self.view.lags, parts, later_codes, strict=True):
            for _ in range(lag // self.view.lag - done):
                stepped = self.step(stepped)
            done = lag // self.view.lag
            losses.append(self.objective(now, part, decoded, later_code, stepped, self.decode(stepped), **given))
        return functools.reduce(torch.add, losses)

    def decoder(self) -> nn.Module:
        """The trained decoder."""
        return self.decode

    def learned_step(self) -> Float[np.ndarray, "modes modes"]:
        """The trained linear step of the code."""
        return self.step.weight.detach().double().numpy()
