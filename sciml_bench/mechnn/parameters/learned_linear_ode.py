"""Linear ODEs whose coefficients and steps are parameters: a smoother that learns the equation of what it smooths.

Σ_k c_k(t) u^{(k)}(t) = 1 with a coefficient for every step and derivative, and a step size for every interval (Pervez,
Locatello, Gavves, Mechanistic Neural Networks, ICML 2024, the sine fit). There are no initial values: all that holds
the solution is the equation and its smoothness.
"""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import RecordSpec
from sciml_bench.mechnn.linear_ode.layer import with_taylor_order
from sciml_bench.mechnn.linear_ode.solve import solve_linear_ode


@described
class LearnedLinearODE(nn.Module):
    """One scalar equation for every component of every trajectory, solved at the rows of the training part.

    Args:
        spec: of the data.
        order: K of the equations.
        taylor_order: highest derivative in Taylor's formula, at least `order`; null: the same.
        initial_step: all step sizes before training, between 0 and 1, in a unit of time that is learned with them.
        standardize: solve for states of mean 0 and deviation 1 instead of states in their own units.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        spec: RecordSpec,
        *,
        order: int = 2,
        taylor_order: int | None = None,
        initial_step: float | int = 0.1,
        standardize: bool = False,
    ) -> None:
        super().__init__()
        highest = order if taylor_order is None else taylor_order
        require_integer("model.order", order, 1, "a differential equation has an order of at least 1")
        if highest < order:
            raise ConfigurationError(
                f"model.taylor_order={taylor_order}: Taylor's formula needs at least the derivatives of the equation, "
                f"of model.order={order}"
            )
        if not 0 < initial_step < 1:
            raise ConfigurationError(f"model.initial_step={initial_step}: steps lie between 0 and 1")
        self.spec, self.taylor_order = spec, highest
        n_equations, n_rows = len(spec.lengths) * spec.dim, max(spec.lengths)
        self.coefficients = nn.Parameter(torch.rand(n_equations, 1, n_rows, 1, order + 1))
        logit = math.log(initial_step / (1 - initial_step))
        self.step_logits = nn.Parameter(torch.full((n_equations, n_rows - 1, 1), logit))
        ones = torch.ones(spec.dim, dtype=torch.float64)
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.from_numpy(spec.mean) if standardize else 0 * ones)
        self.register_buffer("deviation", torch.from_numpy(spec.deviation) if standardize else ones)

    @property
    def step_sizes(self) -> Float[Tensor, "equations intervals 1"]:
        """Between 0 and 1."""
        return torch.sigmoid(self.step_logits)

    def forward(self) -> Float[Tensor, "batch time dim"]:
        """The solutions, of mean 0 and deviation 1 where that is what they are solved for."""
        coefficients = with_taylor_order(self.coefficients, self.taylor_order)
        right_side = coefficients.new_ones(1, 1, coefficients.shape[2])
        no_initial_values = coefficients.new_zeros(1, 0, 1, 0)
        solution = solve_linear_ode(coefficients, right_side, no_initial_values, self.step_sizes)
        states = solution.states[:, :, 0, 0].unflatten(0, (len(self.spec.lengths), self.spec.dim))
        return states.transpose(1, 2)

    def standardized(self, states: Float[np.ndarray, "batch time dim"]) -> Float[Tensor, "batch time dim"]:
        """States of the data as the solutions are to be compared with them."""
        return ((torch.from_numpy(states) - self.mean) / self.deviation).float()

    def in_the_datas_units(self, solutions: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch time dim"]:
        """Solutions as states of the data, in float64."""
        return self.mean + self.deviation * solutions.double()
