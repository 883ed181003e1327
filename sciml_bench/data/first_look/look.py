"""A first look at a person's record: what it is like, in a few lines, and what can be asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.data.first_look.clock import ClockLook, look_at_clock
from sciml_bench.data.first_look.noise import noise_deviation
from sciml_bench.data.first_look.periodicity import Period, period_of
from sciml_bench.data.first_look.stationarity import change_of_halves
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.trajectories import Trajectories

FEWEST_ROWS = 4
MOST_NUMBERS = 2_000_000
"""That are looked at, from the beginning of the longest trajectory on."""

SHOWN_COMPONENTS = 6


@dataclass(frozen=True, eq=False)
class FirstLook:
    """What a record is like.

    Args:
        names: of the numbers of a state.
        n_rows: of all trajectories.
        n_looked_at: rows of the longest trajectory of which the rest is told.
        clock: its step, gaps and missing values.
        noise: of every component, over its deviation.
        period: in steps, of the component that comes back most clearly, and the number of that component.
        distance: of the means of the two halves, in deviations.
        growth: of the deviation from the first half to the second.
    """

    names: tuple[str, ...]
    n_rows: int
    n_looked_at: int
    clock: ClockLook
    noise: Float[np.ndarray, " components"]
    period: tuple[Period, int] | None
    distance: Float[np.ndarray, " components"]
    growth: Float[np.ndarray, " components"]

    @property
    def lines(self) -> list[str]:
        """Clock, noise, period and drift, as a person reads them."""
        return [self.clock.line, self._noise_line, self._period_line, self._drift_line]

    @property
    def _noise_line(self) -> str:
        if np.nanmin(self.noise) > SMOOTHEST:
            return "noise: rows do not follow each other smoothly (noise, or steps that are long for the motion)"
        return f"noise: {_each(self.names, [f'{100 * part:.2g} %' for part in self.noise])} of the deviation"

    @property
    def _period_line(self) -> str:
        if self.period is None:
            return "period: none that comes back three times"
        (steps, correlation), number = self.period
        count, time = self.n_looked_at / steps, steps * self.clock.step
        return (
            f"period: {time:.4g} {self.clock.unit} in {self.names[number]}, {count:.3g} of them "
            f"(correlation {correlation:.2f} one period later)"
        )

    @property
    def _drift_line(self) -> str:
        worst = int(np.argmax(self.distance))
        grown = int(np.argmax(np.abs(np.log(np.clip(self.growth, 1e-9, 1e9)))))
        return (
            f"drift: the means of the two halves differ by {self.distance[worst]:.2g} deviations"
            f"{_of(self.names, worst)}, their deviations by the factor {self.growth[grown]:.3g}{_of(self.names, grown)}"
        )


SMOOTHEST = 0.5
"""Noise over deviation from which on nothing tells noise from motion."""


def first_look(trajectories: Trajectories) -> FirstLook:
    """Look at a record; of several trajectories the clock is that of all, the rest that of the longest.

    Args:
        trajectories: in the person's components, with missing values or without.

    Raises:
        DataError: fewer than four rows.
    """
    longest = int(np.argmax(trajectories.lengths))
    width = int(np.prod(trajectories.state_shape))
    n_rows = min(trajectories.lengths[longest], max(FEWEST_ROWS, MOST_NUMBERS // width))
    if n_rows < FEWEST_ROWS:
        raise DataError(f"{n_rows} rows are too few to be looked at; give a longer record")
    part = trajectories.select(trajectories=[longest], time=slice(0, n_rows)).filled()
    values = read_block(part.states[0]).reshape(n_rows, width).astype(np.float64)
    deviation = values.std(axis=0)
    noise = noise_deviation(part.times_of(0), values)
    noise = np.divide(noise, deviation, out=np.zeros_like(noise), where=deviation > 0)
    clock = look_at_clock(trajectories)
    even = _on_even_clock(part.times_of(0), values, clock.step)
    periods = [(period, number) for number, series in enumerate(even.T) if (period := period_of(series)) is not None]
    best = max(periods, key=lambda found: found[0].correlation, default=None)
    names = trajectories.column_names
    return FirstLook(names, trajectories.n_states, len(even), clock, noise, best, *change_of_halves(values))


def _on_even_clock(
    times: Float[np.ndarray, " time"], values: Float[np.ndarray, "time components"], step: float
) -> Float[np.ndarray, "_ components"]:
    """Straight lines between the rows of a clock with gaps, or an uneven one, which may not have too long ones."""
    n_steps = round((times[-1] - times[0]) / step)
    if not len(times) - 1 < n_steps <= 20 * len(times):
        return values
    grid = times[0] + step * np.arange(n_steps + 1)
    return np.stack([np.interp(grid, times, column) for column in values.T], axis=1)


def _each(names: tuple[str, ...], values: list[str]) -> str:
    """Each with its name, or the range where there are many."""
    pairs: Mapping[str, str] = dict(zip(names, values, strict=True))
    if len(pairs) <= SHOWN_COMPONENTS:
        return ", ".join(f"{name} {value}" for name, value in pairs.items())
    ordered = sorted(values, key=lambda value: float(value.split()[0]))
    return f"{ordered[0]} to {ordered[-1]}"


def _of(names: tuple[str, ...], number: int) -> str:
    return f" ({names[number]})" if len(names) > 1 else ""
