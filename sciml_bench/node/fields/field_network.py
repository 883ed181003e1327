"""The multilayer perceptron inside a vector field: one per member, evaluated as one batch of matrix products."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_choice, require_integer
from sciml_bench.networks import MultilayerPerceptron, StackedPerceptrons
from sciml_bench.node.fields.state_scale import StateScale

DTYPES = {"float32": torch.float32, "float64": torch.float64}


class FieldNetwork(nn.Module):
    """network(x), in the units of the state and its derivative.

    Args:
        dim: number of state components.
        n_outputs: number of outputs.
        hidden_layers: how many hidden layers.
        nodes_per_layer: their size.
        activation: name of the activation function.
        dtype: float32 or float64.
        scale: the network sees (x − mean)/deviation; None for the bare state.
        output_scale: factor of every output; None for 1.

    Raises:
        ConfigurationError: a size is not positive, or a name is unknown.
    """

    def __init__(
        self,
        dim: int,
        n_outputs: int,
        hidden_layers: int,
        nodes_per_layer: int,
        activation: str = "gelu",
        dtype: str = "float64",
        scale: StateScale | None = None,
        output_scale: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        for key, value in (("hidden_layers", hidden_layers), ("nodes_per_layer", nodes_per_layer)):
            require_integer(f"model.{key}", value, 1, "give a whole number of at least 1")
        require_choice("model.dtype", dtype, DTYPES)
        self.activation_name = activation
        hidden = [nodes_per_layer] * hidden_layers
        perceptron = MultilayerPerceptron((dim,), n_outputs, hidden, activation)
        self.layers = StackedPerceptrons([perceptron]).to(DTYPES[dtype])
        mean = [0.0] * dim if scale is None else scale.mean
        deviation = [1.0] * dim if scale is None else scale.deviation
        outputs = [1.0] * n_outputs if output_scale is None else output_scale
        for name, values in (("mean", mean), ("deviation", deviation), ("output_scale", outputs)):
            self.register_buffer(name, torch.tensor([float(v) for v in values], dtype=DTYPES[dtype]), persistent=False)
        self.is_scaled = scale is not None or output_scale is not None

    mean: Tensor
    deviation: Tensor
    output_scale: Tensor

    def forward(self, x: Float[Tensor, "members batch dim"]) -> Float[Tensor, "members batch outputs"]:
        """Evaluate every member on its own states."""
        if not self.is_scaled:
            return self.layers(x)
        return self.output_scale * self.layers((x - self.mean) / self.deviation)

    def affine_layers(self) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Matrices (members, inputs, outputs) and biases (members, outputs), with the scales multiplied in."""
        weights, biases = list(self.layers.weights), [bias[:, 0] for bias in self.layers.biases]
        if self.is_scaled:
            weights[0] = weights[0] / self.deviation[:, None]
            biases[0] = biases[0] - torch.einsum("d,mdo->mo", self.mean, weights[0])
            weights[-1], biases[-1] = weights[-1] * self.output_scale, biases[-1] * self.output_scale
        return tuple(weights), tuple(biases)
