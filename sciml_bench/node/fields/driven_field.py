"""A field on which something acts from outside, dx/dt = field(t, x, u(t)), with the inputs of some trajectories."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.data.views import InputSignals
from sciml_bench.node.fields.vector_field import Instant, MemberStates, PerceptronForm, StageDerivative, VectorField


class DrivenField(VectorField):
    """A field of states and inputs as one of time and states, for the solvers.

    Args:
        field: the dynamics.
        inputs: u, one signal for each trajectory of the batch.
    """

    def __init__(self, field: VectorField, inputs: InputSignals) -> None:
        super().__init__(field.dim, field.n_members)
        self.field, self.inputs = field, inputs
        self.is_smooth, self.jumps = False, inputs.held

    def forward(self, t: Instant, x: MemberStates, u: Float[Tensor, "batch dim_in"] | None = None) -> MemberStates:
        """The derivative under the inputs of this time."""
        now = torch.as_tensor(t)
        instants = np.broadcast_to(now.detach().cpu().double().numpy(), len(self.inputs))
        acting = torch.from_numpy(self.inputs.at(instants)).to(x)
        if now.requires_grad:  # an adaptive solver's own steps depend on the initial state
            slopes = torch.from_numpy(self.inputs.slopes(instants)).to(x)
            acting = acting + slopes * (now - now.detach()).to(x).reshape(-1, 1)
        return self.field(t, x, acting)

    def perceptron_form(self) -> PerceptronForm | None:
        """The field's own, whose network sees the inputs after the states."""
        return self.field.perceptron_form()

    def forcing(self, times: Float[np.ndarray, "batch *stages"]) -> Float[np.ndarray, "batch *stages dim"] | None:
        """The field's own."""
        return self.field.forcing(times)

    def driving(self, times: Float[np.ndarray, "batch steps stages"]) -> Float[np.ndarray, "batch steps stages dim_in"]:
        """The inputs at the stages of all steps."""
        return self.inputs.at_stages(times)

    def at_stages(
        self,
        times: Float[np.ndarray, "batch steps stages"],
        inputs: Float[np.ndarray, "batch steps stages dim_in"] | None = None,
    ) -> StageDerivative:
        """The derivative under the inputs of every stage."""
        return self.field.at_stages(times, self.inputs.at_stages(times))
