"""Solve batches of linear ordinary differential equations as one differentiable least-squares problem each.

Pervez, Locatello, Gavves, Mechanistic Neural Networks for Scientific Machine Learning (ICML 2024). The idea comes from
a linear program, which minimises the largest Taylor residual (Young, 1961; Rabinowitz, 1968); its quadratic relaxation
is exactly the least-squares problem y = N⁻¹ (Mᵀ r + slack weight · e), N = MᵀM, over the rows of `rows`.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import require_choice
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.mechnn.linear_ode.differentiable_solve import Factorization, LeastSquaresSolution
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem

_FACTORIZATIONS = {
    "band": "BandFactorization",
    "block": "BlockFactorization",
    "conjugate_gradient": "ConjugateGradientSolver",
    "dense": "DenseFactorization",
}
"""Imported when they are asked for: the first is compiled."""
SOLVERS = ("auto", *_FACTORIZATIONS)


@dataclass(frozen=True, eq=False)
class LinearODESolution:
    """What was solved for.

    Args:
        states: every derivative of every state at every step, from the state itself to the highest.
        slack: by how much neighbouring steps disagree with Taylor's formula, on balance.
    """

    states: Float[Tensor, "batch steps states orders"]
    slack: Float[Tensor, " batch"]


def solve_linear_ode(
    coefficients: Float[Tensor, "_ equations steps states orders"],
    right_side: Float[Tensor, "_ equations steps"],
    initial_values: Float[Tensor, "_ initial_steps states initial_orders"],
    step_sizes: Float[Tensor, "..."] | float,
    *,
    slack_weight: float | int = 0.0,
    central: bool = True,
    periodic: bool = False,
    solver: str = "auto",
) -> LinearODESolution:
    """Solve Σ_{d,k} coefficients[e, t, d, k] u[t, d, k] = right_side[e, t] at steps of the sizes given.

    Everything is soft: equations, initial values and agreement with Taylor's formula are met in the least-squares
    sense, exactly where that is possible. Differentiable twice and more in the four inputs. Computed in float64 and
    returned in the dtype of `coefficients`. Arrays that are equal over the batch may have a batch of one; where
    coefficients and steps do, all share one factorisation.

    Args:
        coefficients: of the states and their derivatives, from 0 to the order; an order above the equation's own, with
            coefficients of zero, makes the solution more accurate (see `with_taylor_order`).
        right_side: of the equations.
        initial_values: states and lowest derivatives at the first steps; may be empty along its last axis.
        step_sizes: positive; (batch, steps − 1, states) or what can be broadcast to it.
        slack_weight: γα of the paper. The relaxation depends on γ and α only through their product; 0 has no effect.
        central: tie the highest derivative to central differences of the one below.
        periodic: tie the last step to the first.
        solver: `band` (banded QR, compiled, on the CPU), `block` (torch alone, for GPUs), `conjugate_gradient`, `dense`
            (the reference), or `auto`: band on the CPU and block elsewhere.

    Raises:
        ConfigurationError: an unknown solver.
        DataError: the arrays do not fit or hold values that cannot be used; see `LinearODEProblem`.
        SolverError: the rows do not determine the solution, or the tolerance was not met.
    """
    require_choice("solver", solver, SOLVERS)
    if coefficients.ndim != 5 or not coefficients.is_floating_point():
        raise DataError(
            f"coefficients {tuple(coefficients.shape)} of {coefficients.dtype}: expected real numbers (batch, "
            "equations, steps, states, order + 1)"
        )
    dtype = coefficients.dtype
    inputs = coefficients.double(), right_side.double(), initial_values.double()
    steps = _broadcast_steps(step_sizes, coefficients)
    problem = LinearODEProblem(*inputs, steps, slack_weight, central, periodic)
    unknowns: Any = LeastSquaresSolution.apply(*problem.inputs, problem, _factorization(problem, solver))
    states = unknowns[:, :-1].unflatten(1, (problem.n_steps, problem.n_states, problem.order + 1))
    return LinearODESolution(states.to(dtype), unknowns[:, -1].to(dtype))


def _broadcast_steps(
    step_sizes: Float[Tensor, "..."] | float, coefficients: Float[Tensor, "_ equations steps states orders"]
) -> Float[Tensor, "_ intervals states"]:
    _, _, n_steps, n_states, _ = coefficients.shape
    steps = torch.as_tensor(step_sizes, dtype=torch.float64, device=coefficients.device)
    steps = steps.reshape((1,) * (3 - steps.ndim) + steps.shape) if steps.ndim < 3 else steps
    if steps.ndim > 3 or steps.shape[1] not in (1, n_steps - 1) or steps.shape[2] not in (1, n_states):
        raise DataError(
            f"step_sizes {tuple(steps.shape)} cannot be broadcast to (batch, steps - 1, states) = (…, {n_steps - 1}, "
            f"{n_states})"
        )
    return steps.expand(-1, n_steps - 1, n_states)


def _factorization(problem: LinearODEProblem, solver: str) -> Factorization:
    on_cpu = problem.coefficients.device.type == "cpu"
    if solver == "auto":
        solver = "band" if on_cpu else "block"
    if solver == "band" and not on_cpu:
        raise ConfigurationError("solver=band runs on the CPU only: choose block")
    module = import_module(f"sciml_bench.mechnn.linear_ode.solvers.{solver}_solver")
    return getattr(module, _FACTORIZATIONS[solver])(problem)
