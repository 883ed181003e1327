"""What a model must know about the data it will see, and nothing else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped

from sciml_bench.core.errors import DataError
from sciml_bench.data.lazy_states import StateArray, iterate_blocks
from sciml_bench.data.standardization import Standardization, mean_and_variance
from sciml_bench.data.trajectories import LINEAR, StateAxis, TimeOrigin, Trajectories, column_names
from sciml_bench.data.transforms import RecordTransforms
from sciml_bench.systems import System

_FAR = 8.0
"""Deviations from zero, at which single precision leaves less than six digits of a motion."""


@dataclass(frozen=True, eq=False)
class RecordSpec:
    """The states, their scale and their clock; nothing is taken from what is held out.

    Args:
        state_shape: of one state, such as (3,) or (1, 28, 28).
        time_step: between two states, in `time_unit`; the median of an irregular clock.
        time_unit: of all times; "step" for maps and images.
        component_names: what the components of a state are called: one for a field, otherwise one per entry of the
            last axis.
        mean: of the training states, per component; one for all points of a field, with an axis of size 1.
        deviation: standard deviation of the training states, in the same way; 1 for what is constant.
        lengths: number of states of each training trajectory.
        period: of every component of a state on a torus, else None.
        n_classes: number of labels where every state carries one, else None.
        input_names: what the inputs are called, in the order of their columns; none where nothing acts from outside.
        input_mean, input_deviation: of the training rows of each input, in its own unit.
        input_interpolation: how inputs go on from row to row, as in `Trajectories`.
        grid: positions of the points of a one-dimensional field, else None.
        body_names: of the bodies where states are (bodies, axes), else None.
        system: the system that was simulated, None for observed data.
        origin: the record itself, where this describes it to a method that reads its states as vectors.
        transforms: that were made of the record, else None.
        observed: the record in the person's own components, where it is learned from in others (logarithms, delays).
        as_read: the record before its components and its clock were chosen, where they were; of it only names, shape
            and clock are known.
        component_units: of the person's components, one for each, None where it is not known.
        atomic_numbers: of the bodies of a molecule, else None.
        weighted: whether the rows count differently.
        time_origin: the moment from which the times of the first training trajectory count, where they were dates;
            others may begin at another, which the past of a forecast tells.
        axes: of a state, where the file tells positions along them.
    """

    state_shape: tuple[int, ...]
    time_step: float
    time_unit: str
    component_names: tuple[str, ...]
    mean: Float[np.ndarray, "*pooled"]
    deviation: Float[np.ndarray, "*pooled"]
    lengths: tuple[int, ...]
    period: float | None = None
    n_classes: int | None = None
    input_names: tuple[str, ...] = ()
    input_mean: Float[np.ndarray, " dim_in"] | None = None
    input_deviation: Float[np.ndarray, " dim_in"] | None = None
    input_interpolation: str = LINEAR
    grid: Float[np.ndarray, " points"] | None = None
    body_names: tuple[str, ...] | None = None
    system: System | None = None
    origin: "RecordSpec | None" = None
    transforms: RecordTransforms | None = None
    observed: "RecordSpec | None" = None
    as_read: "RecordSpec | None" = None
    component_units: tuple[str | None, ...] | None = None
    atomic_numbers: tuple[int, ...] | None = None
    weighted: bool = False
    time_origin: TimeOrigin | None = None
    axes: tuple[StateAxis, ...] = ()

    @classmethod
    def of(
        cls, train: Trajectories, n_classes: int | None = None, transforms: RecordTransforms | None = None
    ) -> "RecordSpec":
        """Describe the training part of a record.

        Args:
            train: the trajectories to learn from.
            n_classes: number of labels where every state carries one.
            transforms: that were made of the record.

        Raises:
            DataError: an input that never changes, whose effect nothing tells.
        """
        mean, deviation = scale_of(train)
        scale = None if train.inputs is None else scale_of(train.unchecked(states=train.inputs, facts={}))
        for name, rows in zip(train.named_inputs, zip(*_ranges(train.inputs or ()), strict=True), strict=True):
            if min(low for low, _ in rows) == max(high for _, high in rows):
                raise DataError(
                    f"data.inputs: the input {name} is {rows[0][0]:g} in all rows of the train split, so its effect "
                    "cannot be learned; give rows in which it changes, or leave it out with data.key"
                )
        return cls(
            state_shape=train.state_shape,
            time_step=train.time_step,
            time_unit=train.time_unit,
            component_names=train.named_components,
            mean=mean,
            deviation=deviation,
            lengths=train.lengths,
            period=None if train.system is None else train.system.period,
            n_classes=n_classes,
            input_names=train.named_inputs,
            input_mean=None if scale is None else scale[0],
            input_deviation=None if scale is None else scale[1],
            input_interpolation=train.input_interpolation,
            grid=train.facts.get("grid"),
            body_names=tuple(train.facts.get("body_names", ())) or None,
            system=train.system,
            transforms=transforms,
            observed=None if train.observed is None else cls.of(train.observed, n_classes),
            component_units=train.facts.get("component_units"),
            atomic_numbers=train.facts.get("atomic_numbers"),
            weighted=train.weights is not None,
            time_origin=None if train.time_origins is None else train.time_origins[0],
            axes=tuple(train.facts.get("axes", ())),
        )

    @property
    def column_names(self) -> tuple[str, ...]:
        """What every number of a state is called: its component, with body or place where there are such."""
        return column_names(self.state_shape, self.component_names, self.body_names)

    @property
    def unit_arrays(self) -> dict[str, np.ndarray]:
        """The array `component_units` of pictures, "" for a component without one; nothing where none is known."""
        units = self.component_units
        return {} if units is None else {"component_units": np.array([unit or "" for unit in units])}

    @property
    def as_observed(self) -> "RecordSpec":
        """Of the record in the person's own components; itself where these are what is learned from."""
        return self if self.observed is None else self.observed

    @property
    def of_vectors(self) -> "RecordSpec":
        """The same to a method that reads every state as a vector; itself where it is one."""
        if len(self.state_shape) == 1:
            return self
        scale = {name: np.broadcast_to(getattr(self, name), self.state_shape).ravel() for name in ("mean", "deviation")}
        system = self.system if getattr(self.system, "dim", None) == self.dim else None
        names = {"component_names": self.column_names, "body_names": None, "axes": ()}
        return replace(self, state_shape=(self.dim,), **names, **scale, system=system, origin=self)

    @property
    def facts(self) -> dict[str, Any]:
        """What a program elsewhere has to know of states and clock, in plain values."""
        told = {name: getattr(self, name) for name in ("component_names", "component_units", "input_names")}
        given = {name: list(value) for name, value in told.items() if value}
        return {**given, "time_step": self.time_step, "time_unit": self.time_unit}

    @property
    def dim_in(self) -> int:
        """Number of inputs that act from outside."""
        return len(self.input_names)

    @property
    def dim(self) -> int:
        """Number of components of one state."""
        return math.prod(self.state_shape)


