"""Tensor products of one-dimensional bases: series on the unit square and cube, one matrix per axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.nsm.bases.basis import Basis
from sciml_bench.nsm.bases.matrices import apply


@dataclass(frozen=True)
class TensorProduct:
    """Products of one function per axis. Coefficients and values are the last axes of a tensor, (*batch, *modes).

    Args:
        bases: one per axis.

    Raises:
        ConfigurationError: no basis, something that is none, or no tuple.
    """

    bases: tuple[Basis, ...]

    def __post_init__(self) -> None:
        """Check the bases."""
        of_bases = isinstance(self.bases, tuple) and all(isinstance(basis, Basis) for basis in self.bases)
        if not of_bases or not self.bases:
            raise ConfigurationError(f"TensorProduct: bases={self.bases}: give a tuple of one basis per axis")

    @classmethod
    def of(cls, kinds: Sequence[type[Basis]], n_modes: Sequence[int]) -> "TensorProduct":
        """One basis per axis from its kind and its number of modes.

        Raises:
            ConfigurationError: the two lists differ in length, or a number is below 1.
        """
        if len(kinds) != len(n_modes):
            raise ConfigurationError(f"modes={list(n_modes)}: give one number for each of the {len(kinds)} axes")
        return cls(tuple(kind(n) for kind, n in zip(kinds, n_modes, strict=True)))

    @property
    def n_axes(self) -> int:
        """Dimension of the domain."""
        return len(self.bases)

    @property
    def n_modes(self) -> tuple[int, ...]:
        """Number of modes per axis."""
        return tuple(basis.n_modes for basis in self.bases)

    @property
    def nodes(self) -> tuple[Float[np.ndarray, " _"], ...]:
        """Nodes per axis; the grid is their product."""
        return tuple(basis.nodes for basis in self.bases)

    def resized(self, n_modes: Sequence[int]) -> "TensorProduct":
        """The product of bases of the same kinds with other numbers of modes."""
        return TensorProduct.of([type(basis) for basis in self.bases], n_modes)

    def product_basis(self, n_factors: int = 2) -> "TensorProduct":
        """The basis that holds products of series without aliasing."""
        return TensorProduct(tuple(basis.product_basis(n_factors) for basis in self.bases))

    def synthesise(self, coefficients: Tensor, method: str | None = None) -> Tensor:
        """Values at the grid of nodes, (*batch, *modes); see `Basis.synthesise`."""
        for axis, basis in self._axes(coefficients):
            coefficients = basis.synthesise(coefficients, axis, method)
        return coefficients

    def analyse(self, values: Tensor, method: str | None = None) -> Tensor:
        """Coefficients of the series with the given values at the nodes; see `Basis.analyse`."""
        for axis, basis in self._axes(values):
            values = basis.analyse(values, axis, method)
        return values

    def differentiate(self, coefficients: Tensor, axis: int, order: int = 1) -> Tensor:
        """Coefficients of a derivative along one axis of the domain, counted from 0."""
        if not 0 <= axis < self.n_axes:
            raise ConfigurationError(f"axis={axis}: the domain has the axes 0 to {self.n_axes - 1}")
        self._axes(coefficients)
        return self.bases[axis].differentiate(coefficients, axis - self.n_axes, order)

    def resize(self, coefficients: Tensor, n_modes: Sequence[int]) -> Tensor:
        """Pad with zeros or truncate, per axis."""
        if len(n_modes) != self.n_axes:
            raise ConfigurationError(f"modes={list(n_modes)}: give one number for each of the {self.n_axes} axes")
        for (axis, basis), n in zip(self._axes(coefficients), n_modes, strict=True):
            coefficients = basis.resize(coefficients, n, axis)
        return coefficients

    def inner_product(self, first: Tensor, second: Tensor) -> Tensor:
        """∫ f g over the domain, exactly; (*batch) from (*batch, *modes) twice."""
        self._axes(second)
        transformed = first
        for axis, basis in self._axes(first):
            if not basis.periodic:  # where the Gram matrix is not the identity
                transformed = apply(basis.matrix("gram", transformed), transformed, axis)
        return (transformed * second).flatten(-self.n_axes).sum(dim=-1)

    def evaluate(self, coefficients: Tensor, points: Sequence[Float[np.ndarray, " _"]]) -> Tensor:
        """Values on the grid of any points per axis, (*batch, *points)."""
        if len(points) != self.n_axes:
            raise DataError(f"points for {len(points)} axes; give them for each of the {self.n_axes} axes")
        for (axis, basis), positions in zip(self._axes(coefficients), points, strict=True):
            coefficients = basis.evaluate(coefficients, positions, axis)
        return coefficients

    def _axes(self, tensor: Tensor) -> list[tuple[int, Basis]]:
        if tensor.ndim < self.n_axes:
            raise DataError(
                f"a tensor of shape {tuple(tensor.shape)} has fewer than the {self.n_axes} axes of its basis"
            )
        axes = [(index - self.n_axes, basis) for index, basis in enumerate(self.bases)]
        for axis, basis in axes:
            basis.require(tensor, axis)
        return axes
