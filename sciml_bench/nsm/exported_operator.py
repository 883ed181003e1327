"""What a trained operator can be exported as: from a parameter field to the solution on a grid."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_integer
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.nsm.bases.basis import by_matrices
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.solving import solution_values

_N_CHECKED = 4
"""Fields of which the solutions are compared."""


class Solution(nn.Module):
    """Solutions of an equation on equally spaced points.

    Args:
        model: the network, which knows its equation.
        resolution: points per space axis.
    """

    def __init__(self, model: OperatorNetwork, resolution: int) -> None:
        super().__init__()
        self.model, self.grid = model, model.equation.test_grid(resolution)

    def forward(self, parameters: Float[Tensor, "batch *parameter_grid"]) -> Float[Tensor, "batch *grid"]:
        """From sources or initial fields, by matrices: the formats do not all have Fourier transforms."""
        with by_matrices():
            return solution_values(self.model, parameters.to(self.model.dtype), self.grid).double()


def functions_of(
    model: OperatorNetwork, solve: Callable[..., tuple[np.ndarray, dict[str, np.ndarray]]], resolution: int
) -> dict[str, Callable[[], ExportedFunction]]:
    """By name, each made when it is called for.

    Args:
        model: the network.
        solve: the learned operator's own, from parameters and resolution.
        resolution: points per space axis.

    Raises:
        ConfigurationError: a resolution below 3.
    """
    require_integer("resolution", resolution, 3, "give a whole number of at least 3")
    equation = model.equation

    def solution() -> ExportedFunction:
        fields = np.asarray(equation.draw_parameters(_N_CHECKED, equation.sampling.test_seed), dtype=np.float64)
        axes = [equation.axes[index] for index in equation.space_axes]
        nodes = equation.given_basis(fields.shape).nodes
        facts = {
            "meaning": f"{equation.quantity} of {equation.name} on equally spaced points",
            "parameter_axes": {axis.name: points.tolist() for axis, points in zip(axes, nodes, strict=True)},
            "solution_axes": {name: points.tolist() for name, points in solve(fields[:1], resolution)[1].items()},
        }
        answer = lambda given: solve(given, resolution)[0].astype(np.float64)  # noqa: E731
        return ExportedFunction("solution", Solution(model, resolution), {"parameters": fields}, answer, facts, True)

    return {"solution": solution}
