"""The leading eigenvalues in words: periods, decay times, and whether the data are long enough to show them."""

import numpy as np
from jaxtyping import Complex

from sciml_bench.data.trajectories import Trajectories
from sciml_bench.scores.timescales import implied_timescales

TOLD = 5
"""Modes that are told, the slowest first."""

CONSTANT = 1e-6
"""An eigenvalue this near 1 is that of the constant."""

FEWEST_DECAYS = 10
"""Decay times that the data should last: of a random walk the slowest seems to be a fifth of the length."""


def told_modes(eigenvalues: Complex[np.ndarray, " modes"], lag_time: float, time_unit: str) -> str | None:
    """Periods and decay times of the slowest modes, such as `period 10.8 year, decays in 24 year`.

    A real negative eigenvalue turns its sign at every lag, so its period is two lags or a part of them.

    Args:
        eigenvalues: over one lag, by decreasing modulus.
        lag_time: in `time_unit`.
        time_unit: of all times.

    Returns:
        None where there is no mode but the constant.
    """
    values = np.asarray(eigenvalues, dtype=complex)
    shown = [value for value in values if abs(value - 1) > CONSTANT and value.imag >= 0 and abs(value) > 0][:TOLD]
    return f"modes: {'; '.join(_told(value, lag_time, time_unit) for value in shown)}" if shown else None


def _told(value: complex, lag_time: float, time_unit: str) -> str:
    angle, modulus = abs(np.angle(value)), abs(value)
    parts = [] if angle == 0 else [f"period {2 * np.pi / angle * lag_time:.4g} {time_unit}"]
    if modulus < 1 - CONSTANT:
        return ", ".join([*parts, f"decays in {-lag_time / np.log(modulus):.4g} {time_unit}"])
    grows = modulus > 1 + CONSTANT
    return ", ".join([*parts, f"grows in {lag_time / np.log(modulus):.4g} {time_unit}" if grows else "does not decay"])


def told_drift(
    eigenvalues: Complex[np.ndarray, " modes"], lag_time: float, train: Trajectories, time_unit: str
) -> str | None:
    """A warning where the slowest real mode decays too slowly for the data to show it, as where states only drift.

    Args:
        eigenvalues: over one lag.
        lag_time: in the unit of the trajectories' times.
        train: what was learned from.
        time_unit: of all times.
    """
    values = np.asarray(eigenvalues, dtype=complex)
    real = values[(np.abs(values.imag) < CONSTANT) & (values.real > 0) & (np.abs(values - 1) > CONSTANT)]
    if not len(real):
        return None
    slowest = float(implied_timescales(real, lag_time).max())
    seen = sum(train.times_of(number)[-1] - train.times_of(number)[0] for number in range(train.n_trajectories))
    if slowest * FEWEST_DECAYS <= seen:
        return None
    told = f"decays in {slowest:.4g} {time_unit}" if np.isfinite(slowest) else "does not decay"
    return (
        f"the slowest mode {told}, but the training data last only {seen:.4g} {time_unit}: the states drift, as the "
        "centre of a molecule does, or too little was seen; take out what only drifts (data.difference=1, or a choice "
        "with data.observe), or give longer data"
    )
