"""Rows made from those before them: differences, and delay embedding.

A row is made only where all rows that it needs lie one step of the clock apart, so that none reaches across a gap or
into another trajectory. It has the time of its newest row: nothing later than itself is in it.
"""

from collections.abc import Callable, Sequence

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import DataError
from sciml_bench.data.lazy_states import StateArray, read_block
from sciml_bench.data.regular_clock import keeps_step, whole_steps
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms.components import as_components


def delay_embedded(
    trajectories: Trajectories, n_delays: ConfiguredInteger, delay: ConfiguredInteger = 1, key: str = "n_delays"
) -> Trajectories:
    """States with those before them appended, from which Takens' theorem rebuilds what was not observed.

    A row holds the present state first, then those `delay`, 2 `delay`, … steps before it, which are called `x[-1]`,
    `x[-2]`, …, each with the inputs `u[-1]`, … that acted then: what was not observed answers to them too (an
    autoregression with exogenous inputs). Its time is the present's.

    Args:
        trajectories: any; what is no vector is taken for one.
        n_delays: how many earlier states are appended.
        delay: distance between them, in steps.
        key: the configuration key, for the message.

    Raises:
        ConfigurationError: a number is out of range.
        DataError: a trajectory is too short, or on an irregular clock.
    """
    count = require_integer(key, n_delays, 1, "append at least 1 earlier state")
    step = require_integer("delay", delay, 1, "the earlier states are at least 1 step apart")
    reach, vectors = count * step, as_components(trajectories)
    names, acting = vectors.named_components, vectors.named_inputs
    dim = len(names)

    def embedded(states: np.ndarray) -> np.ndarray:
        n_rows = len(states) - reach
        earlier = [states[reach - k * step :][:n_rows] for k in range(1, count + 1)]
        return np.concatenate([states[reach:, :dim], *earlier], axis=1)

    before = [f"{name}[-{k * step}]" for k in range(1, count + 1) for name in (*names, *acting)]
    facts = {name: fact for name, fact in vectors.facts.items() if name != "axes"}
    if (units := facts.get("component_units")) is not None:
        facts["component_units"] = (*units, *(*units, *[None] * len(acting)) * count)
    if (areas := facts.get("cell_areas")) is not None:
        facts["cell_areas"] = areas.with_past(count, len(acting))
    if vectors.inputs is not None:
        vectors = _with_acting_columns(vectors)
    rows = _with_past(vectors, embedded, reach, f"{key}={n_delays}")
    return rows.unchecked(component_names=(*names, *before), facts=facts, system=None)


def _with_acting_columns(vectors: Trajectories) -> Trajectories:
    """The same, in memory, with the inputs as further columns of the states and of the truth."""

    def joined(parts: Sequence[StateArray]) -> tuple[np.ndarray, ...]:
        pairs = zip(parts, vectors.inputs or (), strict=True)
        return tuple(np.concatenate([*map(read_block, pair)], axis=1) for pair in pairs)

    clean = None if vectors.clean is None else joined(vectors.clean)
    return vectors.unchecked(states=joined(vectors.states), clean=clean)


def differenced(trajectories: Trajectories, key: str = "data.difference") -> Trajectories:
    """By how much every component has changed since the row before; the first row of every piece is left out.

    Args:
        trajectories: any.
        key: the configuration key, for the message.

    Raises:
        DataError: a trajectory is too short, or on an irregular clock.
    """
    if trajectories.states[0].dtype.kind != "f":  # differences of unsigned numbers would wrap around
        trajectories = trajectories.mapped(lambda states: states.astype(np.float64))
    rows = _with_past(trajectories, lambda states: np.diff(states, axis=0), 1, f"{key}=1")
    names = tuple(f"Δ{name}" for name in trajectories.named_components)
    return rows.unchecked(component_names=names, system=None)


def _with_past(
    trajectories: Trajectories, function: Callable[[np.ndarray], np.ndarray], reach: int, said: str
) -> Trajectories:
    """A function of every row and the `reach` rows before it, for those rows that have so many without a gap."""
    shortest = int(np.argmin(trajectories.lengths))
    if trajectories.lengths[shortest] <= reach:
        raise DataError(
            f"{said}: every row needs {reach} before it, but {trajectories.name(shortest)} has "
            f"{trajectories.lengths[shortest]} rows; use fewer, or a longer trajectory."
        )
    if trajectories.is_regular:
        later = trajectories.select(time=slice(reach, None))
        return _companions_of(later, trajectories.mapped(function, reach))
    rows = [_rows_with_past(trajectories, number, reach, said) for number in range(trajectories.n_trajectories)]
    made = trajectories.mapped(function, reach)
    return _companions_of(trajectories.picked(rows), made.picked([part - reach for part in rows]))


def _rows_with_past(trajectories: Trajectories, number: int, reach: int, said: str) -> np.ndarray:
    times = trajectories.times_of(number)
    step = trajectories.time_step
    whole = np.ones(len(times) - 1, dtype=int) if keeps_step(times, step) else whole_steps(times, step)
    if whole is None:
        raise DataError(
            f"{said}: {trajectories.name(number)} has rows at irregular times; resample them with "
            "data.resample=<time step>."
        )
    since_gap = np.convolve(whole == 1, np.ones(reach, dtype=int), mode="valid")
    rows = np.flatnonzero(since_gap == reach) + reach
    if not len(rows):
        raise DataError(
            f"{said}: no row of {trajectories.name(number)} has {reach} rows before it without a gap; use fewer, or "
            "resample them with data.resample=<time step>."
        )
    return rows


def _companions_of(rows: Trajectories, made: Trajectories) -> Trajectories:
    """Rows of a record with other states and truth."""
    return rows.unchecked(states=made.states, clean=made.clean)
