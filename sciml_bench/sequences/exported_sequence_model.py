"""A sequence model as a function that can be exported: the states that one call of it adds to given ones."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.data import Trajectories, WindowsSpec
from sciml_bench.data.stored_past import rows_near


class NextStates(nn.Module):
    """The states after some, in the user's units and in double precision.

    Args:
        model: from states to the last of those that follow.
        spec: of the record and of the windows.
    """

    def __init__(self, model: nn.Module, spec: WindowsSpec) -> None:
        super().__init__()
        self.model, self.zero, self.n_outputs, self.dtype = model, spec.zero, spec.n_outputs, spec.dtype

    def forward(self, states: Float[Tensor, "batch inputs *state"]) -> Float[Tensor, "batch outputs *state"]:
        """One call."""
        return self.model((states - self.zero).to(self.dtype))[:, -self.n_outputs :].double() + self.zero


def functions_of(
    model: nn.Module, spec: WindowsSpec, past: Trajectories | None, continued: Callable[..., np.ndarray]
) -> dict[str, Callable[[], ExportedFunction]]:
    """By name, each made when it is called for.

    Args:
        model: from states to the last of those that follow.
        spec: of the record and of the windows.
        past: its last rows.
        continued: the learned object's own answer, from states and the number of those to come.
    """

    def next_states() -> ExportedFunction:
        facts = {"meaning": f"the {spec.n_outputs} states after the last of {spec.n_inputs}", **spec.facts}
        rows = {"states": rows_near(spec, past, spec.n_inputs)}
        answer = lambda states: continued(states, spec.n_outputs).astype(np.float64)  # noqa: E731
        return ExportedFunction("next_states", NextStates(model, spec), rows, answer, facts, True)

    return {"next_states": next_states}
