"""What a NeuralODE can be exported as: its field, and the state that its solver has one time step later."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.data import RecordSpec, Trajectories
from sciml_bench.data.views import InputSignals
from sciml_bench.networks.exported_field import Steps, field_functions
from sciml_bench.node.fields.driven_field import DrivenField
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.solvers.fixed_step_solver import FixedStepSolver
from sciml_bench.node.solvers.runge_kutta import TABLES, TimeSteps
from sciml_bench.node.solvers.solve import Solver

Rows = Float[np.ndarray, "batch *state"]


def functions_of(
    field: VectorField, solver: Solver, spec: RecordSpec, past: Trajectories | None, dtype: torch.dtype
) -> dict[str, Callable[[], ExportedFunction]]:
    """By name, each made when it is called for.

    Args:
        field: of one member.
        solver: of the run.
        spec: of the record.
        past: its last rows.
        dtype: of the weights.

    Raises:
        DataError: a field of several members.
    """
    if field.n_members > 1:
        raise DataError(
            "an ensemble holds several fields, each with states of its own; export one of the runs in members/"
        )
    steps = None
    if isinstance(solver, FixedStepSolver):
        table = TABLES[solver.method]
        through = TimeSteps.no_longer_than(solver.max_step, np.array([[0.0, spec.time_step]]))
        rows = [table.matrix[stage, :stage].tolist() for stage in range(table.n_stages)]
        steps = Steps(int(through.per_interval[0]), rows, table.weights.tolist())

    def flat(states: Rows) -> torch.Tensor:
        return torch.from_numpy(states.reshape(len(states), -1)).to(dtype)

    @torch.no_grad()
    def rates(t: np.ndarray, states: Rows, *inputs: np.ndarray) -> Rows:
        acting = [torch.from_numpy(rows).to(dtype) for rows in inputs]
        return field(torch.from_numpy(t).to(dtype), flat(states), *acting).double().numpy().reshape(states.shape)

    @torch.no_grad()
    def arrived(t: np.ndarray, states: Rows, *inputs: np.ndarray) -> Rows:
        times, ends = np.stack([t, t + spec.time_step], axis=1), np.stack([*inputs, *inputs][:2] or [t, t], axis=1)
        driven = DrivenField(field, InputSignals(times, ends, spec.input_interpolation)) if inputs else field
        return solver(driven, flat(states), times).states[:, -1].double().numpy().reshape(states.shape)

    return field_functions(field, spec, past, rates, arrived, dtype, steps)
