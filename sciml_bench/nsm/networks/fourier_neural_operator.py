"""The Fourier neural operator on a grid, with neuraloperator's spectral convolution: the grid-trained baseline.

Li et al., Fourier Neural Operator for Parametric Partial Differential Equations (ICLR 2021): v ← act(W v + K v), the
convolution K a complex matrix for each of the lowest waves of a discrete Fourier transform over the points, whatever
their positions.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import NotApplicableError
from sciml_bench.nsm.bases import TensorProduct
from sciml_bench.nsm.bases.matrices import apply, as_tensor
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.sampled_functions import Coefficients, ParameterSeries, Values

_CUTOFF = 1e-6
"""Below which part of the largest singular value a fit leaves out: Chebyshev series on few equally spaced points."""


class FourierNeuralOperator(OperatorNetwork):
    """An operator on values, which it gives on the grid on which it sees the parameters.

    On an axis that is not periodic, points at other positions make another function of the same weights. So a training
    says on which grid its loss sees the solution. Where these are the nodes of a basis, the network is the series
    through its values there. Where they are equally spaced, it gives values on equally spaced points, of any number,
    and its series, for the residual of the evaluation, is fitted to those on the grid of the training.

    Args:
        modes: waves of the convolution per axis, and nodes of its series before a training says otherwise.
        **options: see `OperatorNetwork`.

    Raises:
        ConfigurationError: a value is out of range.
        NotApplicableError: the package neuraloperator is missing.
    """

    def __init__(self, equation: Equation, *, modes: Sequence[int], **options: Any) -> None:
        super().__init__(equation, modes=modes, **options)
        self.make_layers()
        # a buffer, so that it is kept with the weights
        self.register_buffer("defined_on", torch.tensor([True, *self.equation_basis.n_modes], dtype=torch.long))

    def make_layers(self) -> None:
        """What has weights, and `run` applies."""
        convolution = part_of_library("neuralop.layers.spectral_convolution").SpectralConv
        n_modes = tuple(self.equation_basis.n_modes)
        self.lifting = self.lift()
        self.convolutions = nn.ModuleList(convolution(self.width, self.width, n_modes) for _ in range(self.depth))
        self.pointwise = nn.ModuleList(nn.Linear(self.width, self.width) for _ in range(self.depth))
        self.projecting = self.projection()

    def define_on(self, grid: Grid) -> None:
        """Take the function that the network gives on this grid as its solution."""
        self.get_buffer("defined_on").copy_(torch.tensor([grid.basis is not None, *grid.size]))

    @property
    def grid(self) -> Grid:
        """On which the network gives its solution."""
        of_nodes, *size = self.get_buffer("defined_on").tolist()
        if of_nodes:
            return Grid.of_nodes(self.axes, self.equation_basis.resized(size))
        return Grid.equally_spaced(self.axes, tuple(size))

    @property
    def basis(self) -> TensorProduct:
        """The equation's own, with as many modes as the grid holds."""
        grid = self.grid
        if grid.basis is not None:
            return grid.basis
        sizes = []
        for axis, points, modes in zip(self.axes, grid.size, self.equation_basis.n_modes, strict=True):
            # an even number of waves would end with one that has no derivative; a Chebyshev series through many equally
            # spaced points would be arbitrary between them
            sizes.append(points - 1 + points % 2 if axis.kind == "periodic" else min(points, modes))
        return self.equation_basis.resized(sizes)

    def values(self, parameters: ParameterSeries, grid: Grid) -> Values:
        """z on a grid: of its series, or by running the network there."""
        return self.run(parameters, grid) if self.grid.basis is None else super().values(parameters, grid)

    def solution_series(self, parameters: ParameterSeries) -> tuple[Coefficients, TensorProduct]:
        """The series and its basis."""
        return self.series(parameters), self.basis

    def series(self, parameters: ParameterSeries) -> Coefficients:
        """Coefficients of the series through the values at the nodes, or nearest to those on equally spaced points."""
        grid = self.grid
        values = self.run(parameters, grid)
        if grid.basis is not None:
            return grid.basis.analyse(values)
        for axis, (basis, points) in enumerate(zip(self.basis.bases, grid.points, strict=True)):
            matrix = as_tensor(np.linalg.pinv(basis.evaluation_matrix(points), rcond=_CUTOFF), values)
            values = apply(matrix, values, axis - len(self.axes))
        return values

    def run(self, parameters: ParameterSeries, grid: Grid) -> Values:
        """z on a grid, by the network alone."""
        v = self.lifting(self.features(parameters, grid))
        for convolution, pointwise in zip(self.convolutions, self.pointwise, strict=True):
            # a convolution wants (batch, channels, *grid)
            waves = convolved(convolution, v.movedim((-2, -1), (0, 1)).contiguous())
            v = self.activation(pointwise(v) + waves.movedim((0, 1), (-2, -1)))
        return self.output_scale * self.projecting(v).squeeze(-1).movedim(-1, 0)

    def record_entries(self) -> dict[str, Any]:
        """The waves of the convolution."""
        return {"modes": list(self.equation_basis.n_modes), "bases": ["grid"] * self.basis.n_axes}


def part_of_library(name: str) -> Any:
    """A module of neuraloperator.

    Args:
        name: dotted.

    Raises:
        NotApplicableError: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise NotApplicableError(
            f"Fourier neural operators need the package neuraloperator ({error.name} is missing); install it with "
            "`pip install 'sciml-bench[operators]'`"
        ) from error


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
    # PyTorch leaves complex weights as they are when a network is made one of double precision
    weight = weight[:, :, *which].to(spectrum.dtype)
    parts = torch.einsum("bi...,io...->bo...", spectrum[:, :, *where], weight)
    result = parts.new_zeros(len(v), weight.shape[1], *spectrum.shape[2:])
    result[:, :, *where] = parts
    return torch.fft.irfftn(result, v.shape[2:], dim=axes, norm="forward") + convolution.bias
