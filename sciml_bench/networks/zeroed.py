"""Layers that begin at zero, so that before training a network adds nothing."""

from torch import nn


def zeroed(layer: nn.Module) -> nn.Module:
    """The layer, all of its parameters zero.

    Args:
        layer: such as the last of a network.
    """
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
