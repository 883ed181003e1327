"""The spectral neural operator: from coefficients to coefficients, activations included.

Fanaskov and Oseledets, Spectral Neural Operators (Doklady Mathematics 108, 2023). A layer mixes all modes of an axis
with each other by a dense matrix, one axis after the other, then the channels; activations act on coefficients, where
they are not those of any function.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.nsm.bases.matrices import apply
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.sampled_functions import Coefficients, ParameterSeries

_INITIAL_MIXING = 0.1


class ModeMixingLayer(nn.Module):
    """act(W D v + v): dense maps D of the modes along each axis, a map W of the channels, and a way around both.

    Args:
        n_modes: per axis.
        width: channels.
        activation: act.
    """

    def __init__(self, n_modes: Sequence[int], width: int, activation: nn.Module) -> None:
        super().__init__()
        # near the identity: a product of random mixings has forgotten which mode is which, and learns late
        self.mixing = nn.ParameterList(
            [nn.Parameter(torch.eye(n) + _INITIAL_MIXING * torch.randn(n, n) / math.sqrt(n)) for n in n_modes]
        )
        self.channels = nn.Linear(width, width)
        self.activation = activation

    def forward(self, v: Float[Tensor, "*modes batch channels"]) -> Float[Tensor, "*modes batch channels"]:
        """One layer."""
        mixed = v
        for axis, matrix in enumerate(self.mixing):
            mixed = apply(matrix, mixed, axis)
        return self.activation(self.channels(mixed) + v)


class SpectralNeuralOperator(OperatorNetwork):
    """Lift, layers and projection on coefficients of the equation's own basis.

    Args:
        equation: the spec.
        modes: per axis of the solution.
        **options: see `OperatorNetwork`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(self, equation: Equation, *, modes: Sequence[int], **options: Any) -> None:
        super().__init__(equation, modes=modes, **options)
        n_modes = self.basis.n_modes
        self.lifting = self.lift()
        self.layers = nn.ModuleList(ModeMixingLayer(n_modes, self.width, self.activation) for _ in range(self.depth))
        self.projecting = self.projection()

    def series(self, parameters: ParameterSeries) -> Coefficients:
        """Coefficients of z."""
        v = self.features(parameters, Grid.of_nodes(self.axes, self.basis))
        for axis, basis in enumerate(self.basis.bases):
            v = apply(basis.matrix("analysis", v), v, axis)
        v = self.lifting(v)
        for layer in self.layers:
            v = layer(v)
        # coefficients of one size add up to a function that is larger by the root of their number
        scale = self.output_scale / math.sqrt(math.prod(self.basis.n_modes))
        return scale * self.projecting(v).squeeze(-1).movedim(-1, 0)
