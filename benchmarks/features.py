"""Features as a loss meets them in training, and one forward and backward pass through a loss of them."""

from collections.abc import Callable

import torch
from torch import Tensor

FeaturesLoss = Callable[[Tensor, Tensor], Tensor]


def correlated_features(batch_size: int, n_modes: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Gaussian features (batch, modes) at present and in future, whose correlations fall from 0.9 to 0.1."""
    generator = torch.Generator().manual_seed(0)
    f, noise = torch.randn(2, batch_size, n_modes, generator=generator, dtype=torch.float64)
    correlation = torch.linspace(0.9, 0.1, n_modes, dtype=torch.float64)
    g = correlation * f + (1 - correlation**2).sqrt() * noise
    return f.to(dtype).requires_grad_(), g.to(dtype).requires_grad_()


def gradient_step(loss: FeaturesLoss, f: Tensor, g: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The value of a loss and its gradients with respect to both features."""
    value = loss(f, g)
    f_gradient, g_gradient = torch.autograd.grad(value, (f, g))
    return value.detach(), f_gradient, g_gradient
