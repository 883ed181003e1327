"""The cubic smoothing spline of a noisy trajectory, to which learned dynamics are coupled.

It minimises Σ_i (y_i − g(t_i))² + smoothing · ∫ g''(t)² dt (Wahba, Spline Models for Observational Data, 1990; SciPy's
`make_smoothing_spline`), component by component; `gcv` chooses the smoothing by generalised cross validation, in units
of the data. SciPy's own search goes downhill between 0 and the number of points, whatever the unit of time, and ends on
the plateau of a straight line where the motion is quick beside the record: a sine of 30 rows' period was smoothed away.
"""

import numpy as np
from jaxtyping import Float, Real
from scipy.interpolate import CubicSpline, make_smoothing_spline

from sciml_bench.core.checks import require_number
from sciml_bench.core.errors import DataError
from sciml_bench.node.fitting.cross_validation import cross_validated

GENERALISED_CROSS_VALIDATION = "gcv"
# SciPy's smoothing spline is made of five or more points; with fewer there is nothing to smooth.
FEWEST_POINTS = 5


class SmoothingSpline:
    """û(t), a natural cubic spline.

    Args:
        times: increasing.
        values: the observations.
        smoothing: weight of the roughness, in time³; 0 interpolates, `gcv` lets the data choose.

    Raises:
        ConfigurationError: the smoothing is negative or no number.
        DataError: the times do not increase, a number is not finite, or there are fewer than two points.
    """

    def __init__(
        self, times: Real[np.ndarray, " time"], values: Real[np.ndarray, "time dim"], smoothing: float | int | str = 0.0
    ) -> None:
        times, values = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
        weight = checked_smoothing(smoothing)
        if len(times) < 2:
            raise DataError(f"a spline needs at least 2 points; there are {len(times)}")
        if not (np.isfinite(times).all() and np.isfinite(values).all()):
            raise DataError("times and values of a spline must be finite; remove or interpolate the missing ones")
        if np.any(np.diff(times) <= 0):
            row = int(np.flatnonzero(np.diff(times) <= 0)[0]) + 1
            raise DataError(f"times must increase, but row {row} ({times[row]:g}) follows {times[row - 1]:g}")
        if weight != 0.0 and len(times) < FEWEST_POINTS:
            raise DataError(f"smoothing needs at least {FEWEST_POINTS} points; there are {len(times)}: set smoothing=0")
        self.start, self.end = float(times[0]), float(times[-1])
        self._origin, self._unit, self._mean, self._deviation = 0.0, 1.0, np.zeros(1), np.ones(1)
        if weight is None:
            self._origin, self._unit = self.start, float(np.median(np.diff(times)))
            self._mean, deviation = values.mean(axis=0), values.std(axis=0)
            self._deviation = np.where(deviation > 0, deviation, 1.0)
            times, values = (times - self.start) / self._unit, (values - self._mean) / self._deviation
        if weight == 0.0:
            self._pieces = CubicSpline(times, values, bc_type="natural")
        elif weight is None:
            self._pieces = CubicSpline(times, cross_validated(times, values), bc_type="natural")
        else:
            self._pieces = make_smoothing_spline(times, values, lam=weight)
        self._slopes = self._pieces.derivative()

    def __call__(self, query_times: float | int | Real[np.ndarray, "*query"]) -> Float[np.ndarray, "*query dim"]:
        """The spline at some times.

        Raises:
            DataError: a time lies outside the data.
        """
        query = np.asarray(query_times, dtype=np.float64)
        slack = 1e-9 * (self.end - self.start)
        outside = (query < self.start - slack) | (query > self.end + slack)
        if outside.any():
            raise DataError(
                f"the spline was asked for time {query[outside].ravel()[0]:g}, but the data cover {self.start:g} to "
                f"{self.end:g}; it is not continued beyond them"
            )
        return self.held(query)

    def held(self, query_times: float | Float[np.ndarray, "*query"]) -> Float[np.ndarray, "*query dim"]:
        """The spline, held at its first and last value outside the data.

        For integrators, which look a step beyond the last time; what they see there is not part of the solution.
        """
        return self._mean + self._deviation * self._pieces(self._inside(query_times))

    def held_slope(self, query_times: float | Float[np.ndarray, "*query"]) -> Float[np.ndarray, "*query dim"]:
        """The time derivative of `held`."""
        query = np.asarray(query_times)
        inside = (query >= self.start) & (query <= self.end)
        return self._slopes(self._inside(query)) * (self._deviation / self._unit) * inside[..., None]

    def _inside(self, query_times: float | Float[np.ndarray, "*query"]) -> Float[np.ndarray, "*query"]:
        """The nearest times inside the data, as the pieces count them."""
        clipped = np.asarray(np.clip(query_times, self.start, self.end))
        return np.asarray((clipped - self._origin) / self._unit)


def checked_smoothing(smoothing: float | int | str) -> float | None:
    """The weight of the roughness, which is not negative; None for generalised cross validation."""
    if smoothing == GENERALISED_CROSS_VALIDATION:
        return None
    return require_number("training.smoothing", smoothing, "give a number of at least 0, or gcv", positive=False)
