"""The error of many fields at once on what a method learns from, for scans and landscapes of its loss."""

import copy

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.node.fields.coupling import CoupledDynamics
from sciml_bench.node.fitting.trajectory_fitting import TrajectoryFitting


def losses_of(
    fitting: TrajectoryFitting, parameters: Float[Tensor, "members parameters"], coupling: float | int = 0.0
) -> Float[Tensor, " members"]:
    """The mean squared errors of fields with other weights; not differentiable.

    Args:
        fitting: whose data, solver and splines are used.
        parameters: of the field, flattened in the order of `model.parameters()`, one row per field.
        coupling: λ k, in 1/time; 0 for the free dynamics.
    """
    field = copy.deepcopy(fitting.model)
    shapes = {name: value.shape[1:] for name, value in field.named_parameters()}
    pieces = parameters.to(fitting.dtype_of_states).split([shape.numel() for shape in shapes.values()], dim=1)
    field.set_members(
        {name: piece.reshape(-1, *shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}
    )
    pulled = CoupledDynamics(field, fitting.splines, coupling) if coupling else field
    x0 = fitting.initial_states()[:1].expand(len(parameters), -1, -1)
    with torch.no_grad():
        return fitting.batch.mean_squared_error(fitting.solver(pulled, x0, fitting.batch.times).states)
