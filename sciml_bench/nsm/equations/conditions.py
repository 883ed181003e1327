"""Solutions that fulfil the conditions of an equation exactly, whatever a network says.

A solution is u = g + scale · Π factor · z with z from a network: the factor t makes the initial value exact, 4x(1 − x)
the zero at both ends of a bounded axis, and g is the initial field. A field without mean has its mean removed.

Source: Du, Chalapathi and Krishnapriyan, Neural Spectral Methods (ICLR 2024), section 4.
"""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Basis, Chebyshev, TensorProduct
from sciml_bench.nsm.bases.matrices import Constant, apply
from sciml_bench.nsm.equations.domain import FACTORS
from sciml_bench.nsm.equations.parameter_fields import ParameterFields
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.sampled_functions import Coefficients, ParameterSeries, Values


class Conditions(ParameterFields):
    """From a network's function to a solution, as a series or on a grid."""

    def solution(
        self, network: Coefficients, basis: TensorProduct, parameters: ParameterSeries
    ) -> tuple[TensorProduct, Float[Tensor, "batch *solution_modes"]]:
        """The basis and the coefficients of the series u that fulfils the conditions, from the series z of a network.

        The parameters are coefficients, from `parameter_coefficients`.
        """
        wide = self.solution_basis(basis)
        coefficients = network
        for index, axis in enumerate(self.axes):
            if axis.kind in FACTORS:
                matrix = _factor_matrix(basis.bases[index], axis.kind).like(network)
                coefficients = apply(matrix, coefficients, index - len(self.axes))
        coefficients = basis.resized(coefficients.shape[1:]).resize(coefficients, wide.n_modes)
        if self.zero_mean:
            mask = torch.ones(coefficients.shape[1:], dtype=coefficients.dtype, device=coefficients.device)
            mask[tuple(slice(None) if axis.kind == "time" else 0 for axis in self.axes)] = 0
            coefficients = coefficients * mask
        if self.is_initial_value_problem:
            initial = self.parameter_basis.resize(parameters, wide.n_modes[1:]).unsqueeze(1)
            coefficients = torch.cat([coefficients[:, :1] + initial, coefficients[:, 1:]], dim=1)
        return wide, coefficients

    def solution_values(self, network: Values, grid: Grid, parameters: Values) -> Values:
        """The same for values of z on a grid, with the parameters on that grid."""
        values = network
        for index, (axis, points) in enumerate(zip(self.axes, grid.points, strict=True)):
            if axis.kind in FACTORS:
                factor = torch.from_numpy(points if axis.kind == "time" else 4 * points * (1 - points)).to(values)
                values = values * factor.reshape([-1 if k == index else 1 for k in range(len(self.axes))])
        if self.zero_mean:
            axes = [index - len(self.axes) for index in self.space_axes]
            values = values - values.mean(dim=axes, keepdim=True)
        return values + parameters if self.is_initial_value_problem else values


@lru_cache(maxsize=256)
def _factor_matrix(basis: Basis, kind: str) -> Constant:
    if not isinstance(basis, Chebyshev):
        raise ConfigurationError(f"a condition on an axis of kind {kind} needs a Chebyshev basis there")
    return Constant(basis.multiplication_matrix(np.array(FACTORS[kind])))
