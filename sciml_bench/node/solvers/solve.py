"""solve(): integrate a vector field, by any of the solvers."""

from dataclasses import replace
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Real
from torch import Tensor

from sciml_bench.core.checks import require_choice
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.trajectories import INTERPOLATIONS, LINEAR
from sciml_bench.data.views import InputSignals
from sciml_bench.node.fields.driven_field import DrivenField
from sciml_bench.node.fields.vector_field import MemberStates, Times, VectorField
from sciml_bench.node.solvers import adaptive_solver
from sciml_bench.node.solvers.adaptive_solver import AdaptiveSolver
from sciml_bench.node.solvers.compiled_solver import CompiledSolver
from sciml_bench.node.solvers.fixed_step_solver import FixedStepSolver
from sciml_bench.node.solvers.runge_kutta import TABLES
from sciml_bench.node.solvers.solution import Solution
from sciml_bench.node.units import Units

METHODS = ("compiled", *TABLES, *adaptive_solver.METHODS)


@runtime_checkable
class Solver(Protocol):
    """What all solvers have in common."""

    remedy: ClassVar[str]

    def __call__(self, field: VectorField, x0: MemberStates, times: Times, refinement: int = 1) -> Solution:
        """Integrate.

        Args:
            field: the right-hand side.
            x0: states at the first time of every trajectory.
            times: increasing.
            refinement: 1, or 2 for a more accurate solution.

        Returns:
            the solution, which need not be finite (see `Solution.require_finite`).
        """
        ...

    def in_units(self, units: Units) -> "Solver":
        """The solver whose options are meant in some units, for fields, states and times in those of the record."""
        ...


def solve(
    field: VectorField,
    x0: MemberStates,
    times: Real[np.ndarray, "*batch time"] | Real[Tensor, "*batch time"],
    method: str = "compiled",
    rtol: float = 1e-7,
    atol: float = 1e-9,
    max_step: float | int | None = None,
    gradient: str = "backpropagation",
    estimate_error: bool = False,
    inputs: Real[np.ndarray, "*rows of_inputs dim_in"] | None = None,
    input_interpolation: str = LINEAR,
) -> Solution:
    """The states that dx/dt = field(t, x), or field(t, x, u(t)), takes from `x0` at the first time.

    Args:
        field: the right-hand side.
        x0: initial states, differentiable.
        times: increasing, one grid for all trajectories or one for each; whole numbers are fine.
        method: `compiled` (fields made of a perceptron, fifth order, fixed steps), `rk4` or `dormand_prince` (any
            field, fixed steps), or one of torchdiffeq's adaptive methods, such as `dopri5`.
        rtol: relative tolerance of the adaptive methods.
        atol: absolute tolerance of the adaptive methods.
        max_step: longest step of the others; None takes one step between two times.
        gradient: `backpropagation` or `adjoint`, for the adaptive methods.
        estimate_error: whether to compare with a second, more accurate solution.
        inputs: u at these times, the same for all trajectories or one array for each.
        input_interpolation: how u goes on from time to time, `linear` or `hold`.

    Raises:
        ConfigurationError: an unknown method, states of another dimension than the field's, or other inputs.
        DataError: the times do not increase, or are not finite; inputs at other times.
        SolverError: the integration broke down.
    """
    if method not in METHODS:
        raise ConfigurationError(f"method={method!r} is unknown; choose one of {', '.join(METHODS)}")
    if x0.shape[-1] != field.dim:
        raise ConfigurationError(f"x0 has {x0.shape[-1]} components, but the field has {field.dim}")
    grid = checked_times(times, x0.shape[-2])
    if inputs is not None:
        values = np.broadcast_to(inputs, (len(grid), *inputs.shape[-2:])).astype(np.float64)
        if values.shape[1] != grid.shape[1] or not np.isfinite(values).all():
            raise DataError(
                f"inputs: an array of the shape {inputs.shape}; give finite numbers at {grid.shape[1]} times"
            )
        require_choice("input_interpolation", input_interpolation, INTERPOLATIONS)
        field = DrivenField(field, InputSignals(grid, values, input_interpolation))
    solver: Solver
    if method == "compiled":
        solver = CompiledSolver(max_step=max_step)
    elif method in TABLES:
        solver = FixedStepSolver(method, max_step)
    else:
        solver = AdaptiveSolver(method, rtol, atol, gradient)
    solution = with_error_estimate(solver, field, x0, grid) if estimate_error else solver(field, x0, grid)
    return solution.require_finite(solver.remedy)


def with_error_estimate(solver: Solver, field: VectorField, x0: MemberStates, times: Times) -> Solution:
    """The solution with its largest difference to one of half the steps (or tighter tolerances)."""
    solution = solver(field, x0, times)
    with torch.no_grad():
        finer = solver(field, x0, times, refinement=2)
    return replace(solution, error_estimate=float((solution.states.detach() - finer.states).abs().max()))


def checked_times(times: np.ndarray | Tensor, batch: int) -> Times:
    """One increasing grid in float64 for each trajectory, or a DataError."""
    array = times.detach().cpu().numpy() if isinstance(times, Tensor) else np.asarray(times)
    grid = array.astype(np.float64)
    if grid.ndim == 1:
        grid = np.broadcast_to(grid, (batch, len(grid)))
    if grid.ndim != 2 or len(grid) != batch or grid.shape[1] < 1:
        raise DataError(f"times of shape {array.shape}: give (time,) or (batch, time) with a batch of {batch}")
    if not np.isfinite(grid).all() or np.any(np.diff(grid, axis=1) <= 0):
        raise DataError("times must be finite and increase from point to point")
    return np.ascontiguousarray(grid)
