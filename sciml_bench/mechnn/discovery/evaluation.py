"""How good discovered equations are: against the truth where it is known, against the data in any case."""

import contextlib
from dataclasses import dataclass, replace

import numpy as np

from sciml_bench.core.errors import SolverError
from sciml_bench.core.results import Results
from sciml_bench.data import PaddedTrajectories, Record
from sciml_bench.data.held_out import TIME, past_and_future, shown_arrays
from sciml_bench.data.own_components import in_own_components, own_rows
from sciml_bench.data.views.whole_trajectories_view import spans_to_learn
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.findings.explanation import explained_variance
from sciml_bench.mechnn.discovery.integration import inputs_of, integration_record, one_step_residual, rows_of
from sciml_bench.mechnn.discovery.sparse_equations import exact_coefficients
from sciml_bench.mechnn.discovery.units import ScaledLibrary
from sciml_bench.scores.equation_scores import equation_scores
from sciml_bench.scores.forecast_scores import forecast_of, forecast_scores
from sciml_bench.systems import OrdinaryDifferentialEquation

_WINDOW = 50
"""Rows along which the change of the states is to be explained, at most."""


@dataclass(frozen=True)
class EquationEvaluation:
    """The equations themselves, the states that they explain, and the forecast of the test part.

    `one_step_residual` and `noise_deviation` are root mean squares in units of the state: by how much the equations
    miss the next denoised row of the training part, and of observed minus denoised rows (the latter only where the
    equations denoise, since states that are taken as they are say nothing of their noise); `explained_variance` is the
    part of the states' change along windows that the equations explain, of the component that they explain least;
    `reconstruction_relative_error_clean` is ‖denoised − true‖/‖true‖. For the others see `scores`.
    """

    def __call__(self, learned: DiscoveredEquations, record: Record) -> Results:
        """Score equations on a record."""
        record = record.complete
        spans = spans_to_learn(record.splits["train"])
        train = PaddedTrajectories.of(record.splits["train"].of_spans(spans))
        pieces, coefficients = rows_of(train), np.asarray(learned.coefficients)
        inputs = inputs_of(train) if learned.spec.dim_in else None
        acting = [None] * len(pieces) if inputs is None else inputs
        denoised = [learned.denoised(*piece, one) for piece, one in zip(pieces, acting, strict=True)]
        observed, together = np.concatenate([states for _, states in pieces]), np.concatenate(denoised)
        system = record.spec.of_vectors.system
        library, truth = learned.library, None
        if isinstance(system, OrdinaryDifferentialEquation) and isinstance(library, BasisLibrary):
            truth = exact_coefficients(library, system)
        terms = ScaledLibrary.of(library)
        scaled = [terms.units.scaled(*piece) for piece in pieces]
        unit, of_terms = terms.units.deviation, terms.scaled_coefficients(coefficients)
        rows = integration_record(terms, scaled, together / unit, of_terms, inputs)
        # laws that were fitted to clean rows miss them by less than an integrator that is fine enough to find them
        rows = replace(rows, n_steps=4 * rows.n_steps)
        metrics = equation_scores(coefficients, truth)
        residual = one_step_residual(rows, together / unit, of_terms, unit)
        metrics["one_step_residual"] = residual if np.isfinite(residual) else float("inf")
        if learned.stiffness is not None or learned.network is not None:
            metrics["noise_deviation"] = float(np.sqrt(np.mean((observed - together) ** 2)))
        explained = explained_variance(terms, of_terms, scaled, [part / unit for part in denoised], _WINDOW, inputs)
        metrics["explained_variance"] = float(explained.min())
        if train.clean is not None:
            true = train.clean[train.rows]
            error = np.linalg.norm(together - true) / np.linalg.norm(true)
            metrics["reconstruction_relative_error_clean"] = float(error)
        arrays = {"coefficients": coefficients, "term_names": np.array(learned.library.names)}
        if learned.standard_errors is not None:
            arrays["standard_errors"] = np.asarray(learned.standard_errors)
        if truth is not None:
            arrays["true_coefficients"] = truth
        forecaster, own = in_own_components(learned), record.as_observed
        asked = past_and_future(own, forecaster.past_length)
        follows = asked if record.split_by == TIME else None
        arrays |= shown_arrays(*(follows or (own.splits["train"], None)))
        shape, window = arrays["observed"].shape, arrays["window"]
        arrays["forecast"], learned_shape = np.full(shape, np.nan), (*shape[:2], train.dim)
        explained = {name: np.full(learned_shape, np.nan) for name in ("denoised", "simulation")}
        if asked is not None:
            forecast = forecast_of(forecaster, *asked)
            metrics |= forecast_scores(forecast, *asked, own.spec)
            for row, first in enumerate(follows[0].lengths if follows else ()):
                n_rows = int((window[row] == 2).sum())
                arrays["forecast"][row, first : first + n_rows] = forecast.states[row, :n_rows].reshape(n_rows, -1)
        joined = follows[0].joined_in_time(follows[1]) if follows else record.splits["train"]
        whole = PaddedTrajectories.of(joined).inputs
        last = dict(spans)
        for (row, span), states in zip(spans, denoised, strict=True):
            explained["denoised"][row, span] = states
            end = int((window[row] > 0).sum()) if span == last[row] else span.stop
            gap = end if whole is None else next(edge for edge in joined.edges(row) if edge > span.start)
            on = slice(span.start, min(end, gap))
            acted = None if whole is None or inputs is None else whole.values[row, on]
            with contextlib.suppress(SolverError):  # nan where the equations diverge
                explained["simulation"][row, on] = learned.motion(states[0], arrays["times"][row, on], acted)
        rows_of_train = record.splits["train"]
        arrays |= {name: own_rows(states, rows_of_train, record.spec) for name, states in explained.items()}
        if own is not record:
            arrays["equation_names"] = np.array(record.spec.column_names)
        pictures = ["coefficients", "discovered_trajectories"]
        return Results(metrics, arrays, (*pictures, *(["simulated_phase_portrait"] if shape[-1] > 1 else [])))
