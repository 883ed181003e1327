"""A loss of a person's own."""

import torch
from torch import Tensor, nn


class NegativeOverlap(nn.Module):
    """The low-rank loss −2 tr C_fg + tr C_ff C_gg, with a factor.

    Args:
        factor: of the first term.
    """

    def __init__(self, factor: float = 2.0) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, f: Tensor, g: Tensor) -> Tensor:
        overlap = (f * g).sum(dim=1).mean()
        return torch.sum((f.T @ f) * (g.T @ g)) / len(f) ** 2 - self.factor * overlap
