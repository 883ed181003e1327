"""How well a learned field explains the data: errors, arrays and figures of its prediction from the initial states."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import SolverError
from sciml_bench.core.types import Metrics
from sciml_bench.data import Observations, ObservationSpec, ObservedTrajectories
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.smoothing_spline import SmoothingSpline
from sciml_bench.node.fitting.trajectory_batch import mean_squared_error
from sciml_bench.node.solvers.solve import Solver, with_error_estimate

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A prediction beside what was observed.

    Args:
        observations: all rows.
        spec: of the data.
        prediction: at all times.
        smoothed: the spline through the interpolation window, nan beyond it.
        integration_error: largest difference to a more accurate integration, over the interpolation window.
        forecast: the field's prediction of the extrapolation window from the last learned row on, nan elsewhere.
    """

    observations: Observations
    spec: ObservationSpec
    prediction: Float[np.ndarray, "batch time dim"]
    smoothed: Float[np.ndarray, "batch time dim"]
    integration_error: float
    forecast: Float[np.ndarray, "batch time dim"]

    @classmethod
    def of(
        cls,
        data: ObservedTrajectories,
        field: VectorField,
        solver: Solver,
        x0: Float[Tensor, "1 batch dim"],
        splines: list[SmoothingSpline],
        forecast_starts: Float[Tensor, "batch dim"],
    ) -> "Evaluation":
        """Integrate a field over all times of the data, from their start and from the last learned rows.

        Raises:
            SolverError: the integration broke down inside the interpolation window.
        """
        observations = data.observations
        learned = observations.interpolation_part()
        inside = with_error_estimate(solver, field, x0, learned.times).require_finite(solver.remedy)
        # an adaptive solver gives up where the extrapolation leaves every bound; what was learned is kept
        whole = _states_or_nan(solver, field, x0, observations.times)
        rows = learned.interpolation
        whole[:, : rows.shape[1]][rows] = inside.states[0].double().numpy()[rows]
        smoothed = np.full(observations.states.shape, np.nan)
        for row, (spline, counts) in enumerate(zip(splines, observations.interpolation, strict=True)):
            smoothed[row, counts] = spline(observations.times[row, counts])
        return cls(
            observations,
            data.spec,
            whole,
            smoothed,
            float(inside.error_estimate if inside.error_estimate is not None else np.nan),
            _forecast(observations, field, solver, forecast_starts),
        )

    @cached_property
    def metrics(self) -> Metrics:
        """Mean squared errors, in squared units of the state, over rows, components and trajectories.

        `interpolation_mse`, `extrapolation_mse`: against the observations, noise included (as in the paper's tables).
        `interpolation_mse_clean`, `extrapolation_mse_clean`: against the truth, where it was simulated.
        `forecast_mse`, `forecast_relative_error` (‖p − y‖/‖y‖): over the extrapolation window as well, but started
        from the last learned row: what the present tells about the future, where the above also carry what the
        dynamics lost since the initial state. Both also with `_clean`.
        `integration_error`: largest difference to a more accurate integration inside the interpolation window.
        """
        parts = {"interpolation": self.observations.interpolation, "extrapolation": self.observations.extrapolation}
        targets = {"": self.observations.states, "_clean": self.observations.clean}
        metrics: Metrics = {}
        for part, counts in parts.items():
            for suffix, target in targets.items():
                if target is None or not counts.any():
                    continue
                error = mean_squared_error(*map(torch.from_numpy, (self.prediction, target, counts)))
                if torch.isfinite(error):
                    metrics[f"{part}_mse{suffix}"] = float(error)
                else:
                    log.warning("the %s leaves every bound; its error is left out", part)
        metrics |= self._forecast_metrics(targets)
        return {**metrics, "integration_error": self.integration_error}

    def _forecast_metrics(self, targets: dict[str, np.ndarray | None]) -> Metrics:
        counts = self.observations.extrapolation
        metrics: Metrics = {}
        for suffix, target in targets.items():
            if target is None or not counts.any() or not np.isfinite(self.forecast[counts]).all():
                continue
            difference = self.forecast[counts] - target[counts]
            metrics[f"forecast_mse{suffix}"] = float(np.mean(difference**2))
            size = float(np.linalg.norm(target[counts]))
            if size > 0:
                metrics[f"forecast_relative_error{suffix}"] = float(np.linalg.norm(difference)) / size
        return metrics

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What a person may want to plot again, and the names of the pictures of it."""
        observations = self.observations
        arrays = {
            "times": observations.times,
            "observed": observations.states,
            "window": observations.window,
            "smoothed": self.smoothed,
            "prediction": self.prediction,
            "forecast": self.forecast,
            "component_names": np.array(self.spec.component_names),
            "time_unit": np.array(self.spec.time_unit),
            "pictures": np.array(["trajectories", "phase_portrait"]),
        }
        return arrays if observations.clean is None else {**arrays, "clean": observations.clean}

    @property
    def figures(self) -> dict[str, Any]:
        """Every component against time, and the phase portrait."""
        from sciml_bench.drawing import pictures_of

        return pictures_of(self.arrays)


def _states_or_nan(
    solver: Solver, field: VectorField, x0: Float[Tensor, "1 batch dim"], times: Float[np.ndarray, "batch time"]
) -> Float[np.ndarray, "batch time dim"]:
    try:
        return solver(field, x0, times).states[0].double().numpy().copy()
    except SolverError:
        return np.full((*times.shape, field.dim), np.nan)


def _forecast(
    observations: Observations, field: VectorField, solver: Solver, starts: Float[Tensor, "batch dim"]
) -> Float[np.ndarray, "batch time dim"]:
    """States of the extrapolation window, integrated from the last learned rows; nan elsewhere."""
    forecast = np.full(observations.states.shape, np.nan)
    if not observations.extrapolation.any():
        return forecast
    last = observations.interpolation.sum(axis=1) - 1
    n_steps = int(observations.extrapolation.sum(axis=1).max())
    columns = last[:, None] + np.arange(n_steps + 1)
    inside = np.minimum(columns, observations.times.shape[1] - 1)
    times = np.take_along_axis(observations.times, inside, axis=1)
    interval = times[:, -1:] - np.take_along_axis(observations.times, inside[:, -1:] - 1, axis=1)
    times = times + (columns - inside) * interval
    states = _states_or_nan(solver, field, starts[None], times)
    for row, first in enumerate(last + 1):
        n_rows = int(observations.extrapolation[row].sum())
        forecast[row, first : first + n_rows] = states[row, 1 : n_rows + 1]
    return forecast
