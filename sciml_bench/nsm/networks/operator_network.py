"""What every solution operator has: features in, lift, layers, projection; and how its output becomes a series.

Inside a network the axes are (*grid, batch, channels): the transform along the first axis is then one matrix product
for everything behind it, the map of every coefficient is one batched product without a copy, and pointwise layers see
channels last.
"""

from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer, require_number
from sciml_bench.core.stored.description import described
from sciml_bench.nsm.bases import TensorProduct
from sciml_bench.nsm.bases.matrices import Constant
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.sampled_functions import Coefficients, ParameterSeries, Values

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh}
COORDINATES = ("automatic", "all", "not_periodic", "none")
_EXPANSION = 4
"""Hidden channels of lift and projection per channel of the network."""


class OperatorNetwork(nn.Module):
    """Base class: from parameter fields to the function z of which an equation makes its solution.

    Args:
        equation: the spec, from which axes and bases follow.
        modes: per axis of the solution.
        width: channels.
        depth: layers.
        activation: relu, gelu, silu or tanh.
        output_scale: of z; about the size of a solution.
        coordinates: which positions the network sees beside values: `all`, on periodic axes as sine and cosine;
            `not_periodic`, so that a network whose layers do not tell the points of a circle apart commutes with
            shifts along it, as most equations do; `none`; `automatic`, `all` where the equation depends on positions
            along a circle, as a forced flow does, and `not_periodic` elsewhere.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init_subclass__(cls) -> None:
        """Every network remembers its settings, so that a learned operator is restored without any configuration."""
        described(cls)

    def __init__(
        self,
        equation: Equation,
        *,
        modes: Sequence[int],
        width: int = 64,
        depth: int = 4,
        activation: ConfiguredWord = "relu",
        output_scale: float | int = 1.0,
        coordinates: ConfiguredWord = "all",
    ) -> None:
        super().__init__()
        self.equation, self.axes = equation, equation.axes
        self.equation_basis = self._basis = equation.basis(modes)
        self.width = require_integer("model.width", width, 1, "give at least 1 channel")
        self.depth = require_integer("model.depth", depth, 1, "give at least 1 layer")
        self.activation = ACTIVATIONS[require_choice("model.activation", activation, ACTIVATIONS)]()
        self.output_scale = require_number("model.output_scale", output_scale, "give a positive number")
        require_choice("model.coordinates", coordinates, COORDINATES)
        if coordinates == "automatic":
            coordinates = "all" if equation.depends_on_position else "not_periodic"
        self.coordinates = coordinates

    # ---- what a subclass says ----------------------------------------------------------------------------------------

    @property
    def basis(self) -> TensorProduct:
        """Of the series that the network gives; the equation's own, unless a network says otherwise."""
        return self._basis

    @abstractmethod
    def series(self, parameters: ParameterSeries) -> Coefficients:
        """Coefficients of z in `basis`.

        Args:
            parameters: coefficients of the parameter fields.
        """

    @property
    def dtype(self) -> torch.dtype:
        """Of its real weights."""
        return next(weight.dtype for weight in self.parameters() if weight.is_floating_point())

    # ---- what the trainings use --------------------------------------------------------------------------------------

    def coefficients(self, parameters: ParameterSeries) -> Coefficients:
        """Coefficients of z in the equation's own basis; z takes the values of a series of another one at its nodes.

        Args:
            parameters: coefficients of the parameter fields.
        """
        series = self.series(parameters)
        if self.basis == self.equation_basis:
            return series
        return self.equation_basis.analyse(self.basis.evaluate(series, self.equation_basis.nodes))

    def solution_series(self, parameters: ParameterSeries) -> tuple[Coefficients, TensorProduct]:
        """z as a series of the equation's kind: its coefficients and its basis.

        Args:
            parameters: coefficients of the parameter fields.
        """
        return self.coefficients(parameters), self.equation_basis

    def define_on(self, grid: Grid) -> None:
        """What a training says of the grid on which its loss sees z.

        Only a network that acts on values, and so gives another function on another grid, has to keep it.

        Args:
            grid: the nodes of a basis, or equally spaced points.
        """

    def values(self, parameters: ParameterSeries, grid: Grid) -> Values:
        """z on a grid.

        Args:
            parameters: coefficients of the parameter fields.
            grid: where.
        """
        coefficients, basis = self.solution_series(parameters)
        return basis.evaluate(coefficients, grid.points)

    def solution_on(self, parameters: ParameterSeries, grid: Grid) -> Values:
        """The solution on a grid, which fulfils the conditions of the equation.

        Args:
            parameters: coefficients of the parameter fields.
            grid: where.
        """
        on_grid = self.equation.parameters_on(parameters, grid)
        return self.equation.solution_values(self.values(parameters, grid), grid, on_grid)

    def solution_as_series(self, parameters: ParameterSeries) -> tuple[TensorProduct, Coefficients]:
        """The solution as a series: its basis and its coefficients.

        Args:
            parameters: coefficients of the parameter fields.
        """
        return self.equation.solution(*self.solution_series(parameters), parameters)

    def features(self, parameters: ParameterSeries, grid: Grid) -> Float[Tensor, "*grid batch channels"]:
        """The parameter fields, and the coordinates where they are wanted, on a grid.

        Args:
            parameters: coefficients of the parameter fields.
            grid: where.
        """
        fields = self.equation.parameters_on(parameters, grid).movedim(0, -1).unsqueeze(-1)
        if not self.n_features > 1:
            return fields
        positions = _coordinates(grid, self.coordinates).like(fields)
        positions = positions.unsqueeze(-2).expand(*grid.size, parameters.shape[0], -1)
        return torch.cat([fields, positions], dim=-1)

    @property
    def n_features(self) -> int:
        """Channels of `features`."""
        per_kind = {"all": (2, 1), "not_periodic": (0, 1), "none": (0, 0)}[self.coordinates]
        return 1 + sum(per_kind[0] if axis.kind == "periodic" else per_kind[1] for axis in self.axes)

    def lift(self) -> nn.Sequential:
        """Features to channels, pointwise."""
        hidden = _EXPANSION * self.width
        return nn.Sequential(nn.Linear(self.n_features, hidden), self.activation, nn.Linear(hidden, self.width))

    def projection(self) -> nn.Sequential:
        """Channels to one value, pointwise."""
        hidden = _EXPANSION * self.width
        return nn.Sequential(
            nn.Linear(self.width, self.width),
            self.activation,
            nn.Linear(self.width, hidden),
            self.activation,
            nn.Linear(hidden, 1),
        )

    def record_entries(self) -> dict[str, Any]:
        """The modes and their basis."""
        return {
            "modes": list(self.basis.n_modes),
            "bases": [type(basis).__name__.lower() for basis in self.basis.bases],
        }


def coordinate_features(grid: Grid, which: str = "all") -> Float[np.ndarray, "*grid channels"]:
    """Positions: sin and cos of 2πx on periodic axes, where x itself would jump, and 2x − 1 on the others.

    Args:
        grid: where.
        which: `all`, or `not_periodic` without the periodic axes.
    """
    channels = []
    for index, (axis, points) in enumerate(zip(grid.axes, grid.points, strict=True)):
        shape = [1] * len(grid.axes)
        shape[index] = len(points)
        if axis.kind == "periodic":
            waves = [np.sin(2 * np.pi * points), np.cos(2 * np.pi * points)] if which == "all" else []
        else:
            waves = [2 * points - 1]
        channels += [np.broadcast_to(wave.reshape(shape), grid.size) for wave in waves]
    return np.stack(channels, axis=-1)


@lru_cache(maxsize=16)
def _coordinates(grid: Grid, which: str) -> Constant:
    return Constant(coordinate_features(grid, which))
