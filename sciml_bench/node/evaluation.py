"""A learned field beside a record: the protocol of Ko et al. (NeurIPS 2023), and a forecast of the test part.

Their interpolation and extrapolation window are the train and the test part of a record that is split by time: one
prediction from the initial states runs through both. A forecast starts at the end of the past instead: what the present
tells about the future, without what the dynamics have lost since the initial state.
"""

import contextlib
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sciml_bench.core.checks import ConfiguredWord, require_choice
from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.data import PaddedTrajectories, Record, Trajectories
from sciml_bench.data.held_out import TIME, past_and_future, shown_arrays
from sciml_bench.data.own_components import in_own_components, own_rows
from sciml_bench.data.views.whole_trajectories_view import pieces_of, spans_to_learn
from sciml_bench.node.fitting.trajectory_batch import (
    INITIAL_STATES,
    initial_states_of,
    mean_squared_error,
    splines_through,
)
from sciml_bench.node.learned_field import LearnedField
from sciml_bench.node.solvers.solve import with_error_estimate
from sciml_bench.scores.forecast_evaluation import shown_forecast
from sciml_bench.scores.forecast_scores import forecast_of, forecast_scores

_NO_TRAINED_STATES = (
    "evaluation.initial_state=trained: no initial states of these trajectories were learned; set "
    "evaluation.initial_state=given"
)
_LEARNED, _AHEAD = 1, 2
"""Values of the array `window`."""


