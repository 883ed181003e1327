"""The NeuralODE of mechanics: velocities are the derivatives of positions, only accelerations are learned."""

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data import RecordSpec
from sciml_bench.node.fields.blackbox import acting, dimension, state_scale
from sciml_bench.node.fields.field_network import FieldNetwork
from sciml_bench.node.fields.vector_field import Instant, MemberStates, PerceptronForm, VectorField


@described
class SecondOrderBlackbox(VectorField):
    """d(q, v)/dt = (v, network(q, v)), or network(q, v, u), for states that list all positions and then all velocities.

    Args:
        spec: of the data, or just the number of state components, which is even.
        hidden_layers, nodes_per_layer, activation, standardize, dtype: as in `Blackbox`.

    Raises:
        ConfigurationError: the number of components is odd, a size is not positive, or a name is unknown.
    """

    def __init__(
        self,
        spec: RecordSpec | int,
        hidden_layers: int = 2,
        nodes_per_layer: int = 50,
        activation: str = "gelu",
        standardize: bool = False,
        dtype: str = "float64",
    ) -> None:
        super().__init__(dimension(spec))
        if self.dim % 2:
            raise ConfigurationError(
                f"model=second_order needs as many velocities as positions, but the data have {self.dim} components; "
                "take model=blackbox"
            )
        accelerations, scale = range(self.dim // 2, self.dim), state_scale(spec, standardize)
        size = hidden_layers, nodes_per_layer
        self.network = FieldNetwork(self.dim, accelerations, *size, activation, dtype, scale, acting(spec))

    def forward(self, t: Instant, x: MemberStates, u: Float[Tensor, "batch dim_in"] | None = None) -> MemberStates:
        """Velocities and learned accelerations, which do not depend on time."""
        states = self._with_members(x)
        return torch.cat([states[..., self.dim // 2 :], self.network(states, u)], dim=-1).reshape(x.shape)

    def perceptron_form(self) -> PerceptronForm:
        """A copies the velocities; the network's outputs for positions are zero."""
        weights, biases = self.network.affine_layers()
        half = self.dim // 2
        linear = torch.zeros(self.dim, self.dim, dtype=weights[0].dtype)
        linear[:half, half:] = torch.eye(half, dtype=weights[0].dtype)
        last = torch.cat([torch.zeros_like(weights[-1]), weights[-1]], dim=-1)
        bias = torch.cat([torch.zeros_like(biases[-1]), biases[-1]], dim=-1)
        return PerceptronForm(linear, (*weights[:-1], last), (*biases[:-1], bias), self.network.activation_name)
