"""Solutions of a trained operator for given parameters, on any grid."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork

_VALUES_AT_ONCE = 2**22
"""Of a batch of solutions, so that memory does not grow with the number of parameters."""


@torch.no_grad()
def prediction(
    model: OperatorNetwork,
    equation: Equation,
    parameters: Float[np.ndarray, "batch *parameter_grid"],
    grid: Grid,
    device: torch.device | str = "cpu",
) -> Float[Tensor, "batch *grid"]:
    """The solutions on a grid, float32 on the CPU.

    A model whose output is a series is evaluated on the grid; one that acts on values runs there.

    Args:
        model: the network.
        equation: whose conditions the solutions fulfil.
        parameters: fields on their own grid.
        grid: where the solutions are wanted.
        device: where the network is.
    """
    at_once = max(1, _VALUES_AT_ONCE // int(np.prod(grid.size)))
    found = []
    for part in torch.from_numpy(parameters).float().split(at_once):
        fields = equation.parameter_coefficients(part.to(device))
        on_grid = equation.parameters_on(fields, grid)
        found.append(equation.solution_values(model.values(fields, grid), grid, on_grid).cpu())
    return torch.cat(found)


@torch.no_grad()
def residual_l2(
    model: OperatorNetwork,
    equation: Equation,
    parameters: Float[np.ndarray, "batch *parameter_grid"],
    device: torch.device | str = "cpu",
) -> Float[Tensor, " batch"]:
    """‖residual‖ in L² of each solution, from its series, in the units of the equation.

    Args:
        model: the network.
        equation: whose residual.
        parameters: fields on their own grid.
        device: where the network is.
    """
    norms = []
    for part in torch.from_numpy(parameters).float().split(16):
        fields = equation.parameter_coefficients(part.to(device))
        basis, solution = equation.solution(model.coefficients(fields), model.equation_basis, fields)
        wide, residual = equation.residual_series(solution, basis, fields)
        norms.append(wide.inner_product(residual, residual).clamp_min(0).sqrt().cpu())
    return torch.cat(norms)
