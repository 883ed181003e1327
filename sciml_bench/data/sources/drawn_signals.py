"""Signals between -1 and 1 that are drawn at random, with which a system is driven to tell its law."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

Signal: TypeAlias = Callable[[np.ndarray, float, int, int], Float[np.ndarray, "batch time"]]
"""From times, a period, the number of trajectories and a seed."""

MULTISINE, RANDOM_STEPS = "multisine", "random_steps"
_PERIODS = (1, 2, 3, 4, 5)


def multisine(
    times: Float[np.ndarray, " time"], period: float, n_trajectories: int, seed: int
) -> Float[np.ndarray, "batch time"]:
    """The mean of five tones of random phases, whose periods are multiples of the given one."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, (n_trajectories, len(_PERIODS), 1))
    return np.sin(2 * np.pi * times / (period * np.array(_PERIODS)[:, None]) + phases).mean(axis=1)


def random_steps(
    times: Float[np.ndarray, " time"], period: float, n_trajectories: int, seed: int
) -> Float[np.ndarray, "batch time"]:
    """Levels that are drawn evenly and kept for a period."""
    place = np.floor(times / period * (1 + 1e-9)).astype(int)
    return np.random.default_rng(seed).uniform(-1, 1, (n_trajectories, place[-1] + 1))[:, place]


SIGNALS: dict[str, Signal] = {MULTISINE: multisine, RANDOM_STEPS: random_steps}
