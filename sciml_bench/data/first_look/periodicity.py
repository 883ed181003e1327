"""The period with which a component comes back, from its autocorrelation: all harmonics count, and noise does not."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

FEWEST_CYCLES = 3
LEAST_CORRELATION = 0.3
_NEARLY = 0.9
"""Of the highest peak: the first one that reaches this is the period, and later ones are its multiples."""
_CHANCE, _SCATTER = 4.0, 2.0
"""What white noise of one row in deviations may reach somewhere, and anywhere."""


class Period(NamedTuple):
    """What comes back, in steps, and the correlation with itself one period later, at most 1."""

    steps: float
    correlation: float


def period_of(series: Float[np.ndarray, " time"]) -> Period | None:
    """The period of a series on a regular clock; None where nothing comes back that often, or clearly.

    Args:
        series: without missing values; a straight line is taken away first.
    """
    n_rows = len(series)
    longest = n_rows // FEWEST_CYCLES
    correlations = _autocorrelation(series)[: n_rows // 2]
    negative = np.flatnonzero(correlations[: longest + 1] < 0)
    if not len(negative):
        return None
    lags = np.arange(negative[0], min(longest, len(correlations) - 2) + 1)
    is_peak = (correlations[lags] >= correlations[lags - 1]) & (correlations[lags] > correlations[lags + 1])
    peaks = lags[is_peak]
    if not len(peaks) or correlations[peaks].max() < max(LEAST_CORRELATION, _CHANCE / np.sqrt(n_rows)):
        return None
    enough = _NEARLY * correlations[peaks].max() - _SCATTER / np.sqrt(n_rows)
    first = int(peaks[correlations[peaks] >= enough][0])
    first += int(np.argmax(correlations[first : min(longest, first + first // 4) + 1]))
    period, multiple = _top(correlations, first), 2
    # a later return measures the same period more finely, as long as it is clear which one it is
    while multiple * period < len(correlations) - 2:
        reach = max(1, int(period / 4))
        low = max(1, round(multiple * period) - reach)
        near = low + int(np.argmax(correlations[low : round(multiple * period) + reach + 1]))
        if near > len(correlations) - 2 or correlations[near] < LEAST_CORRELATION:
            break
        period, multiple = _top(correlations, near) / multiple, 2 * multiple
    return Period(float(period), float(min(1.0, correlations[first])))


def _autocorrelation(series: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Of what is left of a straight line, each lag over the pairs that it has."""
    n_rows = len(series)
    rows = np.arange(n_rows) - (n_rows - 1) / 2
    centred = series - series.mean()
    centred = centred - rows * (rows @ centred) / (rows @ rows)
    transformed = np.fft.rfft(centred, 2 * n_rows)
    sums = np.fft.irfft(np.abs(transformed) ** 2)[:n_rows]
    means = sums / np.arange(n_rows, 0, -1)
    return means / means[0] if means[0] > 0 else np.zeros(n_rows)


def _top(values: Float[np.ndarray, " lags"], place: int) -> float:
    """Where the parabola through a highest value and its neighbours has its top."""
    before, here, after = values[place - 1 : place + 2]
    bend = before - 2 * here + after
    return place + (0.5 * (before - after) / bend if bend < 0 else 0.0)
