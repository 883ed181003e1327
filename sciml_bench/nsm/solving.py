"""Solutions of a trained operator for given parameters, on any grid."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.data.views.fresh_parameters import Parameters
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.sampled_functions import Values

_VALUES_AT_ONCE = 2**22
"""Of a batch of solutions, so that memory does not grow with the number of parameters."""


@torch.no_grad()
def prediction(
    model: OperatorNetwork, equation: Equation, parameters: Parameters, grid: Grid, device: torch.device | str = "cpu"
) -> Values:
    """The solutions on a grid, in the precision of the network, on the CPU.

    A model whose output is a series is evaluated on the grid; one that acts on values runs there.

    Args:
        model: the network.
        equation: whose conditions the solutions fulfil.
        parameters: fields on their own grid.
        grid: where the solutions are wanted.
        device: where the network is.
    """
    at_once = max(1, _VALUES_AT_ONCE // int(np.prod(_finer(grid, model)[0].size)))
    parts = torch.from_numpy(parameters).to(model.dtype).split(at_once)
    return torch.cat([solution_values(model, part.to(device), grid, equation).cpu() for part in parts])


def solution_values(
    model: OperatorNetwork,
    parameters: Float[Tensor, "batch *parameter_grid"],
    grid: Grid,
    equation: Equation | None = None,
) -> Values:
    """The solutions on a grid, all at once, where the network is.

    Args:
        model: the network.
        parameters: fields on their own grid, in its precision.
        grid: where the solutions are wanted.
        equation: whose conditions the solutions fulfil; by default the network's own.
    """
    fine, stride = _finer(grid, model)
    fields = (equation or model.equation).parameter_coefficients(parameters)
    return model.solution_on(fields, fine)[(slice(None), *stride)]


def _finer(grid: Grid, model: OperatorNetwork) -> tuple[Grid, tuple[slice, ...]]:
    """A grid with points enough to tell a mean from the shortest waves of a series, and where the grid lies in it."""
    if grid.basis is not None:
        return grid, tuple(slice(None) for _ in grid.size)
    times = [
        -(-modes // n) if axis.kind == "periodic" else 1
        for axis, n, modes in zip(grid.axes, grid.size, model.equation_basis.n_modes, strict=True)
    ]
    fine = Grid.equally_spaced(grid.axes, tuple(n * k for n, k in zip(grid.size, times, strict=True)))
    return fine, tuple(slice(None, None, k) for k in times)


@torch.no_grad()
def residual_l2(model: OperatorNetwork, equation: Equation, parameters: Parameters) -> Float[Tensor, " batch"]:
    """‖residual‖ in L² of each solution, from its series, in the units of the equation; on the CPU.

    Args:
        model: the network.
        equation: whose residual.
        parameters: fields on their own grid.
    """
    norms = []
    for part in torch.from_numpy(parameters).to(model.dtype).split(16):
        fields = equation.parameter_coefficients(part)
        basis, solution = model.solution_as_series(fields)
        wide, residual = equation.residual_series(solution, basis, fields)
        norms.append(wide.inner_product(residual, residual).clamp_min(0).sqrt())
    return torch.cat(norms)
