"""What a run has learned: a solver that takes a person's own parameters and gives solutions on any grid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.core.stored.learned_file import LearnedModule
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.equations.parameter_checks import require_fields
from sciml_bench.nsm.exported_operator import functions_of
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.solving import prediction, residual_l2


@dataclass(frozen=True, eq=False)
class TrainedOperator(LearnedModule):
    """A network with its selected weights, as a `SolutionOperator`.

    Args:
        model: the network, which knows its equation.
    """

    model: OperatorNetwork

    @property
    def equation(self) -> Equation:
        """Whose conditions the solutions fulfil."""
        return self.model.equation

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the weights, in their own precision."""
        if any(isinstance(tensor, Tensor) and tensor.dtype == torch.float64 for tensor in tensors.values()):
            self.model.double()
        super().load_tensors(tensors)

    def solve(
        self, parameters: Float[np.ndarray, "batch *parameter_grid"], resolution: int = 64
    ) -> tuple[Float[np.ndarray, "batch *grid"], dict[str, Float[np.ndarray, " _"]]]:
        """Solutions on equally spaced points.

        Args:
            parameters: sources or initial fields, at j/n on periodic axes and at Chebyshev nodes on bounded ones.
            resolution: points per space axis; time has as many as the run's tests.

        Returns:
            the solutions and the positions per axis.

        Raises:
            DataError: parameters that the equation or the training does not cover.
            ConfigurationError: a resolution below 3.
        """
        values = np.asarray(parameters, dtype=np.float64)
        require_fields(self.equation, values)
        grid = self.equation.test_grid(resolution)
        found = prediction(self.model, self.equation, values, grid)
        return found.numpy(), dict(zip((axis.name for axis in self.equation.axes), grid.points, strict=True))

    def exported(self, resolution: int = 64) -> dict[str, Callable[[], ExportedFunction]]:
        """The functions that programs elsewhere can be given, by name.

        Args:
            resolution: points per space axis of the solutions.

        Raises:
            ConfigurationError: a resolution below 3.
        """
        return functions_of(self.model, self.solve, resolution)

    def residual_l2(self, parameters: Float[np.ndarray, "batch *parameter_grid"]) -> Float[np.ndarray, " batch"]:
        """The L² norm of the residual of each solution: how far each is from fulfilling the equation.

        Args:
            parameters: as for `solve`.
        """
        return residual_l2(self.model, self.equation, np.asarray(parameters, dtype=np.float64)).numpy()
