"""Observation noise: what a sensor adds to the states, drawn from its own seed so that the true path stays the same."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.trajectories import Trajectories


def checked_noise(noise_std: float | int | Sequence[float | int], dim: int, key: str = "data.noise_std") -> np.ndarray:
    """Standard deviation of the noise for each component.

    Args:
        noise_std: one value for all components, or one for each, in the state's own units.
        dim: number of components.
        key: the configuration key, for the message.

    Raises:
        ConfigurationError: a value is negative or not finite, or their number is wrong.
    """
    deviation = np.asarray(list(noise_std) if isinstance(noise_std, Sequence) else noise_std, dtype=np.float64)
    if deviation.ndim > 1 or deviation.size not in (1, dim):
        raise ConfigurationError(f"{key}={noise_std}: give one value, or one for each of {dim} components.")
    if not (np.isfinite(deviation).all() and (deviation >= 0).all()):
        raise ConfigurationError(f"{key}={noise_std}: noise must be finite and not negative.")
    return np.broadcast_to(deviation, (dim,))


def add_noise(trajectories: Trajectories, noise_std: float | int | Sequence[float | int], seed: int) -> Trajectories:
    """Trajectories of vector states with independent Gaussian noise on every component of every state.

    Args:
        trajectories: states with axes (time, dim).
        noise_std: standard deviation in the state's own units, one for all components or one for each.
        seed: of the noise alone.

    Raises:
        ConfigurationError: `noise_std` is negative or does not fit the number of components.
    """
    deviation = checked_noise(noise_std, trajectories.state_shape[-1])
    rng = np.random.default_rng(seed)
    noisy = []
    for states in trajectories.states:
        clean = read_block(states, 0, states.shape[0])
        noisy.append(clean + deviation * rng.standard_normal(clean.shape))
    return replace(trajectories, states=tuple(noisy))
