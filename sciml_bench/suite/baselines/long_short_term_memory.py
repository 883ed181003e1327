"""A network with long short-term memory (LSTM), trained by the loop of all gradient methods."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import WindowsSpec


@described
class LongShortTermMemory(nn.Module):
    """Maps some rows to the next one: what an LSTM remembers of them becomes an increment of the last.

    Args:
        spec: of the record and of the windows.
        n_units: of the memory.
        n_layers: of it.

    Raises:
        ConfigurationError: a number is too small.
    """

    mean: Tensor
    deviation: Tensor
    increment: Tensor

    def __init__(self, spec: WindowsSpec, n_units: ConfiguredInteger = 64, n_layers: ConfiguredInteger = 1) -> None:
        super().__init__()
        units = require_integer("model.n_units", n_units, 1, "give at least 1 unit")
        layers = require_integer("model.n_layers", n_layers, 1, "give at least 1 layer")
        self.memory = nn.LSTM(spec.dim, units, layers, batch_first=True)
        self.readout = nn.Linear(units, spec.dim)
        scales = {"mean": spec.mean - spec.zero, "deviation": spec.deviation, "increment": spec.increment_deviation}
        for name, values in scales.items():
            self.register_buffer(name, torch.as_tensor(values, dtype=spec.dtype), persistent=False)
        self.to(spec.dtype)

    def forward(self, states: Float[Tensor, "batch inputs *state"]) -> Float[Tensor, "batch 1 *state"]:
        """The next row."""
        remembered, _ = self.memory(((states - self.mean) / self.deviation).flatten(2))
        told = self.readout(remembered[:, -1]).reshape(states[:, -1:].shape)
        return states[:, -1:] + self.increment * told
