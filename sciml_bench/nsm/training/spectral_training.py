"""Training on the residual of spectral coefficients, without any grid and without data.

Du, Chalapathi and Krishnapriyan, Neural Spectral Methods (ICLR 2024), section 3.3.
"""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from sciml_bench.data.views.fresh_parameters import FreshParameters
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.training.operator_training import OperatorTraining
from sciml_bench.nsm.training.residual_norms import ResidualNorm


class SpectralTraining(OperatorTraining):
    """Minimise a norm of the residual series; further options as for `OperatorTraining`.

    Args:
        norm: `l2`, `hminus1`, `preconditioned`, `chebyshev` or `raw`; see `residual_norms`.

    Raises:
        ConfigurationError: a value is out of range, or the equation's basis has no such norm.
    """

    def __init__(self, model: OperatorNetwork, view: FreshParameters, *, norm: str = "l2", **options: Any) -> None:
        super().__init__(model, view, **options)
        equation = self.equation
        model.define_on(Grid.of_nodes(equation.axes, model.equation_basis))
        basis = equation.solution_basis(model.equation_basis)
        self.norm = ResidualNorm(norm, equation, equation.residual_basis(basis))

    def mismatch(self, parameters: Float[Tensor, "batch *parameter_grid"]) -> Float[Tensor, ""]:
        """Mean over the batch of the squared norm of the residual."""
        fields = self.equation.parameter_coefficients(parameters)
        basis, solution = self.equation.solution(self.model.coefficients(fields), self.model.equation_basis, fields)
        return self.norm(self.equation.residual_series(solution, basis, fields)[1]).mean()

    def record_entries(self) -> dict[str, Any]:
        """The norm."""
        return super().record_entries() | {"norm": self.norm.name}