@dataclass(frozen=True, eq=False)
class LaggedPairsSpec(RecordSpec):
    """A record that is read as pairs of states.

    Args:
        lag: distance within a pair, in steps.
        lags: all at which features are learned, that one among them; none where they are not.
        standardization: what maps the record's units to those of the pairs; None where they are the same.
    """

    lag: int = 1
    lags: tuple[int, ...] = ()
    standardization: Standardization | None = None

    @property
    def lag_time(self) -> float:
        """Time between the two states of a pair, in `time_unit`."""
        return self.lag * self.time_step


@dataclass(frozen=True, eq=False, kw_only=True)
class WindowsSpec(RecordSpec):
    """A record that is read as windows, from which a model maps some states to the following ones.

    Args:
        n_inputs: states that a model sees.
        n_outputs: states after these that it must predict.
        increment_deviation: root mean square of the difference of two neighbouring training states.
        n_calls: of a model that a training window is long enough for.
        dtype: of the batches.
    """

    n_inputs: int
    n_outputs: int
    increment_deviation: Float[np.ndarray, "*pooled"]
    n_calls: int = 1
    dtype: torch.dtype = torch.float32

    @property
    def zero(self) -> float:
        """Subtracted from states on their way to a model: the mean of a field that is far from 0, else 0."""
        is_far = self.grid is not None and self.mean.size == 1 and (np.abs(self.mean) > _FAR * self.deviation).all()
        return float(self.mean.item()) if is_far else 0.0

    def to_model(self, states: Shaped[np.ndarray, "*axes"]) -> Float[torch.Tensor, "*axes"]:
        """States as a model sees them."""
        near = states.astype(np.float64) - self.zero if self.zero else states
        return torch.from_numpy(near).to(self.dtype)

    def from_model(self, states: Float[torch.Tensor, "*axes"]) -> Float[np.ndarray, "*axes"]:
        """What a model gives, in the record's units."""
        found = states.detach().cpu()
        return found.double().numpy() + self.zero if self.zero else found.numpy()

    @property
    def n_window(self) -> int:
        """States that one call of a model is about."""
        return self.n_inputs + self.n_outputs

    @property
    def n_training(self) -> int:
        """States of a training window."""
        return self.n_inputs + self.n_calls * self.n_outputs


def _ranges(inputs: Sequence[StateArray]) -> list[list[tuple[float, float]]]:
    """The smallest and the largest value of every input (columns) in every trajectory (rows)."""
    found = []
    for part in inputs:
        ends = np.array([(block.min(axis=0), block.max(axis=0)) for _, block in iterate_blocks(part)])
        found.append(list(zip(ends[:, 0].min(axis=0).tolist(), ends[:, 1].max(axis=0).tolist(), strict=True)))
    return found


Scale = tuple[Float[np.ndarray, "*pooled"], Float[np.ndarray, "*pooled"]]


def scale_of(trajectories: Trajectories) -> Scale:
    """Mean and standard deviation over all states; one for all points of a field, with an axis of size 1.

    Where cells count by their areas, the deviation is what makes the sum of squares a mean over these. Both are in
    float64, and the deviation is 1 for what is constant. States on disk are read in blocks.
    """
    trajectories = trajectories.without_missing_rows()
    areas = trajectories.facts.get("cell_areas")
    if areas is not None:
        mean, variance = mean_and_variance(trajectories)
        return mean, areas.scales(variance)
    if trajectories.on_disk:
        mean, variance = mean_and_variance(trajectories)
        if "grid" in trajectories.facts:  # all its points count alike
            pooled = mean.mean(axis=0, keepdims=True)
            mean, variance = pooled, (variance + (mean - pooled) ** 2).mean(axis=0, keepdims=True)
        return mean, np.where(variance > 0, np.sqrt(variance), 1.0)
    # One row after the other: how an array lies in memory decides how its sums are rounded.
    parts = [np.ascontiguousarray(part) for part in trajectories.states]
    states = np.concatenate(parts) if len(parts) > 1 else parts[0]
    axes = (0, 1) if "grid" in trajectories.facts else (0,)
    mean = np.asarray(np.mean(states, axis=axes, dtype=np.float64, keepdims=True))[0]
    deviation = np.asarray(np.std(states, axis=axes, dtype=np.float64, keepdims=True))[0]
    # Rounding leaves a constant component a tiny deviation, and dividing by it would blow up its rounding errors.
    return mean, np.where(np.asarray(np.ptp(states, axis=axes, keepdims=True))[0] > 0, deviation, 1.0)
