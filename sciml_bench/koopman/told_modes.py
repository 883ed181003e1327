"""The leading eigenvalues in words: periods and decay times."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Complex, Float

from sciml_bench.data.trajectories import Trajectories
from sciml_bench.koopman.operator.self_adjoint import GENERATOR

TOLD = 5
"""Modes that are told, the slowest first."""

CONSTANT = 1e-6
"""A modulus this near 1 neither grows nor decays."""

UNSEEN = 1e-2
"""A mode that changes less than this over a whole record was not seen to change."""

_OF_MEAN, _CLEARLY = 1 - 1e-3, 1.1
NOTHING = 1e-12
"""An eigenvalue below this is a zero but for rounding, as of a column that repeats another one."""


def told_modes(
    eigenvalues: Complex[np.ndarray, " modes"],
    lag_time: float,
    time_unit: str,
    seen: float = np.inf,
    constant: int | None = None,
) -> str | None:
    """Periods and decay times of the slowest modes, such as `period 10.8 year, decays in 24 year`.

    A real negative eigenvalue turns its sign at every lag, so its period is two lags or a part of them.

    Args:
        eigenvalues: over one lag, by decreasing modulus.
        lag_time: in `time_unit`.
        time_unit: of all times.
        seen: time from the first to the last row that was learned from; a mode that hardly changes over it has no
            period and no decay time that the record could tell.
        constant: the place of the constant, which is not told; every eigenvalue that is 1 is taken for one.

    Returns:
        None where there is no mode but the constant.
    """
    values = np.asarray(eigenvalues, dtype=complex)
    values = values if constant is None else np.delete(values, constant)
    shown = [value for value in values if abs(value - 1) > CONSTANT and value.imag >= 0 and abs(value) > NOTHING][:TOLD]
    told = [
        _told(value, lag_time, time_unit)
        if abs(np.log(value)) * seen > UNSEEN * lag_time
        else f"does not change in {seen:.4g} {time_unit}"
        for value in shown
    ]
    return f"modes: {'; '.join(dict.fromkeys(told))}" if told else None


def told_bias(train: Trajectories, method: str) -> str | None:
    """What is said of the rows of a simulation with a bias, whose weights restore their law but not their steps.

    Args:
        train: what was learned from.
        method: of the operator; a generator is learned from the law of the rows alone.
    """
    if method == GENERATOR or not train.facts.get("biased", False):
        return None
    return (
        "the weights restore the law of the rows, not their steps: timescales and forecasts are neither those of the "
        "dynamics with its bias, which data.weights=null tells, nor those without it, which training=generator tells"
    )


def told_overfitting(scores: Mapping[str, float]) -> tuple[str, ...]:
    """What is said of an operator that tells less of held-out pairs than their mean does, whose VAMP-E is 1.

    Args:
        scores: by name, `vamp_e_validation` and `vamp_e_test` among them.
    """
    low = {name: value for name in ("vamp_e_validation", "vamp_e_test") if (value := scores.get(name, 1.0)) < _OF_MEAN}
    told = ", ".join(f"{name} is {value:.3g}" for name, value in low.items())
    remedy = "the operator is overfitted: take fewer modes or features, more rows, or a regression that shrinks"
    return (f"{told}, and that of the mean alone is 1; {remedy}",) if low else ()


def told_generator(
    timescales: Float[np.ndarray, " modes"], band: tuple[float, float], lag_time: float, time_unit: str
) -> list[str]:
    """What is said where a generator's slowest timescale is not that of the pairs, which need no noise to be known.

    Args:
        timescales: of the generator, infinite for the constant.
        band: the ends of the 95 % band of the slowest one that the pairs tell.
        lag_time: of these pairs.
        time_unit: of all times.
    """
    slowest = max(timescales[np.isfinite(timescales)], default=np.inf)
    if band[0] / _CLEARLY <= slowest <= band[1] * _CLEARLY:
        return []
    where, why = ("below", "too few modes or") if slowest < band[0] else ("above", "")
    return [
        f"the slowest timescale of the generator, {slowest:.4g} {time_unit}, lies {where} that of pairs {lag_time:.4g} "
        f"{time_unit} apart ({band[0]:.4g} to {band[1]:.4g}): {f'{why} another diffusion'.strip()} than the noise that "
        "moves the rows"
    ]


def _told(value: complex, lag_time: float, time_unit: str) -> str:
    angle, modulus = abs(np.angle(value)), abs(value)
    parts = [] if angle == 0 else [f"period {2 * np.pi / angle * lag_time:.4g} {time_unit}"]
    if modulus < 1 - CONSTANT:
        return ", ".join([*parts, f"decays in {-lag_time / np.log(modulus):.4g} {time_unit}"])
    grows = modulus > 1 + CONSTANT
    return ", ".join([*parts, f"grows in {lag_time / np.log(modulus):.4g} {time_unit}" if grows else "does not decay"])
