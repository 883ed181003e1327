"""All scores that forecasts of equal length from many starts have, and what they are start by start."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.core.types import Metrics
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.scores.forecasting.horizon_errors import (
    error_against_horizon,
    relative_errors,
    standardised_errors,
    standardised_squares,
)
from sciml_bench.scores.forecasting.intervals import LEVEL, conformal_intervals, coverage_and_width, residual_scores
from sciml_bench.scores.forecasting.invariants import invariant_scores
from sciml_bench.scores.forecasting.prediction_time import valid_prediction_times

NORMAL_WIDTH = 1.6448536269514722
"""Deviations around the mean within which nine tenths of a normal law lie: where nothing calibrates an interval."""


@dataclass(frozen=True, eq=False)
class FromStarts:
    """Forecasts of equal length and what came.

    Args:
        forecast: one per start.
        past: what was given, of which the last row counts as the present.
        future: rows that came.
        spec: of the record.
    """

    forecast: Forecast
    past: Trajectories
    future: Trajectories
    spec: RecordSpec

    @property
    def times(self) -> Float[np.ndarray, "starts rows"]:
        """Since the last given row."""
        ends = [self.past.time_at(number, -1) for number in range(self.past.n_trajectories)]
        return np.stack([self.future.times_of(number) - end for number, end in enumerate(ends)])

    @property
    def truth(self) -> Float[np.ndarray, "starts rows components"]:
        """What came, nan in rows that lack a value."""
        rows = self._flat(np.stack([read_block(part) for part in self.future.states]))
        return np.where(np.isnan(rows).any(axis=-1, keepdims=True), np.nan, rows)

    @property
    def scored(self) -> Bool[np.ndarray, "starts rows"]:
        """Which rows have all their values."""
        return np.asarray(~np.isnan(self.truth).any(axis=-1))

    @property
    def deviation(self) -> Float[np.ndarray, " components"]:
        """Of the training states."""
        return np.broadcast_to(self.spec.deviation, self.future.state_shape).ravel().astype(np.float64)

    @property
    def members(self) -> Float[np.ndarray, "members starts rows components"] | None:
        """Forecasts of every member, in deviations; None where there are not several."""
        given = self.forecast.members
        return None if given is None or len(given) < 2 else self._flat(given) / self.deviation

    def scores(self, lyapunov_time: float | None) -> tuple[Metrics, dict[str, np.ndarray]]:
        """How long forecasts hold, and what they conserve: metrics and arrays.

        Args:
            lyapunov_time: of the system, where it is known.
        """
        predicted, truth, times = self._flat(self.forecast.states), self.truth, self.times
        mean = np.broadcast_to(self.spec.mean, self.future.state_shape).ravel().astype(np.float64)
        last = self._flat(np.stack([read_block(part, part.shape[0] - 1) for part in self.past.filled().states]))
        squares = {
            "": standardised_squares(predicted, truth, self.deviation),
            "persistence_": standardised_squares(last, truth, self.deviation),
            "mean_": standardised_squares(np.broadcast_to(mean, last.shape), truth, self.deviation),
        }
        valid, to_the_end = valid_prediction_times(predicted, truth, times)
        path = self.forecast.path  # an expectation keeps nothing
        conserved, drifts = ({}, {}) if path is None else invariant_scores(path, self._true_states(), self._system)
        starts = {
            "forecast_standardised_error": standardised_errors(squares[""]),
            "forecast_relative_error": relative_errors(predicted, truth),
            "valid_prediction_time": valid,
            **drifts,
        }
        if lyapunov_time is not None:
            starts["valid_prediction_lyapunov_times"] = valid / lyapunov_time
        metrics = {**conserved, "valid_to_the_end": float(to_the_end.mean())}
        for name in ("valid_prediction_time", "valid_prediction_lyapunov_times"):
            if name in starts:
                metrics |= {name: float(starts[name].mean()), f"{name}_median": float(np.median(starts[name]))}
        arrays = {f"start_{name}": values for name, values in starts.items()}
        if not self.scored.all():  # a report weighs the starts by them
            arrays["start_scored_rows"] = self.scored.sum(axis=1)
        arrays |= {f"{who}error_against_horizon": error_against_horizon(part) for who, part in squares.items()}
        arrays |= {"horizon_times": times.mean(axis=0), "time_unit": np.array(self.spec.time_unit)}
        return metrics, arrays if lyapunov_time is None else {**arrays, "lyapunov_time": np.array(lyapunov_time)}

    def interval_scores(self, calibration: "FromStarts | None") -> Metrics:
        """`coverage_90` and `interval_width_90` of an ensemble, nothing of a single forecast.

        Args:
            calibration: forecasts of the same length from starts that are not scored, nine or more; None for intervals
                of a normal law with the members' own spread.
        """
        members = self.members
        if members is None:
            return {}
        widths: np.ndarray = np.array(NORMAL_WIDTH)
        if calibration is not None and calibration.members is not None:
            known = calibration.truth / self.deviation
            widths = conformal_intervals(residual_scores(calibration.members, known))
        coverage, width = coverage_and_width(members, self.truth / self.deviation, widths, self.scored)
        percent = round(100 * LEVEL)
        return {f"coverage_{percent}": coverage, f"interval_width_{percent}": width}

    @property
    def _system(self) -> object:
        """The system, where a row is one of its states."""
        system = self.spec.system
        return system if getattr(system, "dim", None) == self.spec.dim else None

    def _true_states(self) -> Float[np.ndarray, "starts rows *state"]:
        known = self.future.states if self.future.clean is None else self.future.clean
        return np.stack([read_block(part).astype(np.float64) for part in known])

    def _flat(self, states: np.ndarray) -> np.ndarray:
        """Components as one axis, in double precision."""
        n_axes = states.ndim - len(self.future.state_shape)
        return states.astype(np.float64).reshape(*states.shape[:n_axes], -1)
