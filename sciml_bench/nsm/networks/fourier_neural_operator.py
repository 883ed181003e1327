"""The Fourier neural operator on a grid, with neuraloperator's spectral convolution: the grid-trained baseline.

Li et al., Fourier Neural Operator for Parametric Partial Differential Equations (ICLR 2021): v ← act(W v + K v), the
convolution K a complex matrix for each of the lowest waves of a discrete Fourier transform over the points, whatever
their positions.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import TensorProduct
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork

if TYPE_CHECKING:
    from sciml_bench.nsm.equations import Equation


class FourierNeuralOperator(OperatorNetwork):
    """An operator on values: it gives the solution on the grid on which it sees the parameters.

    Its series, for the spectral training and the residual of the evaluation, is that of its values at the nodes of the
    equation's basis.

    Args:
        equation: the spec.
        modes: waves of the convolution per axis, and nodes of its series.
        **options: see `OperatorNetwork`.

    Raises:
        ConfigurationError: a value is out of range, or the package neuraloperator is missing.
    """

    def __init__(self, equation: "Equation", *, modes: Sequence[int], **options: Any) -> None:
        super().__init__(equation, modes=modes, **options)
        try:
            from neuralop.layers.spectral_convolution import SpectralConv
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                "model=fno needs the package neuraloperator; install it with `pip install 'sciml-bench[operators]'`"
            ) from error
        n_modes = tuple(self.equation_basis.n_modes)
        self.lifting = self.lift()
        self.convolutions = nn.ModuleList(SpectralConv(self.width, self.width, n_modes) for _ in range(self.depth))
        self.pointwise = nn.ModuleList(nn.Linear(self.width, self.width) for _ in range(self.depth))
        self.projecting = self.projection()

    @property
    def basis(self) -> TensorProduct:
        """The equation's own."""
        return self.equation_basis

    def values(self, parameters: Float[Tensor, "batch *parameter_modes"], grid: Grid) -> Float[Tensor, "batch *grid"]:
        """z on a grid, by running the network there."""
        v = self.lifting(self.features(parameters, grid))
        for convolution, pointwise in zip(self.convolutions, self.pointwise, strict=True):
            # a convolution wants (batch, channels, *grid)
            waves = convolved(convolution, v.movedim((-2, -1), (0, 1)).contiguous())
            v = self.activation(pointwise(v) + waves.movedim((0, 1), (-2, -1)))
        return self.output_scale * self.projecting(v).squeeze(-1).movedim(-1, 0)

    def series(self, parameters: Float[Tensor, "batch *parameter_modes"]) -> Float[Tensor, "batch *modes"]:
        """Coefficients of the series through the values at the nodes."""
        return self.basis.analyse(self.values(parameters, Grid.of_nodes(self.axes, self.basis)))

    def record_entries(self) -> dict[str, Any]:
        """The waves of the convolution."""
        return {"modes": list(self.basis.n_modes), "bases": ["grid"] * self.basis.n_axes}


def convolved(
    convolution: nn.Module, v: Float[Tensor, "batch channels *grid"]
) -> Float[Tensor, "batch channels_out *grid"]:
    """A spectral convolution of neuraloperator on any grid.

    Its own `forward`, as of 2.0.0, leaves the frequencies of every axis but the last displaced by one where the number
    of points is odd: it undoes `fftshift` by `fftshift`. On even grids this is the same.

    Args:
        convolution: a `SpectralConv`, whose weights are (channels, channels out, *waves), the mean in the middle of
            every axis but the last, which starts with it.
        v: values on a grid.
    """
    weight = cast(Any, convolution.weight).to_tensor()
    kept = weight.shape[2:]
    axes = list(range(-len(kept), 0))
    spectrum = torch.fft.rfftn(v, dim=axes, norm="forward")
    places, columns = [], []
    for n, waves in zip(v.shape[2:-1], kept[:-1], strict=True):
        frequency = torch.arange(max(-(waves // 2), -(n // 2)), min((waves + 1) // 2, (n + 1) // 2), device=v.device)
        places.append(frequency % n)
        columns.append(frequency + waves // 2)
    last = torch.arange(min(kept[-1], spectrum.shape[-1]), device=v.device)
    where, which = (torch.meshgrid(*one, last, indexing="ij") for one in (places, columns))
    parts = torch.einsum("bi...,io...->bo...", spectrum[:, :, *where], weight[:, :, *which])
    result = parts.new_zeros(len(v), weight.shape[1], *spectrum.shape[2:])
    result[:, :, *where] = parts
    return torch.fft.irfftn(result, v.shape[2:], dim=axes, norm="forward") + convolution.bias
