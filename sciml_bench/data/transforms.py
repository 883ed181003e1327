"""Records from records: noise, a choice of components, delay embedding; `Standardization.apply` is a fourth.

Each is a function of `Trajectories` that treats the truth like the states, noise excepted: it keeps the truth as it
was. What lies on disk stays there and is transformed as it is read, noise excepted again, whose draw has an order.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, is_integer, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import mapped, read_block
from sciml_bench.data.trajectories import INTERPOLATIONS, LINEAR, Trajectories

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


def chosen_components(
    trajectories: Trajectories, components: Sequence[str | int], key: str = "components"
) -> Trajectories:
    """Vector states of some of the components, in the order in which they are named.

    Args:
        trajectories: vector states.
        components: names or numbers, each once.
        key: the configuration key, for the message.

    Raises:
        ConfigurationError: there is no such component, or it is named twice.
    """
    if isinstance(components, str):
        raise ConfigurationError(f"{key}={components}: give a list, such as {key}=[{components}].")
    dim = trajectories.state_shape[-1]
    names = trajectories.named_components
    numbers = [names.index(each) if isinstance(each, str) and each in names else each for each in components]
    wrong = [each for each in numbers if not (is_integer(each, 0) and each < dim)]
    if wrong or not numbers or len(set(numbers)) < len(numbers) or len(trajectories.state_shape) != 1:
        raise ConfigurationError(f"{key}={list(components)}: choose among {', '.join(names)}, each once.")
    columns = [int(number) for number in numbers]
    chosen = trajectories.mapped(lambda states: states[:, columns])
    return chosen.unchecked(component_names=tuple(names[column] for column in columns))


def with_inputs(
    trajectories: Trajectories, components: Sequence[str | int], interpolation: str = LINEAR
) -> Trajectories:
    """Vector states without some of their components, which are not states but act on the system from outside.

    Args:
        trajectories: vector states.
        components: names or numbers of the inputs, each once.
        interpolation: how inputs go on from row to row, as in `Trajectories`.

    Raises:
        ConfigurationError: there is no such component, it is named twice, or no state is left.
    """
    names = trajectories.named_components
    acting = chosen_components(trajectories, components, "data.inputs")
    kept = [name for name in names if name not in acting.named_components]
    if not kept:
        raise ConfigurationError(f"data.inputs={list(components)}: no state is left; choose some of {', '.join(names)}")
    units = dict(zip(names, trajectories.facts.get("component_units", ()), strict=False))
    facts = dict(trajectories.facts) | ({"component_units": tuple(units[name] for name in kept)} if units else {})
    inputs = tuple(mapped(part, lambda rows: rows.astype(np.float64)) for part in acting.states)
    return chosen_components(trajectories, kept).unchecked(
        inputs=inputs,
        input_names=acting.named_components,
        input_interpolation=require_choice("data.input_interpolation", interpolation, INTERPOLATIONS),
        facts=facts,
    )


def delay_embedded(
    trajectories: Trajectories, n_delays: ConfiguredInteger, delay: ConfiguredInteger = 1
) -> Trajectories:
    """Vector states with those before them appended, from which Takens' theorem rebuilds what was not observed.

    A row holds the present state first, then those `delay`, 2 `delay`, … steps before it; its time is the present's.

    Args:
        trajectories: vector states.
        n_delays: how many earlier states are appended.
        delay: distance between them, in steps.

    Raises:
        ConfigurationError: a number is out of range.
        DataError: states are no vectors, or a trajectory is too short.
    """
    count = require_integer("n_delays", n_delays, 1, "append at least 1 earlier state")
    step = require_integer("delay", delay, 1, "the earlier states are at least 1 step apart")
    reach = count * step
    if len(trajectories.state_shape) != 1:
        raise DataError(f"delay embedding needs vector states; these have the shape {trajectories.state_shape}.")
    if min(trajectories.lengths) <= reach:
        raise DataError(f"n_delays={count}, delay={step}: the shortest trajectory has {min(trajectories.lengths)} rows")

    def embedded(states: np.ndarray) -> np.ndarray:
        n_rows = len(states) - reach
        return np.concatenate([states[reach - k * step :][:n_rows] for k in range(count + 1)], axis=1)

    names = trajectories.named_components
    before = [f"{name} ({k * step} before)" for k in range(1, count + 1) for name in names]
    later = trajectories.select(time=slice(reach, None))
    return trajectories.mapped(embedded, reach).unchecked(
        **{name: getattr(later, name) for name in ("labels", "times", "first_rows", "inputs", "weights")},
        component_names=(*names, *before),
    )
