"""How long a sequence model stays good: rollouts from the first inputs of the test trajectories, beside persistence
and linear extrapolation."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, require_integer, require_number
from sciml_bench.core.errors import DataError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.data import Record, Trajectories, WindowsSpec
from sciml_bench.data.capabilities import Forecast, require_past
from sciml_bench.data.held_out import past_and_future, up_to_gaps
from sciml_bench.data.lazy_states import read_block
from sciml_bench.scores.ephemeris_scores import ephemeris_scores
from sciml_bench.scores.forecast_scores import forecast_scores
from sciml_bench.scores.rollout_scores import horizons, mean_errors, relative_squared_errors
from sciml_bench.scores.two_body_scores import two_body_scores
from sciml_bench.sequences.sequence_forecaster import SequenceForecaster, rollout
from sciml_bench.systems import TwoBody

log = logging.getLogger(__name__)

_MOST_WINDOWS = 256
_MOST_KEPT = 4
"""Trajectories whose states go into arrays.npz."""

_SUN = "sun"

States = Float[np.ndarray, "batch time *state"]


@dataclass(frozen=True)
class RolloutEvaluation:
    """Rollouts over the test trajectories, and what the data are judged by; see `scores.rollout_scores`.

    `window_relative_squared_error` is that of single predictions from true inputs. Rollouts go to the end of the test
    part, whatever the lengths over which their errors are averaged.

    Args:
        rollout_steps: lengths over which errors are averaged; those that the test trajectories are too short for are
            shortened.
        thresholds: of the relative squared error, for the horizons.
        batch_size: rollouts that are made together.

    Raises:
        ConfigurationError: a value is out of range.
    """

    rollout_steps: Sequence[int] = (100,)
    thresholds: Sequence[float | int] = (0.01, 0.1)
    batch_size: ConfiguredInteger = 32

    def __post_init__(self) -> None:
        """Check the choices."""
        for steps in self.rollout_steps or (0,):
            require_integer("evaluation.rollout_steps", steps, 1, "give at least one length of at least 1 state")
        for threshold in self.thresholds or (0,):
            require_number("evaluation.thresholds", threshold, "give at least one relative error, all positive")
        require_integer("evaluation.batch_size", self.batch_size, 1, "a batch needs at least 1 rollout")

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit whose rollouts would have no states to begin from, or to be compared with.

        Args:
            record: loaded.
            method: not fitted yet.

        Raises:
            DataError: there is no test part, or it is too short for a single prediction.
        """
        _, future = _past_and_future(record, method.view.spec.n_inputs)
        longest = max(future.lengths)
        if max(self.rollout_steps) > longest:
            log.info(
                "evaluation.rollout_steps=%s: rollouts end with the test part, after %d states",
                list(self.rollout_steps),
                longest,
            )

    def __call__(self, learned: SequenceForecaster, record: Record) -> Results:
        """Roll out over the test part of a record.

        Raises:
            DataError: there is no test part, or it is too short for a single prediction.
        """
        spec = learned.spec
        past, future = _past_and_future(record, learned.past_length)
        require_past(past, spec, spec.n_inputs)
        reached = up_to_gaps(past, future, spec.n_inputs)
        if reached is None:
            raise DataError("rows are missing where the rollouts begin; choose another data.split")
        states = _joined(past, reached, spec.n_inputs)
        available = states.shape[1] - spec.n_inputs
        lengths = tuple(dict.fromkeys(min(int(steps), available) for steps in self.rollout_steps))
        whole = self._rolled(learned, states, max(reached.lengths))
        prediction, reference = whole[:, :available], states[:, spec.n_inputs :]
        times = spec.time_step * np.arange(1, available + 1)
        start, before = states[:, spec.n_inputs - 1], states[:, max(spec.n_inputs - 2, 0)]
        references = {
            "rollout": prediction,
            "persistence": np.broadcast_to(start[:, None], reference.shape),
            "linear": _extrapolated(start, start - before, len(times)),
        }
        errors = {name: relative_squared_errors(values, reference) for name, values in references.items()}
        windows = self._single_predictions(learned, states)
        metrics: Metrics = {}
        for name, values in errors.items():
            metrics |= mean_errors(name, values, lengths)
        metrics["window_relative_squared_error"] = float(windows.mean())
        metrics |= horizons(errors["rollout"], times, self.thresholds)
        metrics |= _own_scores(prediction, reference, spec)
        ahead = np.broadcast_to(spec.time_step * np.arange(1, whole.shape[1] + 1), whole.shape[:2])
        metrics |= forecast_scores(Forecast(whole.astype(np.float64), ahead), past, reached, record.spec)
        arrays: dict[str, Any] = {
            "times": times,
            "errors": errors["rollout"],
            "persistence_errors": errors["persistence"],
            "linear_errors": errors["linear"],
            "window_errors": windows,
            "thresholds": np.array(self.thresholds),
            "first_call_end": np.array(spec.n_outputs * spec.time_step),
        }
        shown, pictures = _shown(spec, prediction, reference)
        return Results(metrics, arrays | shown, pictures)

    def _rolled(self, learned: SequenceForecaster, states: States, n_steps: int) -> np.ndarray:
        """What follows the first inputs of some states."""
        spec = learned.spec
        parts = spec.to_model(states[:, : spec.n_inputs]).split(self.batch_size)
        return spec.from_model(torch.cat([rollout(learned.model, part, n_steps, spec.n_outputs) for part in parts]))

    def _single_predictions(self, learned: SequenceForecaster, states: States) -> Float[np.ndarray, "windows outputs"]:
        """Errors of predictions from true inputs, of windows that are spread over the trajectories."""
        spec = learned.spec
        n_starts = max(1, states.shape[1] - spec.n_window + 1)
        per_trajectory = max(1, min(_MOST_WINDOWS // len(states), -(-n_starts // spec.n_outputs)))
        chosen = np.unique(np.linspace(0, n_starts - 1, per_trajectory).round().astype(int))
        windows = np.concatenate([states[:, start : start + spec.n_window] for start in chosen])[:_MOST_WINDOWS]
        rolled = self._rolled(learned, windows, windows.shape[1] - spec.n_inputs)
        return relative_squared_errors(rolled, windows[:, spec.n_inputs :])


def _past_and_future(record: Record, n_inputs: int) -> tuple[Trajectories, Trajectories]:
    parts = past_and_future(record, n_inputs)
    if parts is None:
        raise DataError(
            f"there is no test part with more than {n_inputs} states (training.view.n_inputs) to roll out over; set "
            "data.split.test, or use longer trajectories"
        )
    return parts


def _joined(past: Trajectories, future: Trajectories, n_inputs: int) -> States:
    """The test trajectories with the inputs before them, cut to the length of the shortest."""
    n_rows = min(future.lengths)
    inputs = [read_block(part, part.shape[0] - n_inputs, part.shape[0]) for part in past.states]
    parts = zip(inputs, future.states, strict=True)
    return np.stack([np.concatenate([before, read_block(after, 0, n_rows)]) for before, after in parts])


def _shown(spec: WindowsSpec, prediction: States, reference: States) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The states of the first trajectories, what their axes are called, and the names of the pictures."""
    arrays: dict[str, Any] = {
        "prediction": prediction[:_MOST_KEPT],
        "reference": reference[:_MOST_KEPT],
        "component_names": np.array(spec.component_names),
        "time_unit": np.array(spec.time_unit),
    }
    if spec.grid is not None:
        arrays["grid"] = np.asarray(spec.grid)
    if spec.body_names is None:
        return arrays, ("error_growth", "rollout")
    difference = np.asarray(prediction - reference, dtype=np.float64)
    arrays["body_names"] = np.array(spec.body_names)
    arrays["body_distances"] = np.sqrt(np.square(difference).sum(axis=-1).mean(axis=0))
    return arrays, ("error_growth", "rollout", "body_errors")


def _extrapolated(start: np.ndarray, slope: np.ndarray, n_steps: int) -> States:
    """The states, had the change from the last input but one to the last gone on."""
    numbers = np.arange(1, n_steps + 1).reshape(-1, *(1,) * (start.ndim - 1))
    return start[:, None] + numbers * slope[:, None]


def _own_scores(prediction: States, reference: States, spec: WindowsSpec) -> Metrics:
    """What these data are judged by beside."""
    if isinstance(spec.system, TwoBody):
        return two_body_scores(prediction, reference, spec)
    if spec.body_names is not None and spec.body_names[0] == _SUN:
        return ephemeris_scores(prediction, reference, spec)
    return {}
