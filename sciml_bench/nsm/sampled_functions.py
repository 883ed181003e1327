"""A function as an equation's residual sees it: its values on a grid, and those of its derivatives.

The same residual serves all trainings: of a series, whose derivatives are exact (`SpectralFunction`), and of values on
a grid of equally spaced points, whose derivatives are second-order differences (`DifferencedFunction`).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Basis, Fourier, TensorProduct
from sciml_bench.nsm.bases.matrices import Constant, apply
from sciml_bench.nsm.grid import Grid

Values = Float[Tensor, "batch *grid"]
Coefficients = Float[Tensor, "batch *modes"]
ParameterSeries = Float[Tensor, "batch *parameter_modes"]


class SampledFunction(ABC):
    """Values (batch, *grid) of a function and its derivatives."""

    @property
    @abstractmethod
    def values(self) -> Values:
        """On the grid."""

    @abstractmethod
    def derivative(self, axis: int, order: int = 1) -> Values:
        """On the grid.

        Args:
            axis: of the domain, counted from 0.
            order: 1 or 2.
        """

    @abstractmethod
    def inverse_laplacian(self, axes: Sequence[int]) -> "SampledFunction":
        """The function ψ without mean with −Δψ = the mean-free part of this one.

        Args:
            axes: periodic ones, over which Δ acts.

        Raises:
            ConfigurationError: an axis is not periodic.
        """


class SpectralFunction(SampledFunction):
    """A series, seen at the nodes of a basis that may hold more modes.

    Args:
        coefficients: (batch, *modes).
        basis: of the series.
        seen_at: the basis whose nodes are the grid; the series' own by default.
    """

    def __init__(self, coefficients: Coefficients, basis: TensorProduct, seen_at: TensorProduct | None = None) -> None:
        self.coefficients, self.basis = coefficients, basis
        self.seen_at = basis if seen_at is None else seen_at

    @property
    def values(self) -> Values:
        """On the grid."""
        return self._seen({})

    def derivative(self, axis: int, order: int = 1) -> Values:
        """On the grid, exactly."""
        return self._seen({axis: order})

    def inverse_laplacian(self, axes: Sequence[int]) -> "SpectralFunction":
        """The series divided by |2πk|²."""
        inverse = _inverse_symbol(self.basis, tuple(axes)).like(self.coefficients)
        return SpectralFunction(self.coefficients * inverse, self.basis, self.seen_at)

    def _seen(self, orders: dict[int, int]) -> Tensor:
        values = self.coefficients
        for axis, (basis, seen) in enumerate(zip(self.basis.bases, self.seen_at.bases, strict=True)):
            matrix = _derivative_at_nodes(basis, seen, orders.get(axis, 0))
            values = apply(matrix.like(values), values, axis - self.basis.n_axes)
        return values


class DifferencedFunction(SampledFunction):
    """Values on equally spaced points; derivatives are second-order differences, one-sided at ends.

    Args:
        values: (batch, *grid).
        grid: equally spaced.
    """

    def __init__(self, values: Values, grid: Grid) -> None:
        self._values, self.grid = values, grid

    @property
    def values(self) -> Values:
        """On the grid."""
        return self._values

    def derivative(self, axis: int, order: int = 1) -> Values:
        """On the grid, with an error of the second order in the spacing.

        Raises:
            ConfigurationError: an order above 2.
        """
        if order not in (1, 2):
            raise ConfigurationError(
                f"a derivative of order {order} by differences on a grid: orders 1 and 2 are there; "
                "use training.differences=spectral, or training=spectral"
            )
        position = axis - len(self.grid.axes)
        if self.grid.axes[axis].kind == "periodic":
            ahead, behind = self._values.roll(-1, position), self._values.roll(1, position)
            spacing = 1 / self.grid.size[axis]
            return (ahead - behind) / (2 * spacing) if order == 1 else (ahead - 2 * self._values + behind) / spacing**2
        spacing = 1 / (self.grid.size[axis] - 1)
        return _bounded_difference(self._values.movedim(position, -1), order, spacing).movedim(-1, position)

    def inverse_laplacian(self, axes: Sequence[int]) -> "DifferencedFunction":
        """Through a discrete Fourier transform over the grid."""
        basis = TensorProduct(tuple(Fourier(n) for n in self.grid.size))
        if any(self.grid.axes[axis].kind != "periodic" for axis in axes):
            raise ConfigurationError("the inverse of the Laplacian needs periodic axes")
        values = self._values
        for axis in axes:
            values = basis.bases[axis].analyse(values, axis - basis.n_axes)
        values = values * _inverse_symbol(basis, tuple(axes)).like(values)
        for axis in axes:
            values = basis.bases[axis].synthesise(values, axis - basis.n_axes)
        return DifferencedFunction(values, self.grid)


@lru_cache(maxsize=64)
def laplacian_symbol(basis: TensorProduct, axes: tuple[int, ...]) -> Float[np.ndarray, "*modes"]:
    """|2πk|² over the given axes, with the size 1 along the others.

    Raises:
        ConfigurationError: an axis is not periodic.
    """
    total = np.zeros((1,) * basis.n_axes)
    for axis in axes:
        one = basis.bases[axis]
        if not isinstance(one, Fourier):
            raise ConfigurationError("the inverse of the Laplacian needs periodic axes")
        shape = [1] * basis.n_axes
        shape[axis] = one.n_modes
        total = total + ((2 * np.pi * one.frequencies) ** 2).reshape(shape)
    return total


@lru_cache(maxsize=64)
def _inverse_symbol(basis: TensorProduct, axes: tuple[int, ...]) -> Constant:
    symbol = laplacian_symbol(basis, axes)
    return Constant(1 / np.where(symbol > 0, symbol, np.inf))


@lru_cache(maxsize=512)
def _derivative_at_nodes(basis: Basis, seen: Basis, order: int) -> Constant:
    functions = seen.synthesis_matrix if seen == basis else basis.evaluation_matrix(seen.nodes)
    return Constant(functions @ np.linalg.matrix_power(basis.derivative_matrix, order))


def _bounded_difference(values: Tensor, order: int, spacing: float) -> Tensor:
    if order == 1:
        inner = (values[..., 2:] - values[..., :-2]) / (2 * spacing)
        first = (-3 * values[..., :1] + 4 * values[..., 1:2] - values[..., 2:3]) / (2 * spacing)
        last = (3 * values[..., -1:] - 4 * values[..., -2:-1] + values[..., -3:-2]) / (2 * spacing)
        return torch.cat([first, inner, last], dim=-1)
    inner = (values[..., 2:] - 2 * values[..., 1:-1] + values[..., :-2]) / spacing**2
    if inner.shape[-1] == 1:
        return inner.expand_as(values)
    # the second derivative next to an end stands in for the one at the end, where a 3-point formula is of first order
    return torch.cat([2 * inner[..., :1] - inner[..., 1:2], inner, 2 * inner[..., -1:] - inner[..., -2:-1]], dim=-1)
