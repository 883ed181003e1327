"""How good discovered equations are: against the truth where it is known, against the data in any case."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import SolverError
from sciml_bench.core.types import Metrics
from sciml_bench.data import Observations
from sciml_bench.mechnn.discovery.closed_form_discovery import Discovery
from sciml_bench.mechnn.discovery.sparse_equations import exact_coefficients
from sciml_bench.systems import OrdinaryDifferentialEquation


@dataclass(frozen=True, eq=False)
class DiscoveryEvaluation:
    """Equations beside their data.

    Args:
        discovery: what was found.
        observations: all rows.
    """

    discovery: Discovery
    observations: Observations

    @property
    def metrics(self) -> Metrics:
        """Numbers about the equations, the denoised states and the forecast.

        `n_terms`; `exact_support` (1 or 0) and `worst_coefficient_error` (relative, over the true terms; a missing one
        counts 1), where the true equations are known and in the library; `one_step_residual` and `noise_deviation`
        (see `Discovery`), in units of the state; `reconstruction_relative_error_clean`, ‖denoised − true‖/‖true‖;
        `forecast_mse`, `forecast_relative_error`: over the rows that were not learned from, integrated from the last
        denoised state on, also with `_clean`.
        """
        found = self.discovery.equations.coefficients
        metrics: Metrics = {
            "n_terms": float((found != 0).sum()),
            "one_step_residual": self.discovery.one_step_residual,
            "noise_deviation": self.discovery.residual_deviation,
        }
        if self.truth is not None:
            there = self.truth != 0
            metrics["exact_support"] = float(np.array_equal(there, found != 0))
            errors = np.abs(found - self.truth)[there] / np.abs(self.truth[there])
            metrics["worst_coefficient_error"] = float(errors.max())
        if self.observations.clean is not None:
            true = np.concatenate(
                [
                    clean[kept]
                    for clean, kept in zip(self.observations.clean, self.observations.interpolation, strict=True)
                ]
            )
            denoised = np.concatenate(self.discovery.states)
            metrics["reconstruction_relative_error_clean"] = float(
                np.linalg.norm(denoised - true) / np.linalg.norm(true)
            )
        return metrics | self._forecast_metrics

    @cached_property
    def truth(self) -> Float[np.ndarray, "terms dim"] | None:
        """The coefficients of the system that was simulated, where it is one of the library."""
        library = self.discovery.equations.library
        system = library.spec.system
        return exact_coefficients(library, system) if isinstance(system, OrdinaryDifferentialEquation) else None

    @cached_property
    def forecast(self) -> Float[np.ndarray, "batch time dim"]:
        """From the last denoised state over the rows not learned from; nan elsewhere and where it diverges."""
        data = self.observations
        forecast = np.full(data.states.shape, np.nan)
        for row, states in enumerate(self.discovery.states):
            ahead = np.flatnonzero(data.extrapolation[row])
            if len(ahead):
                times = data.times[row, [ahead[0] - 1, *ahead]]
                forecast[row, ahead] = _integrated(self.discovery.equations, states[-1], times)[1:]
        return forecast

    @cached_property
    def simulation(self) -> Float[np.ndarray, "batch time dim"]:
        """The equations from the first denoised state of every trajectory over all its times; nan where it diverges."""
        data = self.observations
        simulation = np.full(data.states.shape, np.nan)
        for row, states in enumerate(self.discovery.states):
            length = int(data.lengths[row])
            simulation[row, :length] = _integrated(self.discovery.equations, states[0], data.times[row, :length])
        return simulation

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What a person may want to plot again, and the names of the pictures of it."""
        data, discovery, library = self.observations, self.discovery, self.discovery.equations.library
        pictures = ["coefficients", "discovered_trajectories", "simulated_phase_portrait"]
        denoised = np.full(data.states.shape, np.nan)
        for row, (states, kept) in enumerate(zip(discovery.states, data.interpolation, strict=True)):
            denoised[row, kept] = states
        arrays = {
            "times": data.times,
            "observed": data.states,
            "window": data.window,
            "denoised": denoised,
            "forecast": self.forecast,
            "simulation": self.simulation,
            "coefficients": discovery.equations.coefficients,
            "term_names": np.array(library.names),
            "component_names": np.array(library.spec.component_names),
            "time_unit": np.array(library.spec.time_unit),
            "pictures": np.array(pictures if data.dim > 1 else pictures[:2]),
        }
        if discovery.standard_errors is not None:
            arrays["standard_errors"] = discovery.standard_errors
        if self.truth is not None:
            arrays["true_coefficients"] = self.truth
        return arrays if data.clean is None else {**arrays, "clean": data.clean}

    @property
    def figures(self) -> dict[str, Any]:
        """Coefficients, trajectories and the phase portrait."""
        from sciml_bench.drawing import pictures_of

        return pictures_of(self.arrays)

    @property
    def _forecast_metrics(self) -> Metrics:
        data = self.observations
        ahead = data.extrapolation
        metrics: Metrics = {}
        for suffix, target in {"": data.states, "_clean": data.clean}.items():
            if target is None or not ahead.any() or not np.isfinite(self.forecast[ahead]).all():
                continue
            difference = self.forecast[ahead] - target[ahead]
            metrics[f"forecast_mse{suffix}"] = float(np.mean(difference**2))
            metrics[f"forecast_relative_error{suffix}"] = float(
                np.linalg.norm(difference) / max(np.linalg.norm(target[ahead]), 1e-300)
            )
        return metrics


def _integrated(equations: OrdinaryDifferentialEquation, start: np.ndarray, times: np.ndarray) -> np.ndarray:
    try:
        return equations.reference(start, times)
    except SolverError:
        return np.full((len(times), len(start)), np.nan)
