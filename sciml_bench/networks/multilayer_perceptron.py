"""The multilayer perceptron: Linear, optional batch normalisation, activation, repeated; and several as one batch.

Small networks spend their time in the calls, not in the arithmetic: two of them in one call cost little more than one.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
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


class StackedPerceptrons(nn.Module):
    """Perceptrons that share their shape and nothing else; the weights start as copies of the members'.

    Args:
        members: perceptrons of vector states with equal layers and without batch normalisation.

    Raises:
        ValueError: the members cannot be stacked.
    """

    def __init__(self, members: Sequence[MultilayerPerceptron]) -> None:
        super().__init__()
        if not can_stack(members):
            raise ValueError("only perceptrons of vector states with equal layers, without batch normalisation, stack")
        self.n_members = len(members)
        rows = [[layer for layer in member.layers if isinstance(layer, nn.Linear)] for member in members]
        columns = list(zip(*rows, strict=True))
        self.weights = nn.ParameterList(torch.stack([layer.weight.detach().T for layer in same]) for same in columns)
        self.biases = nn.ParameterList(torch.stack([layer.bias.detach()[None] for layer in same]) for same in columns)
        activations = [layer for layer in members[0].layers if not isinstance(layer, nn.Linear)]
        self.activation = activations[0] if activations else nn.Identity()

    def forward(self, states: Float[Tensor, "members batch dim"]) -> Float[Tensor, "members batch outputs"]:
        """Evaluate every member on its own batch."""
        for position, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            states = torch.baddbmm(bias, self.activation(states) if position else states, weight)
        return states

    def member(self, number: int, states: Float[Tensor, "batch dim"]) -> Float[Tensor, "batch outputs"]:
        """Evaluate one member alone."""
        for position, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            active = self.activation(states) if position else states
            states = nn.functional.linear(active, weight[number].T, bias[number, 0])
        return states


def can_stack(members: Sequence[nn.Module]) -> bool:
    """Whether `StackedPerceptrons` takes these networks."""
    if not all(isinstance(member, MultilayerPerceptron) for member in members):
        return False
    layouts = [[(type(layer), [part.shape for part in layer.parameters()]) for layer in one.layers] for one in members]  # pyright: ignore[reportGeneralTypeIssues, reportAttributeAccessIssue]
    forbidden = (nn.Flatten, nn.BatchNorm1d)
    return all(layout == layouts[0] for layout in layouts) and not any(kind in forbidden for kind, _ in layouts[0])
