"""Vector fields as functions that can be exported: the time derivative of states, and the state one time step later."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.stored_past import rows_near
from sciml_bench.data.trajectories import HOLD, Trajectories

_MOST_STEPS = 64
_CLASSICAL = ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)), (1 / 6, 1 / 3, 1 / 3, 1 / 6)
_TOLERANCE = 1e-6
"""In deviations of a component, of the state one time step later; a tenth of what an export may differ by."""

State = Float[Tensor, "batch *state"]
Acting = Float[Tensor, "batch dim_in"] | None


@dataclass(frozen=True)
class Steps:
    """Explicit Runge–Kutta steps through one time step of a record; by default those of Kutta's fourth order.

    Args:
        number: of equal steps.
        matrix: rows of a, below the diagonal.
        weights: b.
    """

    number: int = 1
    matrix: Sequence[Sequence[float]] = _CLASSICAL[0]
    weights: Sequence[float] = _CLASSICAL[1]


class Derivative(nn.Module):
    """dx/dt of a field, of states in their own shape and in double precision.

    Args:
        field: (t, states (batch, dim), inputs) -> (batch, dim).
        dtype: in which it computes.
    """

    def __init__(self, field: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.field, self.dtype = field, dtype

    def forward(self, t: Float[Tensor, " batch"], state: State, inputs: Acting = None) -> State:
        """At the time of every state, under what acts on it."""
        acting = None if inputs is None else inputs.to(self.dtype)
        rates = self.field(t.to(self.dtype), state.flatten(1).to(self.dtype), acting)
        return rates.to(state.dtype).reshape(state.shape)


class NextState(nn.Module):
    """The state one time step later.

    Args:
        derivative: dx/dt.
        time_step: of the record.
        steps: within it.
        held: whether inputs hold until the next row; else they go there in a straight line.
    """

    def __init__(self, derivative: Derivative, time_step: float, steps: Steps, held: bool) -> None:
        super().__init__()
        self.derivative, self.steps, self.held = derivative, steps, held
        # numbers of Python would be rounded to single precision in ONNX
        self.register_buffer("size", torch.tensor(time_step / steps.number, dtype=torch.float64))
        for number, row in enumerate((*steps.matrix, steps.weights)):
            self.register_buffer(f"row_{number}", torch.tensor(list(row), dtype=torch.float64))

    size: Tensor

    def forward(
        self, t: Float[Tensor, " batch"], state: State, inputs: Acting = None, next_inputs: Acting = None
    ) -> State:
        """From the time of every state on, under the inputs of its row and of the next."""
        n_stages = len(self.steps.weights)
        for step in range(self.steps.number):
            stages: list[Tensor] = []
            for stage in range(n_stages):
                node = float(step + sum(self.steps.matrix[stage]))
                acting = inputs
                if inputs is not None and next_inputs is not None and not self.held:
                    acting = inputs + (next_inputs - inputs) * self._constant(node / self.steps.number)
                at = t + self.size * self._constant(node)
                stages.append(self.derivative(at, self._after(state, stages, stage), acting))
            state = self._after(state, stages, n_stages)
        return state

    def _after(self, state: Tensor, stages: list[Tensor], row: int) -> Tensor:
        if not stages:
            return state
        coefficients = self.get_buffer(f"row_{row}")
        return state + self.size * sum(coefficients[place] * stage for place, stage in enumerate(stages))

    def _constant(self, value: float) -> Tensor:
        return torch.full_like(self.size, value)


def field_functions(
    field: nn.Module,
    spec: RecordSpec,
    past: Trajectories | None,
    rates: Callable[..., np.ndarray],
    arrived: Callable[..., np.ndarray],
    dtype: torch.dtype = torch.float64,
    steps: Steps | None = None,
) -> dict[str, Callable[[], ExportedFunction]]:
    """What a vector field can be exported as.

    Args:
        field: (t, states (batch, dim), inputs) -> (batch, dim).
        spec: of the record.
        past: its last rows, near which functions are checked.
        rates: the field's own answers, from arrays (t, states, inputs).
        arrived: states one time step later as its own solver has them, from (t, states, inputs, next_inputs).
        dtype: in which the field computes.
        steps: of its own solver; None for as few of the fourth order as agree with it.
    """
    rng, states = np.random.default_rng(1), rows_near(spec, past, 1)[:, 0]
    given: dict[str, Any] = {"t": rng.uniform(0, spec.time_step, len(states)), "state": states}
    if spec.dim_in:
        scale = np.asarray(spec.input_mean), np.asarray(spec.input_deviation)
        drawn = scale[0] + scale[1] * rng.standard_normal((2, len(states), spec.dim_in))
        given["inputs"] = drawn[0]
    derivative, held = Derivative(field, dtype), spec.input_interpolation == HOLD

    def of_rates() -> ExportedFunction:
        told = {"meaning": f"d(state)/dt at the time t of every state, per {spec.time_unit}"}
        return ExportedFunction("derivative", derivative, given, rates, told | spec.facts)

    def of_steps() -> ExportedFunction:
        ends = given if "inputs" not in given or held else given | {"next_inputs": drawn[1]}
        known = arrived(*ends.values())
        scale = np.asarray(spec.deviation)
        tensors = [torch.from_numpy(rows) for rows in ends.values()]
        for candidate in [steps] if steps else [Steps(2**power) for power in range(7)]:
            graph = NextState(derivative, spec.time_step, candidate, held)
            if candidate.number > _MOST_STEPS:
                break
            with torch.no_grad():
                differences = (graph(*tensors).numpy() - known) / scale
            if steps or np.nanmax(np.abs(differences)) < _TOLERANCE:
                meaning = f"state {spec.time_step:g} {spec.time_unit} after the time t of every state"
                told = {"meaning": meaning, "solver_steps": candidate.number}
                return ExportedFunction("next_state", graph, ends, arrived, told | spec.facts)
        raise DataError(
            f"next_state takes more than {_MOST_STEPS} steps of a solver within {spec.time_step:g} {spec.time_unit}; "
            "export the derivative, and integrate it with steps of your choice"
        )

    return {"derivative": of_rates, "next_state": of_steps}
