"""The multilayer perceptron: Linear, optional batch normalisation, activation, repeated."""

import math
from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks.activations import activation_module


class MultilayerPerceptron(nn.Module):
    """Flattened states to vectors.

    Args:
        input_shape: shape of one state.
        n_outputs: size of the output vector.
        hidden: sizes of the hidden layers; empty for a linear map.
        activation: name of the activation function.
        batch_norm: whether every hidden layer is batch-normalised before its activation.

    Raises:
        ConfigurationError: a size is not positive or the activation is unknown.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        n_outputs: int,
        hidden: Sequence[int] = (64, 128, 64),
        activation: str = "leaky_relu",
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        sizes = [math.prod(input_shape), *hidden, n_outputs]
        if min(sizes) < 1:
            raise ConfigurationError(f"layer sizes must be positive; got {sizes} (model.encoder.hidden)")
        layers: list[nn.Module] = [] if len(input_shape) == 1 else [nn.Flatten()]
        for n_in, n_out in pairwise(sizes[:-1]):
            layers.append(nn.Linear(n_in, n_out))
            if batch_norm:
                layers.append(nn.BatchNorm1d(n_out))
            layers.append(activation_module(activation))
        layers.append(nn.Linear(sizes[-2], sizes[-1]))
        self.layers = nn.Sequential(*layers)

    def forward(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch outputs"]:
        """Evaluate on a batch of states."""
        return self.layers(states)
