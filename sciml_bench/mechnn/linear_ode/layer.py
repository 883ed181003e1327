"""The block as a layer: a linear ODE whose coefficients a network writes, solved at steps that may be learned.

Pervez, Locatello, Gavves, Mechanistic Neural Networks for Scientific Machine Learning (ICML 2024), section 3.
"""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_choice
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.mechnn.linear_ode.solve import SOLVERS, LinearODESolution, solve_linear_ode

VARIATIONS = ("none", "interval", "state", "interval_and_state")
POSITIVE = ("sigmoid", "softplus")


def with_taylor_order(
    coefficients: Float[Tensor, "_ equations steps states orders"], taylor_order: int
) -> Float[Tensor, "_ equations steps states taylor_orders"]:
    """The same equations with more derivatives among the unknowns, so that Taylor's formula is longer.

    The coefficients of the new derivatives are zero. For u'' + u = 0 at steps of 0.05, going from order 2 to 4 takes
    the error from 1e-2 to 3e-6.

    Args:
        coefficients: of the derivatives from 0 to the order of the equations.
        taylor_order: the highest derivative that is solved for.

    Raises:
        ConfigurationError: the order is below that of the equations.
    """
    order = coefficients.shape[-1] - 1
    if taylor_order < order:
        raise ConfigurationError(
            f"taylor_order={taylor_order} is below the order {order} of the equations: give at least {order}"
        )
    return nn.functional.pad(coefficients, (0, taylor_order - order))


class LinearODELayer(nn.Module):
    """(coefficients, right side, initial values) -> solution, with learned steps or steps given at every call.

    Nothing of a call is kept, and problems of any batch size can be solved. Learned steps are the same for all problems
    of a batch; steps that depend on the problem are an argument of the call.

    Args:
        n_steps: T.
        n_states: D.
        step_size: at which learning starts, in time; None where steps are given at every call.
        steps_vary: over what learned steps may differ: `none` (one step), `interval`, `state` or `interval_and_state`.
        positive: what keeps them positive: `sigmoid`, which also keeps them below 1, or `softplus`.
        taylor_order: the highest derivative that is solved for; None for the order of the equations.
        slack_weight: as in `solve_linear_ode`.
        central: as in `solve_linear_ode`.
        periodic: as in `solve_linear_ode`.
        solver: as in `solve_linear_ode`.

    Raises:
        ConfigurationError: an unknown choice, or a step that the choice cannot represent.
    """

    def __init__(
        self,
        n_steps: int,
        n_states: int = 1,
        *,
        step_size: float | None = None,
        steps_vary: str = "none",
        positive: str = "sigmoid",
        taylor_order: int | None = None,
        slack_weight: float | int = 0.0,
        central: bool = True,
        periodic: bool = False,
        solver: str = "auto",
    ) -> None:
        super().__init__()
        require_choice("steps_vary", steps_vary, VARIATIONS)
        require_choice("positive", positive, POSITIVE)
        require_choice("solver", solver, SOLVERS)
        if n_steps < 2 or n_states < 1:
            raise ConfigurationError(f"n_steps={n_steps}, n_states={n_states}: give at least 2 steps and 1 state")
        self.n_steps, self.n_states = n_steps, n_states
        self.positive, self.taylor_order = positive, taylor_order
        rows = {"slack_weight": slack_weight, "central": central, "periodic": periodic}
        self.options: dict[str, Any] = {**rows, "solver": solver}
        shape = (n_steps - 1 if "interval" in steps_vary else 1, n_states if "state" in steps_vary else 1)
        start = None if step_size is None else torch.full(shape, _unconstrained(step_size, positive))
        self.unconstrained_steps = None if start is None else nn.Parameter(start)

    @property
    def step_sizes(self) -> Float[Tensor, "intervals states"] | None:
        """Learned steps, in time; with one interval or state where they do not differ. None where they are given."""
        if self.unconstrained_steps is None:
            return None
        constrain = torch.sigmoid if self.positive == "sigmoid" else nn.functional.softplus
        return constrain(self.unconstrained_steps)

    def forward(
        self,
        coefficients: Float[Tensor, "_ equations steps states orders"],
        right_side: Float[Tensor, "_ equations steps"],
        initial_values: Float[Tensor, "_ initial_steps states initial_orders"],
        step_sizes: Float[Tensor, "..."] | float | None = None,
    ) -> LinearODESolution:
        """Solve.

        Args:
            coefficients: of the states and their derivatives.
            right_side: of the equations.
            initial_values: states and lowest derivatives at the first steps.
            step_sizes: where the layer does not learn them.

        Raises:
            ConfigurationError: steps are given and learned, or neither.
            DataError: the arrays do not fit the layer, or cannot be solved for (see `solve_linear_ode`).
            SolverError: the rows do not determine the solution.
        """
        learned = self.step_sizes
        steps = learned if step_sizes is None else step_sizes
        if steps is None or (learned is not None and step_sizes is not None):
            both = "neither given nor learned" if steps is None else "both given at the call and learned"
            raise ConfigurationError(
                f"step_sizes are {both}: either give them at every call, or set step_size to learn them from there"
            )
        if tuple(coefficients.shape[2:4]) != (self.n_steps, self.n_states):
            raise DataError(
                f"coefficients {tuple(coefficients.shape)}: this layer solves for {self.n_steps} steps of "
                f"{self.n_states} states, (batch, equations, steps, states, order + 1)"
            )
        if self.taylor_order is not None:
            coefficients = with_taylor_order(coefficients, self.taylor_order)
        return solve_linear_ode(coefficients, right_side, initial_values, steps, **self.options)


def _unconstrained(step_size: float, positive: str) -> float:
    """What the positive function turns into the step."""
    if not 0 < step_size < (1 if positive == "sigmoid" else math.inf):
        largest = " and below 1, or set positive=softplus" if positive == "sigmoid" else ""
        raise ConfigurationError(f"step_size={step_size} with positive={positive}: give a positive number{largest}")
    if positive == "sigmoid":
        return math.log(step_size / (1 - step_size))
    return step_size + math.log(-math.expm1(-step_size))
