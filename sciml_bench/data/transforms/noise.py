"""Noise on the rows of a record, which become its truth."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.trajectories import Trajectories

Deviation = float | int | Sequence[float | int]


def noisy(
    trajectories: Trajectories,
    noise_std: Deviation = 0.0,
    relative_noise: Deviation = 0.0,
    seed: int = 10,
    parts: Sequence[int] | None = None,
    on_first_row: bool = True,
) -> Trajectories:
    """Independent Gaussian noise on every component of every row; the states as they were become the truth.

    The draw is that of Ko, Koh, Park, Jhe (NeurIPS 2023), so that the same seed gives the data of their tables:
    standard normal numbers in single precision from torch's generator, with the axes (batch, dim, time), for the rows
    to learn from first. More rows to forecast leave the noise of the others as it is.

    Args:
        trajectories: vector states; they are read into memory.
        noise_std: standard deviation in the state's own units, one for all components or one for each.
        relative_noise: more deviation, as a fraction of the absolute mean of each component over the first part.
        seed: of the noise alone; torch's global generator is left as it is.
        parts: numbers of consecutive rows that are drawn one after the other; what is left comes last. By default all
            rows at once, as in the trajectories' own length.
        on_first_row: whether the first row of every trajectory is as noisy as the others.

    Raises:
        ConfigurationError: a deviation is negative or does not fit the components.
        DataError: states are no vectors, or there is noise on them already.
    """
    if len(trajectories.state_shape) != 1:
        raise DataError(f"data.noise_std: noise needs vector states; these have the shape {trajectories.state_shape}.")
    if trajectories.clean is not None and trajectories.clean is not trajectories.states:
        raise DataError("data.noise_std: the states are noisy already; add all noise at once.")
    dim = trajectories.state_shape[0]
    absolute = checked_noise(noise_std, dim)
    relative = checked_noise(relative_noise, dim, "data.relative_noise")
    generator = torch.Generator().manual_seed(seed)
    one_clock = len(set(trajectories.lengths)) == 1
    numbers = range(trajectories.n_trajectories)
    states: list[np.ndarray] = []
    for together in [list(numbers)] if one_clock else [[number] for number in numbers]:
        observed = np.stack([read_block(trajectories.states[number]) for number in together])
        clean = observed.astype(np.float64, copy=False)
        sizes = [clean.shape[1]] if parts is None else [*parts, clean.shape[1] - sum(parts)]
        shapes = [(len(together), dim, n_rows) for n_rows in sizes if n_rows > 0]
        drawn = [torch.randn(shape, generator=generator, dtype=torch.float32) for shape in shapes]
        noise = torch.cat(drawn, dim=-1).transpose(1, 2).numpy().astype(np.float64)
        noise *= absolute + relative * np.abs(clean[:, : sizes[0]].mean(axis=1, keepdims=True))
        if not on_first_row:
            noise[:, 0] = 0
        states += list(clean + noise)
    return trajectories.unchecked(states=tuple(states), clean=trajectories.states)


def checked_noise(noise_std: Deviation | None, dim: int, key: str = "data.noise_std") -> Float[np.ndarray, " dim"]:
    """Standard deviation of the noise for each component.

    Args:
        noise_std: one value for all components, or one for each, in the state's own units; none is 0.
        dim: number of components.
        key: the configuration key, for the message.

    Raises:
        ConfigurationError: a value is negative or not finite, or their number is wrong.
    """
    given = list(noise_std) if isinstance(noise_std, Sequence) else noise_std
    deviation = np.asarray(0.0 if given is None else given, dtype=np.float64)
    if deviation.ndim > 1 or deviation.size not in (1, dim):
        raise ConfigurationError(f"{key}={noise_std}: give one value, or one for each of {dim} components.")
    if not (np.isfinite(deviation).all() and (deviation >= 0).all()):
        raise ConfigurationError(f"{key}={noise_std}: noise must be finite and not negative.")
    return np.broadcast_to(deviation, (dim,))
