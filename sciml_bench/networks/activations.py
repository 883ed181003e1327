"""Parts of networks: activation functions by name, layers that begin at zero, and an embedding of periodic states."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
}


def activation_module(name: str) -> nn.Module:
    """A fresh activation module.

    Raises:
        ConfigurationError: the name is unknown.
    """
    if name not in ACTIVATIONS:
        raise ConfigurationError(f"activation={name!r} is unknown; choose one of {', '.join(sorted(ACTIVATIONS))}")
    return ACTIVATIONS[name]()


def zeroed(layer: nn.Module) -> nn.Module:
    """The layer, such as the last of a network, all of its parameters zero."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


class SinusoidalEmbedding(nn.Module):
    """[sin 2πx/p, cos 2πx/p] of every component x: makes every network behind it exactly periodic.

    Args:
        period: p, in the unit of the state.

    Raises:
        ConfigurationError: the period is not positive.
    """

    def __init__(self, period: float | int = 1.0) -> None:
        super().__init__()
        if not period > 0:
            raise ConfigurationError(f"period must be positive; got {period}")
        self.wave_number = 2 * math.pi / period

    def forward(self, states: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch 2*dim"]:
        """All sines, then all cosines."""
        phase = self.wave_number * states
        return torch.cat((torch.sin(phase), torch.cos(phase)), dim=-1)