@dataclass(frozen=True)
class Evaluation:
    """Scores and arrays of a learned field on a record.

    Args:
        initial_state: where the prediction from the start begins, as in `TrajectoryFitting`; `trained` takes the
            states that were learned with the field.
        rows_per_piece, n_pieces: what the train part was cut into, as in `pieces_of`; a prediction starts at each.

    Raises:
        ConfigurationError: an unknown choice.
    """

    initial_state: ConfiguredWord = "given"
    rows_per_piece: int | None = None
    n_pieces: int | None = None

    def __post_init__(self) -> None:
        """Check the choice."""
        require_choice("evaluation.initial_state", self.initial_state, INITIAL_STATES)

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit whose prediction would have nowhere to start.

        Args:
            record: loaded.
            method: not fitted yet.

        Raises:
            ConfigurationError: the record knows no such initial states, or cannot be cut so.
        """
        pieces = self._pieces(record)
        if self.initial_state == "exact":
            initial_states_of(PaddedTrajectories.of(pieces), self.initial_state, (), "evaluation.initial_state")
        if self.initial_state == "trained" and not hasattr(method, "initial_offsets"):
            raise ConfigurationError(_NO_TRAINED_STATES)

    def _pieces(self, record: Record) -> Trajectories:
        return pieces_of(record.part("train"), self.rows_per_piece, self.n_pieces, "evaluation")

    @torch.no_grad()
    def __call__(self, learned: LearnedField, record: Record) -> Results:
        """Integrate over all times of the record from its start, and from the end of the past.

        `interpolation_mse`, `extrapolation_mse`: over the train and the test part, against the observations, noise
        included (as in the paper's tables); with `_clean` against the truth, where it is known. `integration_error`:
        largest difference to a more accurate integration over the train part. The scores of the forecast are those of
        every forecaster (`scores.forecast_scores`). Of several members the first is predicted with.

        Raises:
            SolverError: the integration broke down inside the train part.
            ConfigurationError: the record knows no such initial states.
        """
        record = record.complete
        pieces = self._pieces(record)
        joined, window = _windows(record, pieces)
        train, whole = (PaddedTrajectories.of(part) for part in (pieces, joined))
        splines = splines_through(train, learned.smoothing)
        x0 = self._initial_states(learned, train, splines)
        inside = with_error_estimate(learned.solver, learned.driven(train.inputs), x0, train.times)
        inside = inside.require_finite(learned.solver.remedy)
        # an adaptive solver gives up where the extrapolation leaves every bound; what was learned is kept
        prediction = np.full(whole.states.shape, np.nan)
        with contextlib.suppress(SolverError):
            field = learned.driven(whole.inputs)
            prediction[:] = learned.solver(field, x0, whole.times).states[0].double().numpy()
        prediction[:, : train.rows.shape[1]][train.rows] = inside.states[0].double().numpy()[train.rows]
        metrics = window_errors(prediction, whole, window)
        smoothed = np.full(whole.states.shape, np.nan)
        for row, (spline, rows) in enumerate(zip(splines, train.rows, strict=True)):
            smoothed[row, : len(rows)][rows] = spline(train.times[row, rows])
        forecaster, own = in_own_components(learned), record.as_observed
        parts = past_and_future(own, forecaster.past_length)
        smoothed, prediction = (own_rows(states, joined, record.spec) for states in (smoothed, prediction))
        forecast, shown, pictures = np.full(smoothed.shape, np.nan), {}, ("trajectories", "phase_portrait")
        if parts is not None:
            past, future = parts
            told = forecast_of(forecaster, past, future)
            metrics |= forecast_scores(told, past, future, own.spec)
            if (window == _AHEAD).any():
                for row, rows in enumerate(window == _AHEAD):
                    forecast[row, rows] = told.states[row, : rows.sum()].reshape(rows.sum(), -1)
            else:  # pieces of the record say nothing of what came
                shown, pictures = shown_forecast(told, past, future, own.spec), (*pictures, "forecast")
        error = inside.error_estimate
        metrics |= {} if error is None else {"integration_error": float(error)}
        found = {"window": window, "smoothed": smoothed, "prediction": prediction, "forecast": forecast}
        return Results(metrics, shown_arrays(joined.as_observed, None) | shown | found, pictures)

    def _initial_states(self, learned: LearnedField, train: PaddedTrajectories, splines: Any) -> Tensor:
        """Of every member."""
        if self.initial_state == "trained":
            starts = learned.initial_states
            if starts is None or starts.shape[1:] != (train.n_trajectories, train.dim):
                raise ConfigurationError(_NO_TRAINED_STATES)
            return torch.from_numpy(starts).to(learned.dtype)
        states = initial_states_of(train, self.initial_state, splines, "evaluation.initial_state")
        return torch.from_numpy(states).to(learned.dtype).expand(learned.n_members, -1, -1)


def window_errors(
    prediction: Float[np.ndarray, "batch time dim"], whole: PaddedTrajectories, window: np.ndarray
) -> Metrics:
    """Mean squared errors over rows, components and trajectories of each window, in squared units of the state.

    A prediction that leaves every bound has an infinite error.
    """
    metrics: Metrics = {}
    for part, number in (("interpolation", _LEARNED), ("extrapolation", _AHEAD)):
        counts = window == number
        for suffix, target in {"": whole.states, "_clean": whole.clean}.items():
            if target is None or not counts.any():
                continue
            error = float(mean_squared_error(*map(torch.from_numpy, (prediction, target, counts))))
            metrics[f"{part}_mse{suffix}"] = error if np.isfinite(error) else np.inf
    return metrics


def _windows(record: Record, pieces: Trajectories) -> tuple[Trajectories, np.ndarray]:
    """The train part, with all others where the record is split by time and uncut, and what became of every row."""
    whole = [pieces]
    if record.split_by == TIME and pieces.lengths == record.part("train").lengths:
        later = [record.part(name) for name in ("validation", "test") if name in record.splits]
        whole = list(accumulate([pieces, *later], Trajectories.joined_in_time))
        if spans_to_learn(whole[-1]) != whole[-1].spans:  # what acts within a gap is not known
            whole = [pieces]
    joined, lengths = whole[-1], [np.array(part.lengths) for part in whole]
    rows = np.arange(lengths[-1].max())
    learned: Bool[np.ndarray, "batch time"] = rows < lengths[0][:, None]
    ahead = np.zeros_like(learned)
    if len(whole) > 1 and "test" in record.splits:
        ahead = (rows >= lengths[-2][:, None]) & (rows < lengths[-1][:, None])
    return joined, np.select([learned, ahead], [_LEARNED, _AHEAD], 0)
