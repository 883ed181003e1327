"""The parameters of an equation, sources or initial fields, as series that any grid can be given from."""

from functools import cached_property, lru_cache
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import DataError
from sciml_bench.data.views.fresh_parameters import FreshParameters, Parameters
from sciml_bench.nsm.bases import Basis, TensorProduct
from sciml_bench.nsm.bases.matrices import Constant, apply
from sciml_bench.nsm.equations.domain import Domain
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.sampled_functions import ParameterSeries, Values


class ParameterFields(Domain):
    """Fields on the space axes of a domain, in `parameter_modes`."""

    parameter_modes_setting: ClassVar[str] = "pde.n_points"
    """The key that makes room for rougher fields."""

    system: Any
    sampling: FreshParameters

    def draw_parameters(self, n_samples: int, seed: int) -> Parameters:
        """`n_samples` random sources or initial fields, a function of the seed, which is not negative."""
        return self.system.random_parameters(n_samples, seed)

    @cached_property
    def parameter_basis(self) -> TensorProduct:
        """Of the space axes."""
        kinds = [self.axes[index].basis_kind for index in self.space_axes]
        return TensorProduct.of(kinds, self.parameter_modes)

    def parameter_coefficients(self, parameters: Float[Tensor, "batch *parameter_grid"]) -> ParameterSeries:
        """The series that a parameter field stands for.

        Args:
            parameters: at the points j/n of periodic axes (the end point is not repeated) or the Chebyshev nodes of
                bounded ones; any n of at least 3.

        Raises:
            DataError: not a batch of such fields.
        """
        given = self.given_basis(parameters.shape)
        return given.resize(given.analyse(parameters), self.parameter_modes)

    def given_basis(self, shape: tuple[int, ...] | torch.Size, key: str = "parameters") -> TensorProduct:
        """The basis whose nodes are the points of fields of a shape, batch first; `key` is their name in a message.

        Raises:
            DataError: not a batch of fields with at least 3 points per axis.
        """
        names = ", ".join(self.axes[index].name for index in self.space_axes)
        if len(shape) != len(self.space_axes) + 1 or any(n < 3 for n in shape[1:]) or shape[0] < 1:
            raise DataError(
                f"{key} of shape {tuple(shape)}: {self.name} needs (batch, {names}) with at least 3 points each"
            )
        return self.parameter_basis.resized(shape[1:])

    def parameters_on(self, coefficients: ParameterSeries, grid: Grid) -> Values:
        """The parameter fields on a grid, repeated along time (without a copy).

        Args:
            coefficients: from `parameter_coefficients`.
            grid: of the solution.
        """
        values = coefficients
        for position, index in enumerate(self.space_axes):
            matrix = _sampling_matrix(self.parameter_basis.bases[position], grid, index)
            values = apply(matrix.like(values), values, position - len(self.space_axes))
        if self.is_initial_value_problem:
            values = values.unsqueeze(1).expand(-1, grid.size[0], *values.shape[1:])
        return values


@lru_cache(maxsize=256)
def _sampling_matrix(basis: Basis, grid: Grid, axis: int) -> Constant:
    return Constant(basis.evaluation_matrix(grid.points[axis]))
