"""What a NeuralODE has learned: a vector field with its solver, which continues trajectories in the user's units."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import ConfiguredWord, require_choice
from sciml_bench.core.errors import NotApplicableError, SolverError
from sciml_bench.core.stored.description import described
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.core.stored.learned_file import load_module
from sciml_bench.data import PaddedTrajectories, RecordSpec, Trajectories
from sciml_bench.data.capabilities import (
    OK,
    Forecast,
    Horizon,
    horizon_times,
    inputs_ahead,
    require_ahead,
    require_past,
)
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.stored_past import past_tensors, stored_past
from sciml_bench.data.views import InputSignals
from sciml_bench.data.views.whole_trajectories_view import continued
from sciml_bench.networks.reconstruction import reconstructed
from sciml_bench.node.exported_field import functions_of
from sciml_bench.node.fields.driven_field import DrivenField
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.smoothing_spline import FEWEST_POINTS, SmoothingSpline, checked_smoothing
from sciml_bench.node.solvers.solution import Solution
from sciml_bench.node.solvers.solve import Solver

OBSERVED, SMOOTHED, PREDICTED = "observed", "smoothed", "predicted"
FORECAST_STARTS = (OBSERVED, SMOOTHED, PREDICTED)
_FIELD = "field."
_EVERY_ROW = 2**62


@described
class LearnedField:
    """A vector field of one or several members, such as the seeds of an ensemble.

    Args:
        field: the right-hand side.
        solver: integrates it.
        spec: of the record that was learned from.
        smoothing: of a noisy past, in time³; 0 interpolates, `gcv` lets the past choose.
        forecast_start: how a past is used: its last `observed` row, the end of a spline through all its rows
            (`smoothed`), or where the field arrives from its first row on (`predicted`).
        initial_states: where the training trajectories start, if that was learned as well.

    Attributes:
        past_length: rows that a forecast needs.
        past: the last rows of the record, for forecasts without a given past; None before it was set.
    """

    def __init__(
        self,
        field: VectorField,
        solver: Solver,
        spec: RecordSpec,
        smoothing: float | int | str = 0.0,
        forecast_start: ConfiguredWord = OBSERVED,
        initial_states: Float[np.ndarray, "members batch dim"] | None = None,
    ) -> None:
        self.forecast_start = require_choice("training.forecast_start", forecast_start, FORECAST_STARTS)
        checked_smoothing(smoothing)
        self.field, self.solver, self.spec, self.smoothing = field, solver, spec, smoothing
        self.initial_states = initial_states
        self.past_length = FEWEST_POINTS if forecast_start == SMOOTHED and smoothing != 0 else 1
        self.past: Trajectories | None = None

    @classmethod
    def joined(cls, members: Sequence["LearnedField"]) -> "LearnedField":
        """One learned object of several members.

        Args:
            members: fields of one class that were learned from one record.
        """
        first = members[0]
        starts = [member.initial_states for member in members if member.initial_states is not None]
        field = type(first.field).joined([member.field for member in members])
        shared = first.solver, first.spec, first.smoothing, first.forecast_start
        all_starts = np.concatenate(starts) if len(starts) == len(members) else None
        together = cls(field.requires_grad_(False), *shared, all_starts)
        together.past = first.past
        return together

    @property
    def n_members(self) -> int:
        """Number of fields, each with weights of its own."""
        return self.field.n_members

    @property
    def dtype(self) -> torch.dtype:
        """Of states; that of the weights, where there are any."""
        return next((weight.dtype for weight in self.field.parameters()), torch.float64)

    @property
    def rows_of_past(self) -> int:
        """Rows that a forecast uses where there are so many: all of them, if it looks back."""
        return 1 if self.forecast_start == OBSERVED else _EVERY_ROW

    def keep(self, past: Trajectories) -> None:
        """Let forecasts without a given past begin after these rows.

        Args:
            past: the end of the record.
        """
        self.past = stored_past(past_tensors(past), self.spec)

    # ---- forecasts ------------------------------------------------------------------------------------------------

    def forecast(self, past: Trajectories, horizon: Horizon, inputs: Any = None) -> Forecast:
        """The free dynamics from the end of every trajectory on.

        Args:
            past: at least `past_length` rows of each.
            horizon: a number of steps, or times.
            inputs: at the rows to come, where the field has inputs; see `inputs_ahead`.

        Returns:
            one path per trajectory, and those of all members where there are several; nan after a motion has left
            every bound, which its status tells.

        Raises:
            DataError: too short a past, of another state or without its inputs; inputs that do not fit.
            ConfigurationError: steps back in time, inputs missing or given without need.
        """
        require_ahead(horizon)
        require_past(past, self.spec, self.past_length, any_clock=True)
        began = time.perf_counter()
        ahead = enumerate(horizon_times(past, horizon))
        grids = [np.concatenate([past.times_of(number)[-1:], grid]) for number, grid in ahead]
        longest = max(len(grid) for grid in grids)
        times = np.stack([continued(grid, longest) for grid in grids])
        ahead, signals = inputs_ahead(past, self.spec, [len(grid) - 1 for grid in grids], inputs), None
        if ahead is not None:
            values = np.stack([np.pad(rows, ((0, longest - len(rows)), (0, 0)), mode="edge") for rows in ahead])
            signals = InputSignals(times, values, self.spec.input_interpolation)
        with torch.no_grad():
            states, status, evaluations = self._paths(self._starts(past), times, signals)
        members = states[:, :, 1:].double().numpy().reshape(self.n_members, *times[:, 1:].shape, *past.state_shape)
        expected, several = (members[0], None) if self.n_members == 1 else (members.mean(axis=0), members)
        cost = {"function_evaluations": float(evaluations), "seconds": time.perf_counter() - began}
        return Forecast(expected, times[:, 1:], "path", tuple(status), cost, several)

    def _starts(self, past: Trajectories) -> Float[Tensor, "members batch dim"]:
        """The states at the last row of every trajectory."""
        if self.forecast_start == PREDICTED and min(past.lengths) > 1:
            padded = PaddedTrajectories.of(past)
            first = torch.from_numpy(padded.states[:, 0]).to(self.dtype).expand(self.n_members, -1, -1)
            states, _, _ = self._paths(first, padded.times, padded.inputs if self.spec.dim_in else None)
            return states[:, torch.arange(past.n_trajectories), torch.from_numpy(padded.lengths - 1)]
        last = []
        for number, part in enumerate(past.states):
            times, rows = past.times_of(number), read_block(part).astype(np.float64).reshape(part.shape[0], -1)
            smooth = self.forecast_start == SMOOTHED and len(rows) > 1
            last.append(SmoothingSpline(times, rows, self.smoothing)(times[-1]) if smooth else rows[-1])
        return torch.from_numpy(np.stack(last)).to(self.dtype).expand(self.n_members, -1, -1)

    def reconstruct(self, observed: Trajectories) -> list[Float[np.ndarray, "_ *state"]]:
        """The likeliest states of every trajectory, if the field errs between two rows as much as the rows tell.

        Like homotopy training, it begins with a trajectory tied to the rows and lets it go step by step.

        Args:
            observed: noise included.

        Raises:
            DataError: other states.
            NotApplicableError: a field with inputs, or states of many components.
        """
        if self.spec.dim_in:
            raise NotApplicableError("a field with inputs reconstructs nothing")

        def next_rows(number: int, states: np.ndarray) -> np.ndarray:
            times = observed.times_of(number)
            flat = torch.from_numpy(states.reshape(len(states), -1)).to(self.dtype)
            try:
                with torch.no_grad():
                    spans = np.stack([times[:-1], times[1:]], axis=1)
                    arrived = self.solver(self.field, flat.expand(self.n_members, -1, -1), spans).states[:, :, 1]
            except SolverError:
                return np.full_like(states, np.nan)
            return arrived.double().mean(dim=0).numpy().reshape(states.shape)

        return reconstructed(observed, self.spec, next_rows, any_clock=True)

    def exported(self) -> dict[str, Callable[[], ExportedFunction]]:
        """The functions that programs elsewhere can be given, by name.

        Raises:
            DataError: an ensemble.
        """
        return functions_of(self.field, self.solver, self.spec, self.past, self.dtype)

    def driven(self, inputs: InputSignals | None) -> VectorField:
        """The field under some inputs; itself where it takes none."""
        return self.field if inputs is None or not self.spec.dim_in else DrivenField(self.field, inputs)

    def _paths(
        self,
        x0: Float[Tensor, "members batch dim"],
        times: Float[np.ndarray, "batch time"],
        inputs: InputSignals | None = None,
    ) -> tuple[Float[Tensor, "members batch time dim"], list[str], int]:
        """States, nan from where a motion leaves every bound on; the status of every trajectory; evaluations."""
        try:
            solution = self.solver(self.driven(inputs), x0, times)
        except SolverError as error:
            if len(times) == 1:  # an adaptive solver gives up
                states = torch.full((*x0.shape[:2], times.shape[1], x0.shape[2]), torch.nan, dtype=x0.dtype)
                states[:, :, 0] = x0
                return states, [str(error)], 0
            alone = [None if inputs is None else inputs.of([row]) for row in range(len(times))]
            parts = [self._paths(x0[:, row : row + 1], times[row : row + 1], one) for row, one in enumerate(alone)]
            states, status, evaluations = zip(*parts, strict=True)
            return torch.cat(states, dim=1), [text for part in status for text in part], sum(evaluations)
        states = solution.states
        rows = [Solution(times[row : row + 1], states[:, row : row + 1], 0) for row in range(len(times))]
        status = [row.breakdown(self.solver.remedy) or OK for row in rows]
        gone = (~torch.isfinite(states).all(dim=-1)).cumsum(dim=2) > 0
        return states.masked_fill(gone[..., None], torch.nan), status, solution.function_evaluations

    # ---- storage --------------------------------------------------------------------------------------------------

    def tensors(self) -> dict[str, Tensor]:
        """The weights and the past."""
        weights = {f"{_FIELD}{name}": value for name, value in self.field.state_dict().items()}
        return weights | past_tensors(self.past)

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take what `tensors` gave, of any number of members.

        Raises:
            DataError: a tensor is missing, or of another shape.
        """
        given = {name.removeprefix(_FIELD): value for name, value in tensors.items() if name.startswith(_FIELD)}
        own = dict(self.field.named_parameters())
        if own and all(name in given and given[name].shape[1:] == value.shape[1:] for name, value in own.items()):
            self.field.set_members({name: given[name] for name in own})
        load_module(self.field, tensors, _FIELD)
        self.field.requires_grad_(False)
        self.past = stored_past(tensors, self.spec)
