"""How long a sequence model stays good: roll-outs from the first inputs of the test trajectories, beside persistence
and linear extrapolation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import DataError
from sciml_bench.core.types import Metrics
from sciml_bench.data.sequence_windows import SequenceSpec, SequenceWindows
from sciml_bench.sequences.rollout import SequenceModel, relative_errors, roll_out

_MOST_WINDOWS = 256
_MOST_KEPT = 4
"""Trajectories whose states go into arrays.npz."""


@dataclass(frozen=True, eq=False)
class SequenceEvaluation:
    """Roll-outs beside the truth.

    Args:
        spec: of the data.
        start: the last input of every roll-out.
        slope: its difference from the input before; zero where there is only one.
        prediction: the states after it.
        reference: the truth.
        window_errors: relative error of every state of single predictions from true inputs.
        seconds_per_window: wall time of one prediction within a batch.
        roll_out_steps: the lengths over which errors are averaged.
        thresholds: of the relative error, for the horizons.
        own_metrics: what the data judge roll-outs by.
    """

    spec: SequenceSpec
    start: Float[np.ndarray, "batch *state"]
    slope: Float[np.ndarray, "batch *state"]
    prediction: Float[np.ndarray, "batch time *state"]
    reference: Float[np.ndarray, "batch time *state"]
    window_errors: Float[np.ndarray, "windows outputs"]
    seconds_per_window: float
    roll_out_steps: tuple[int, ...]
    thresholds: tuple[float, ...]
    own_metrics: Metrics

    @classmethod
    def of(
        cls,
        model: SequenceModel,
        data: SequenceWindows,
        roll_out_steps: Sequence[int],
        thresholds: Sequence[float],
        batch_size: int,
    ) -> "SequenceEvaluation":
        """Roll out over the test trajectories.

        Args:
            model: in evaluation mode.
            data: after its `setup()`.
            roll_out_steps: the lengths over which errors are averaged.
            thresholds: of the relative error, for the horizons.
            batch_size: roll-outs that are made together.

        Raises:
            DataError: the test trajectories are shorter than a roll-out.
        """
        spec, states = data.spec, data.sequences["test"]
        n_steps = max(roll_out_steps)
        if states.shape[1] < spec.n_inputs + n_steps:
            raise DataError(
                f"training.roll_out_steps={list(roll_out_steps)}: the test trajectories have {states.shape[1]} states, "
                f"{spec.n_inputs} of them inputs; shorten the roll-outs, or use longer test trajectories"
            )
        starts = data.starts("test")
        prediction = torch.cat([roll_out(model, part, n_steps, spec.n_outputs) for part in starts.split(batch_size)])
        errors, seconds = _single_predictions(model, spec, states, batch_size)
        start, before = states[:, spec.n_inputs - 1], states[:, max(spec.n_inputs - 2, 0)]
        reference = states[:, spec.n_inputs : spec.n_inputs + n_steps]
        return cls(
            spec,
            start,
            start - before,
            prediction.numpy(),
            reference,
            errors,
            seconds,
            tuple(roll_out_steps),
            tuple(thresholds),
            data.roll_out_metrics(prediction.numpy(), reference),
        )

    @cached_property
    def times(self) -> Float[np.ndarray, " time"]:
        """Of the predicted states since the last input."""
        return self.spec.time_step * np.arange(1, self.reference.shape[1] + 1)

    @cached_property
    def errors(self) -> Float[np.ndarray, "batch time"]:
        """‖û − u‖²/‖u‖² of the roll-outs."""
        return relative_errors(self.prediction, self.reference)

    @cached_property
    def persistence_errors(self) -> Float[np.ndarray, "batch time"]:
        """The same, had the last input not changed."""
        return relative_errors(np.broadcast_to(self.start[:, None], self.reference.shape), self.reference)

    @cached_property
    def linear_errors(self) -> Float[np.ndarray, "batch time"]:
        """The same, had the change from the last input but one to the last gone on."""
        numbers = np.arange(1, self.reference.shape[1] + 1).reshape(-1, *(1,) * (self.start.ndim - 1))
        return relative_errors(self.start[:, None] + numbers * self.slope[:, None], self.reference)

    @cached_property
    def body_distances(self) -> Float[np.ndarray, "time bodies"]:
        """Of every body from its place, root mean squares over trajectories; states are (bodies, axes)."""
        difference = np.asarray(self.prediction - self.reference, dtype=np.float64)
        return np.sqrt(np.square(difference).sum(axis=-1).mean(axis=0))

    @cached_property
    def metrics(self) -> Metrics:
        """Relative errors are ‖û − u‖²/‖u‖², at most 1e6, averaged over time and trajectories.

        `rollout_relative_error`, `persistence_relative_error`, `linear_relative_error` (extrapolated from the last two
        inputs): over the first of the roll-out lengths; over every length with `_step_<n>` appended.
        `rollout_relative_error_median`: over the first length; the median of the trajectories' means.
        `window_relative_error`: of single predictions from true inputs.
        `horizon_<threshold>`: time at which the mean error of the trajectories exceeds the threshold; the length of the
        longest roll-out where it never does.
        `seconds_per_window`: wall time of a single prediction.
        To these come those of the data (see their `roll_out_metrics`).
        """
        first = self.roll_out_steps[0]
        metrics: Metrics = {
            "rollout_relative_error": float(self.errors[:, :first].mean()),
            "rollout_relative_error_median": float(np.median(self.errors[:, :first].mean(axis=1))),
            "persistence_relative_error": float(self.persistence_errors[:, :first].mean()),
            "linear_relative_error": float(self.linear_errors[:, :first].mean()),
            "window_relative_error": float(self.window_errors.mean()),
            "seconds_per_window": self.seconds_per_window,
        }
        for steps in self.roll_out_steps:
            metrics[f"rollout_relative_error_step_{steps}"] = float(self.errors[:, :steps].mean())
            metrics[f"persistence_relative_error_step_{steps}"] = float(self.persistence_errors[:, :steps].mean())
            metrics[f"linear_relative_error_step_{steps}"] = float(self.linear_errors[:, :steps].mean())
        growth = self.errors.mean(axis=0)
        for threshold in self.thresholds:
            beyond = np.flatnonzero(growth > threshold)
            metrics[f"horizon_{threshold:g}"] = float(self.times[beyond[0] if len(beyond) else -1])
        return metrics | self.own_metrics

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Error against time for all trajectories, the states of the first few, and the names of the pictures."""
        spec = self.spec
        arrays = {
            "times": self.times,
            "errors": self.errors,
            "persistence_errors": self.persistence_errors,
            "linear_errors": self.linear_errors,
            "window_errors": self.window_errors,
            "prediction": self.prediction[:_MOST_KEPT],
            "reference": self.reference[:_MOST_KEPT],
            "thresholds": np.array(self.thresholds),
            "first_call_end": np.array(spec.n_outputs * spec.time_step),
            "component_names": np.array(spec.component_names),
            "time_unit": np.array(spec.time_unit),
        }
        if spec.grid is not None:
            arrays["grid"] = spec.grid
        pictures = ["error_growth", "roll_out"]
        if spec.body_names is not None:
            arrays |= {"body_names": np.array(spec.body_names), "body_distances": self.body_distances}
            pictures.append("body_errors")
        return arrays | {"pictures": np.array(pictures)}

    @property
    def figures(self) -> dict[str, Any]:
        """Error against time, and a roll-out beside the truth."""
        from sciml_bench.drawing import pictures_of

        return pictures_of(self.arrays)


def _single_predictions(
    model: SequenceModel, spec: SequenceSpec, states: np.ndarray, batch_size: int
) -> tuple[Float[np.ndarray, "windows outputs"], float]:
    """Errors of predictions from true inputs, of windows that are spread over the trajectories; seconds of each."""
    n_starts = states.shape[1] - spec.n_window + 1
    per_trajectory = max(1, min(_MOST_WINDOWS // len(states), -(-n_starts // spec.n_outputs)))
    chosen = np.unique(np.linspace(0, n_starts - 1, per_trajectory).round().astype(int))
    windows = np.concatenate([states[:, start : start + spec.n_window] for start in chosen])[:_MOST_WINDOWS]
    inputs: Tensor = torch.from_numpy(windows[:, : spec.n_inputs]).to(spec.dtype)
    started = time.perf_counter()
    parts = [roll_out(model, part, spec.n_outputs, spec.n_outputs) for part in inputs.split(batch_size)]
    seconds = (time.perf_counter() - started) / len(windows)
    return relative_errors(torch.cat(parts).numpy(), windows[:, spec.n_inputs :]), seconds
