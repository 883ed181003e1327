"""Trajectories as the tensors of one batch: where they start, when they are seen, what was seen, what counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import PaddedTrajectories
from sciml_bench.data.views import InputSignals
from sciml_bench.node.fields.driven_field import DrivenField
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.smoothing_spline import FEWEST_POINTS, SmoothingSpline

INITIAL_STATES = ("given", "exact", "smoothed", "trained")


@dataclass(frozen=True, eq=False)
class TrajectoryBatch:
    """One row per trajectory or segment.

    Args:
        times: one increasing grid per row, also where nothing counts.
        initial_states: states at the first time.
        states: what was observed.
        counts: which points the error is taken over.
        deviation: unit of every component of an error; that of the states where it is not given.
        inputs: what acts on every row, where something does.
    """

    times: Float[np.ndarray, "batch time"]
    initial_states: Float[Tensor, "batch dim"]
    states: Float[Tensor, "batch time dim"]
    counts: Bool[Tensor, "batch time"]
    deviation: Float[Tensor, " dim"] | None = None
    inputs: InputSignals | None = None

    @classmethod
    def of(
        cls,
        trajectories: PaddedTrajectories,
        initial_states: Float[np.ndarray, "batch dim"],
        dtype: torch.dtype,
        deviation: Sequence[float] | None = None,
    ) -> "TrajectoryBatch":
        """All rows of some trajectories."""
        return cls(
            trajectories.times,
            torch.from_numpy(initial_states).to(dtype, copy=True),
            torch.from_numpy(trajectories.states).to(dtype),
            torch.from_numpy(np.ascontiguousarray(trajectories.rows)),
            None if deviation is None else torch.tensor(deviation, dtype=dtype),
            trajectories.inputs,
        )

    def driven(self, field: VectorField) -> VectorField:
        """A field under the inputs of this batch; itself where nothing acts."""
        return field if self.inputs is None else DrivenField(field, self.inputs)

    def mean_squared_error(self, prediction: Float[Tensor, "members batch time dim"]) -> Float[Tensor, " members"]:
        """Mean over the points that count and all components, for every member."""
        return mean_squared_error(prediction, self.states, self.counts, self.deviation)


def mean_squared_error(
    prediction: Float[Tensor, "*members batch time dim"],
    target: Float[Tensor, "batch time dim"],
    counts: Bool[Tensor, "batch time"],
    deviation: Float[Tensor, " dim"] | None = None,
) -> Float[Tensor, "*members"]:
    """Σ (prediction − target)² over the points that count, divided by the number of their components.

    With a deviation, Σ ((prediction − target) / deviation)².
    """
    difference = prediction - target
    squares = (difference if deviation is None else difference / deviation).square().sum(dim=-1)
    # where() and not a product: what does not count may be infinite
    total = torch.where(counts, squares, 0.0).sum(dim=(-2, -1))
    return total / (int(counts.sum()) * target.shape[-1])


_splines: WeakKeyDictionary[PaddedTrajectories, dict[Any, list[SmoothingSpline]]] = WeakKeyDictionary()


def splines_through(trajectories: PaddedTrajectories, smoothing: float | int | str) -> list[SmoothingSpline]:
    """One smoothing spline per trajectory; one of too few rows to smooth is interpolated, unless all are so short.

    Members of an ensemble share their trajectories, and so these.
    """
    known = _splines.setdefault(trajectories, {})
    if smoothing not in known:
        parts = zip(trajectories.times, trajectories.states, trajectories.rows, strict=True)
        fewest = min(FEWEST_POINTS, int(trajectories.lengths.max()))
        known[smoothing] = [
            SmoothingSpline(times[rows], states[rows], smoothing if rows.sum() >= fewest else 0.0)
            for times, states, rows in parts
        ]
    return known[smoothing]


def initial_states_of(
    trajectories: PaddedTrajectories, choice: str, splines: Sequence[SmoothingSpline], key: str
) -> Float[np.ndarray, "batch dim"]:
    """The states at the first time of every trajectory, by one of INITIAL_STATES; what is trained begins as given."""
    if choice == "exact":
        if trajectories.clean is None:
            raise ConfigurationError(f"{key}=exact: this record does not know the truth; set {key}=given")
        return trajectories.clean[:, 0]
    if choice == "smoothed":
        return np.stack([spline(times[0]) for spline, times in zip(splines, trajectories.times, strict=True)])
    return trajectories.states[:, 0]
