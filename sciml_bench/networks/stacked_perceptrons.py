"""Several multilayer perceptrons of the same shape, evaluated as one batch of matrix products.

Small networks spend their time in the calls, not in the arithmetic: two of them in one call cost little more than one.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron


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
            states = functional.linear(
                self.activation(states) if position else states, weight[number].T, bias[number, 0]
            )
        return states


def can_stack(members: Sequence[nn.Module]) -> bool:
    """Whether `StackedPerceptrons` takes these networks."""
    if not all(isinstance(member, MultilayerPerceptron) for member in members):
        return False
    layouts = [[(type(layer), getattr(layer, "weight", None)) for layer in member.layers] for member in members]  # pyright: ignore[reportGeneralTypeIssues, reportArgumentType]
    shapes = [[(kind, None if weight is None else weight.shape) for kind, weight in layout] for layout in layouts]
    forbidden = (nn.Flatten, nn.BatchNorm1d)
    return all(shape == shapes[0] for shape in shapes) and not any(kind in forbidden for kind, _ in shapes[0])
