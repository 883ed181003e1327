"""How good discovered equations are: against the truth where it is known, against the data in any case."""

from dataclasses import dataclass

import numpy as np

from sciml_bench.core.errors import SolverError
from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.held_out import TIME, past_and_future, shown_arrays
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import PaddedTrajectories
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.integration import integration_record, one_step_residual, rows_of
from sciml_bench.mechnn.discovery.sparse_equations import exact_coefficients
from sciml_bench.scores.equation_scores import equation_scores
from sciml_bench.scores.forecast_scores import forecast_of, forecast_scores
from sciml_bench.systems import OrdinaryDifferentialEquation


@dataclass(frozen=True)
class EquationEvaluation:
    """The equations themselves, the states that they explain, and the forecast of the test part.

    `one_step_residual` and `noise_deviation` are root mean squares in units of the state: by how much the equations
    miss the next denoised row of the training part, and of observed minus denoised rows;
    `reconstruction_relative_error_clean` is ‖denoised − true‖/‖true‖. For the others see `scores`.
    """

    def __call__(self, learned: DiscoveredEquations, record: Record) -> Results:
        """Score equations on a record."""
        train = PaddedTrajectories.of(record.splits["train"])
        pieces = rows_of(train)
        denoised = [learned.denoised(*piece) for piece in pieces]
        system = record.spec.system
        is_known = isinstance(system, OrdinaryDifferentialEquation)
        truth = exact_coefficients(learned.library, system) if is_known else None
        coefficients = np.asarray(learned.coefficients)
        metrics = equation_scores(coefficients, truth) | _explained(learned, train, pieces, denoised)
        arrays = {"coefficients": coefficients, "term_names": np.array(learned.library.names)}
        if learned.standard_errors is not None:
            arrays["standard_errors"] = np.asarray(learned.standard_errors)
        if truth is not None:
            arrays["true_coefficients"] = truth
        asked = past_and_future(record, learned.past_length)
        follows = record.split_by == TIME and asked is not None
        arrays |= shown_arrays(*(asked if follows and asked else (record.splits["train"], None)))
        arrays["forecast"] = np.full(arrays["observed"].shape, np.nan)
        if asked is not None:
            forecast = forecast_of(learned, *asked)
            metrics |= forecast_scores(forecast, asked[1], record.spec.mean)
            if follows:
                _write_beside(arrays, asked[0], forecast)
        arrays |= _drawn(learned, arrays, denoised)
        pictures = ["coefficients", "discovered_trajectories"]
        return Results(metrics, arrays, (*pictures, *(["simulated_phase_portrait"] if train.dim > 1 else [])))


def _explained(
    learned: DiscoveredEquations,
    train: PaddedTrajectories,
    pieces: list[tuple[np.ndarray, np.ndarray]],
    denoised: list[np.ndarray],
) -> Metrics:
    coefficients, together = np.asarray(learned.coefficients), np.concatenate(denoised)
    record = integration_record(learned.library, pieces, together, coefficients)
    metrics: Metrics = {
        "one_step_residual": one_step_residual(record, together, coefficients),
        "noise_deviation": float(np.sqrt(np.mean((record.observed - together) ** 2))),
    }
    if train.clean is not None:
        true = train.clean[train.rows]
        error = np.linalg.norm(together - true) / np.linalg.norm(true)
        metrics["reconstruction_relative_error_clean"] = float(error)
    return metrics


def _write_beside(arrays: dict[str, np.ndarray], past: Trajectories, forecast: Forecast) -> None:
    """The forecast at the rows of the future."""
    for row, first in enumerate(past.lengths):
        n_rows = int((arrays["window"][row] == 2).sum())
        arrays["forecast"][row, first : first + n_rows] = forecast.states[row, :n_rows]


def _drawn(
    learned: DiscoveredEquations, arrays: dict[str, np.ndarray], denoised: list[np.ndarray]
) -> dict[str, np.ndarray]:
    """The denoised states, and the equations from the first of them over all times; nan where they diverge."""
    shown, simulation = (np.full(arrays["observed"].shape, np.nan) for _ in range(2))
    for row, states in enumerate(denoised):
        shown[row, : len(states)] = states
        length = int((arrays["window"][row] > 0).sum())
        try:
            simulation[row, :length] = learned.system().reference(states[0], arrays["times"][row, :length])
        except SolverError:
            continue
    return {"denoised": shown, "simulation": simulation}
