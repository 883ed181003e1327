"""The multilayer perceptron inside a vector field: one per member, evaluated as one batch of matrix products."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import RecordSpec
from sciml_bench.networks import MultilayerPerceptron, StackedPerceptrons

DTYPES = {"float32": torch.float32, "float64": torch.float64}


class FieldNetwork(nn.Module):
    """network(x, u), in the units of the state and its derivative, with the options of `Blackbox`.

    Args:
        dim: number of state components.
        components: numbers of the components whose rates are the outputs.
        scale: of the states: the network sees (x − mean)/deviation, and its outputs are multiplied by the deviation of
            their components; None for the bare state. It is kept with the weights.
        inputs: of the record that was learned from, which has their number and scale; None for a field without u.
            The network sees u as it sees the states.

    Raises:
        ConfigurationError: a size is not positive, or a name is unknown.
    """

    def __init__(
        self,
        dim: int,
        components: Sequence[int],
        hidden_layers: int,
        nodes_per_layer: int,
        activation: str = "gelu",
        dtype: ConfiguredWord = "float64",
        scale: RecordSpec | None = None,
        inputs: RecordSpec | None = None,
    ) -> None:
        super().__init__()
        for key, value in (("hidden_layers", hidden_layers), ("nodes_per_layer", nodes_per_layer)):
            require_integer(f"model.{key}", value, 1, "give a whole number of at least 1")
        require_choice("model.dtype", dtype, DTYPES)
        self.activation_name = activation
        hidden = [nodes_per_layer] * hidden_layers
        self.dim_in = 0 if inputs is None else inputs.dim_in
        perceptron = MultilayerPerceptron((dim + self.dim_in,), len(components), hidden, activation)
        self.layers = StackedPerceptrons([perceptron]).to(DTYPES[dtype])
        self.is_scaled = scale is not None
        scales = (0.0, 1.0) if scale is None else (scale.mean, scale.deviation)
        mean, deviation = (np.broadcast_to(value, dim) for value in scales)  # a field has one for all its points
        self.components = list(components)
        outputs = [deviation[component] for component in components]
        if inputs is not None and inputs.input_mean is not None and inputs.input_deviation is not None:
            of_inputs = (inputs.input_mean, inputs.input_deviation) if self.is_scaled else np.ones((2, self.dim_in))
            mean, deviation = np.concatenate([mean, of_inputs[0]]), np.concatenate([deviation, of_inputs[1]])
        for name, values in (("mean", mean), ("deviation", deviation), ("output_scale", outputs)):
            self.register_buffer(name, torch.tensor([float(v) for v in values], dtype=DTYPES[dtype]))

    mean: Tensor
    deviation: Tensor
    output_scale: Tensor

    def forward(
        self, x: Float[Tensor, "members batch dim"], u: Float[Tensor, "batch dim_in"] | None = None
    ) -> Float[Tensor, "members batch outputs"]:
        """Evaluate every member on its own states, and on what acts on all of them; stop where inputs do not fit."""
        given = 0 if u is None else u.shape[-1]
        if given != self.dim_in:
            raise ConfigurationError(f"inputs: the field takes {self.dim_in} inputs, and {given} are given")
        if u is not None:
            x = torch.cat([x, u.expand(*x.shape[:-1], -1)], dim=-1)
        if not self.is_scaled:
            return self.layers(x)
        return self.output_scale * self.layers((x - self.mean) / self.deviation)

    def set_time_unit(self, time: float) -> None:
        """Let outputs of order one be a change by one deviation in this time; it is one unit of time at first."""
        if self.is_scaled:
            self.output_scale = self.deviation[self.components] / time

    def affine_layers(self) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Matrices (members, states and u, outputs) and biases (members, outputs), with the scales multiplied in."""
        weights, biases = list(self.layers.weights), [bias[:, 0] for bias in self.layers.biases]
        if self.is_scaled:
            weights[0] = weights[0] / self.deviation[:, None]
            biases[0] = biases[0] - torch.einsum("d,mdo->mo", self.mean, weights[0])
            weights[-1], biases[-1] = weights[-1] * self.output_scale, biases[-1] * self.output_scale
        return tuple(weights), tuple(biases)
