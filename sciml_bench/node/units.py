"""The units in which a field is fitted: deviations of the states from their mean, and the median time step.

In them a loss, the weight of a spline, a coupling strength, a solver's tolerance and the size of a network's first
answers are numbers that do not depend on the units of the record, and a fit is the same in all of them: bit for bit
where the units differ by powers of two, for these only change the exponents of all numbers.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.data import PaddedTrajectories
from sciml_bench.data.first_look.noise import noise_deviation

_LOOKED_AT = 10
"""Trajectories of which the noise is estimated."""

STANDARDIZED, RAW = "standardized", "raw"
UNITS = (STANDARDIZED, RAW)


@dataclass(frozen=True)
class Units:
    """An affine change of the states, component by component, and a unit of time.

    Args:
        mean: of every component, in the record's units.
        deviation: of every component, likewise.
        time_step: unit of time, likewise.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    time_step: float


def time_of_change(trajectories: PaddedTrajectories, units: Units) -> float:
    """The time in which states change by one deviation, root mean square over rows and those components that vary.

    It is found among distances of 1, 2, 4, … rows, geometrically in between, and is at least one time step: noise that
    is smaller than the motion hardly shows in it. Of a sine of the angular frequency ω it is about 1/ω.

    Args:
        trajectories: to learn from.
        units: theirs.

    Returns:
        a time in the record's unit; the length of the longest trajectory where states change by less.
    """
    states = (trajectories.states - np.array(units.mean)) / np.array(units.deviation)
    varies = np.ptp(states[trajectories.rows], axis=0) > 0
    lag, earlier, longest = 1, 0.0, states.shape[1] - 1
    while lag <= longest:
        both = trajectories.rows[:, lag:]
        change = float(np.sqrt(np.square(states[:, lag:] - states[:, :-lag])[both][:, varies].mean()))
        if change >= 1:
            back = np.log2(change) / np.log2(change / earlier) if 0 < earlier < 1 else 0.0
            return units.time_step * lag * 2.0**-back
        lag, earlier = 2 * lag, change
    return units.time_step * longest


def noise_of(trajectories: PaddedTrajectories, units: Units) -> float:
    """The deviation of the noise, of the noisiest component in its own deviations, median over some trajectories.

    Args:
        trajectories: to learn from.
        units: theirs.
    """
    found = []
    for number in range(min(_LOOKED_AT, len(trajectories.states))):
        rows = trajectories.rows[number]
        noise = noise_deviation(trajectories.times[number, rows], trajectories.states[number, rows])
        found.append(float(np.max(noise / np.array(units.deviation))))
    return float(np.median(found))


def standard_units(
    mean: Float[np.ndarray, "*pooled"], deviation: Float[np.ndarray, "*pooled"], dim: int, time_step: float
) -> Units:
    """Those of a record.

    Args:
        mean: as a `RecordSpec` has it: of every component, or one for all.
        deviation: likewise.
        dim: number of components.
        time_step: the median time step.
    """
    mean, deviation = (np.broadcast_to(values, dim).tolist() for values in (mean, deviation))
    return Units(tuple(mean), tuple(deviation), float(time_step))
