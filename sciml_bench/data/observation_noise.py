"""Gaussian noise of a sensor that watches a simulated trajectory through its two windows.

The draw is that of Ko, Koh, Park, Jhe (NeurIPS 2023), so that the same seed gives the data of their tables: standard
normal numbers in single precision from torch's generator, with the axes (batch, dim, time). The interpolation window is
drawn first, and what is drawn for the extrapolation window comes after it: a longer forecast leaves the noise of the
rows to learn from as it is.
"""

import numpy as np
import torch
from jaxtyping import Float


def drawn_noise(
    n_trajectories: int, n_interpolation: int, n_extrapolation: int, dim: int, seed: int
) -> Float[np.ndarray, "batch time dim"]:
    """Independent standard normal numbers for every component of every row.

    Args:
        n_trajectories: number of trajectories.
        n_interpolation: number of rows in the interpolation window.
        n_extrapolation: number of rows in the extrapolation window.
        dim: number of components.
        seed: of the noise alone; torch's global generator is left as it is.
    """
    generator = torch.Generator().manual_seed(seed)
    windows = [
        torch.randn(n_trajectories, dim, n_rows, generator=generator, dtype=torch.float32)
        for n_rows in (n_interpolation, n_extrapolation)
    ]
    return torch.cat(windows, dim=-1).transpose(1, 2).numpy().astype(np.float64)


def relative_deviation(
    fraction: Float[np.ndarray, " dim"], clean: Float[np.ndarray, "batch time dim"]
) -> Float[np.ndarray, "batch 1 dim"]:
    """Deviation of noise that is a fraction of each component's mean over time, fraction · |mean_t x(t)|.

    Args:
        fraction: for each component.
        clean: the true states of the interpolation window, whose mean it is.
    """
    return fraction * np.abs(clean.mean(axis=1, keepdims=True))
