"""Activation functions by the name a configuration gives them, and layers that begin at zero."""

from torch import nn

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
    """The layer, all of its parameters zero.

    Args:
        layer: such as the last of a network.
    """
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
