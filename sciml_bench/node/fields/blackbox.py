"""The NeuralODE without prior knowledge (Chen et al., Neural ordinary differential equations, NeurIPS 2018)."""

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data import RecordSpec
from sciml_bench.node.fields.field_network import FieldNetwork
from sciml_bench.node.fields.vector_field import Instant, MemberStates, PerceptronForm, VectorField


@described
class Blackbox(VectorField):
    """dx/dt = network(x), or network(x, u) where the record has inputs.

    Args:
        spec: of the data, or just the number of state components.
        hidden_layers: how many hidden layers.
        nodes_per_layer: their size.
        activation: name of the activation function.
        standardize: whether the network sees states of mean 0 and deviation 1, and its outputs are multiplied by the
            deviation; the field itself stays in the data's units. Needs a spec.
        dtype: float32 or float64, of weights and integration.

    Raises:
        ConfigurationError: a size is not positive, or a name is unknown.
    """

    def __init__(
        self,
        spec: RecordSpec | int,
        hidden_layers: int = 1,
        nodes_per_layer: int = 32,
        activation: str = "gelu",
        standardize: bool = False,
        dtype: str = "float64",
    ) -> None:
        super().__init__(dimension(spec))
        scale = state_scale(spec, standardize)
        size = hidden_layers, nodes_per_layer
        self.network = FieldNetwork(self.dim, range(self.dim), *size, activation, dtype, scale, acting(spec))

    def forward(self, t: Instant, x: MemberStates, u: Float[Tensor, "batch dim_in"] | None = None) -> MemberStates:
        """The time derivative, which does not depend on time."""
        return self.network(self._with_members(x), u).reshape(x.shape)

    def perceptron_form(self) -> PerceptronForm:
        """A is zero."""
        weights, biases = self.network.affine_layers()
        return PerceptronForm(
            torch.zeros(self.dim, self.dim, dtype=weights[0].dtype), weights, biases, self.network.activation_name
        )


def dimension(spec: RecordSpec | int) -> int:
    """Number of state components."""
    return spec if isinstance(spec, int) else spec.dim


def acting(spec: RecordSpec | int) -> RecordSpec | None:
    """What knows the inputs; None where there are none."""
    return None if isinstance(spec, int) or not spec.dim_in else spec


def state_scale(spec: RecordSpec | int, standardize: bool) -> RecordSpec | None:
    """What has the scale of a network's input, or None where it sees bare states."""
    if not standardize:
        return None
    if isinstance(spec, int):
        raise ConfigurationError("model.standardize=true needs the data's spec, not only a number of components")
    return spec
