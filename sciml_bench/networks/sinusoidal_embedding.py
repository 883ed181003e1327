"""The embedding of a periodic state into the plane, [sin 2πx/p, cos 2πx/p] per component."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError


class SinusoidalEmbedding(nn.Module):
    """Makes every network behind it exactly periodic.

    Args:
        period: p, in the unit of the state.

    Raises:
        ConfigurationError: the period is not positive.
    """

    def __init__(self, period: float | int = 1.0) -> None:
        super().__init__()
        if not period > 0:
            raise ConfigurationError(f"period must be positive; got {period}")
        self.wave_number = 2 * math.pi / period

    def forward(self, states: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch 2*dim"]:
        """All sines, then all cosines."""
        phase = self.wave_number * states
        return torch.cat((torch.sin(phase), torch.cos(phase)), dim=-1)
