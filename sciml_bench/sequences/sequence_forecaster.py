"""A trained sequence model as a plain object, fed with its own predictions: it continues the last states of a path."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import SolverError
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.core.stored.learned_file import LearnedModule
from sciml_bench.data import Trajectories, WindowsSpec
from sciml_bench.data.step_forecaster import StepForecaster
from sciml_bench.sequences.exported_sequence_model import functions_of


def rollout(
    model: Callable[[Tensor], Tensor], inputs: Float[Tensor, "batch inputs *state"], n_steps: int, n_outputs: int
) -> Float[Tensor, "batch steps *state"]:
    """The states after the inputs.

    Each call of the model adds the last `n_outputs` of the states that it gives, and the next one starts from the last
    states so far. What comes after a state that is not finite, or after an ODE that cannot be solved, is nan.

    Args:
        model: maps (batch, inputs, *state) to (batch, m, *state), m ≥ n_outputs.
        inputs: to start from.
        n_steps: how many states.
        n_outputs: how many states a call adds.
    """
    window, n_inputs = inputs, inputs.shape[1]
    parts: list[Tensor] = []
    for _ in range(-(-n_steps // n_outputs)):
        try:
            outputs = model(window)[:, -n_outputs:]
        except SolverError:
            break
        parts.append(outputs)
        if not bool(torch.isfinite(outputs).all()):
            break
        window = torch.cat([window, outputs], dim=1)[:, -n_inputs:]
    states = torch.full((inputs.shape[0], n_steps, *inputs.shape[2:]), torch.nan, dtype=inputs.dtype)
    if parts:
        found = torch.cat(parts, dim=1)[:, :n_steps]
        states[:, : found.shape[1]] = found.to(states)
    return states


@dataclass(frozen=True, eq=False)
class SequenceForecaster(StepForecaster, LearnedModule):
    """A model that maps the last states of a trajectory to the next ones, fed with its own predictions.

    Args:
        model: maps (batch, inputs, *state) to the last of the states that follow.
        spec: of the record and of the windows.
        past: the last states of the record.
    """

    model: nn.Module
    spec: WindowsSpec
    past: Trajectories | None = None

    @property
    def past_length(self) -> int:
        """The inputs of the model."""
        return self.spec.n_inputs

    def exported(self) -> dict[str, Callable[[], ExportedFunction]]:
        """The functions that programs elsewhere can be given, by name."""
        return functions_of(self.model, self.spec, self.past, self.continued)

    @torch.no_grad()
    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """The model's roll-out."""
        rolled = rollout(self.model.eval(), self.spec.to_model(last), n_steps, self.spec.n_outputs)
        return self.spec.from_model(rolled)
