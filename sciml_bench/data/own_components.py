"""Forecasts in a person's own components, of what was learned in coordinates made of them (logarithms, delays, …)."""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.capabilities import Forecast, Horizon, horizon_times, inputs_ahead
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views.input_signals import InputSignals


def in_own_components(learned: Any) -> Any:
    """A forecaster whose past and forecasts are in the person's own components; itself where they are anyway.

    Args:
        learned: what a run has learned; it may be nothing that forecasts, which is left as it is.
    """
    spec = getattr(learned, "spec", None)
    return learned if getattr(spec, "observed", None) is None else OwnComponents(learned)


def own_rows(
    states: Float[np.ndarray, "batch time dim"], rows: Trajectories, spec: RecordSpec
) -> Float[np.ndarray, "batch time own_dim"]:
    """Rows from the first of a record on, such as a prediction, in the person's components.

    Args:
        states: in the coordinates that are learned from; as they are where these are the person's components.
        rows: of the record, at whose first row they begin.
        spec: of the record.
    """
    if spec.observed is None or spec.transforms is None:
        return states
    before = spec.transforms.before_first_rows(rows)
    told = spec.transforms.undone(states, before, spec.observed.column_names)
    for number in range(rows.n_trajectories if spec.transforms.difference else 0):
        steps = np.diff(rows.times_of(number)) / spec.time_step
        gaps = np.flatnonzero(np.abs(steps - 1) > 0.5)
        told[number, gaps[0] + 1 if len(gaps) else told.shape[1] :] = np.nan  # sums do not know what a gap added
    return told


class OwnComponents:
    """A forecaster in the components of the person: its past is transformed, its forecasts are told back.

    Logarithms are exponentiated, differences summed up from the last state, and of delays the newest copy counts. The
    exponential of an expected logarithm is the median of what may come, and lies below its mean.

    Args:
        learned: what was learned in the coordinates.
    """

    def __init__(self, learned: Any) -> None:
        self.learned = learned
        origin: RecordSpec = learned.spec.origin or learned.spec
        self.spec, self.transforms = origin.as_observed, learned.spec.transforms.without_choice()

    @property
    def past_length(self) -> int:
        """Rows of the past that it needs."""
        return self.learned.past_length + self.transforms.reach

    @property
    def past(self) -> Trajectories | None:
        """The end of the record that was learned from, which is in the coordinates already."""
        return self.learned.past

    def forecast(self, past: Trajectories, horizon: Horizon, inputs: Any = None, **options: Any) -> Forecast:
        """The states after the last row of every trajectory.

        Args:
            past: in the person's components, or already in the coordinates.
            horizon: as of the forecaster; where differences are summed up, times on the clock.
            inputs: u(t) at the times to come, where the system has inputs.
            **options: of the forecaster.

        Raises:
            DataError: too short a past, or of other states.
            ConfigurationError: a horizon that cannot be reached.
        """
        given = past if past.observed is not None else self._transformed(past)
        summed = self.transforms.difference == 1
        if summed and isinstance(horizon, int) and horizon < 0:
            raise ConfigurationError(f"horizon={horizon}: data.difference=1 sums up what comes; give steps ahead")
        kept = None
        if summed and not isinstance(horizon, int):
            kept = [self._steps(given, number, grid) for number, grid in enumerate(horizon_times(given, horizon))]
            horizon = int(max(steps[-1] for steps in kept))
        if inputs is not None:
            options["inputs"] = inputs if kept is None else self._at_every_step(given, inputs, kept, horizon)
        told = self.learned.forecast(given, horizon, **options)
        before = self.transforms.last_rows(given)

        def own(states: np.ndarray) -> np.ndarray:
            undone = self.transforms.undone(states, before, self.spec.column_names)
            return undone.reshape(*undone.shape[:-1], *self.spec.state_shape)

        members = None if told.members is None else own(told.members)
        told = replace(told, states=own(told.states), members=members)
        return told if kept is None else _chosen_steps(told, kept)

    def _at_every_step(
        self, past: Trajectories, inputs: Any, kept: list[np.ndarray], horizon: Horizon
    ) -> list[np.ndarray] | None:
        """u at all steps that are summed up, also where what came lacks a row and no input was given."""
        ahead = inputs_ahead(past, self.learned.spec, [len(steps) for steps in kept], inputs)
        every = np.arange(1.0, int(np.max(horizon)) + 1)[None, :, None]
        return ahead and [
            InputSignals(np.array([[0.0, *steps]]), part[None], past.input_interpolation).at_stages(every)[0, :, 0]
            for steps, part in zip(kept, ahead, strict=True)
        ]

    def _transformed(self, past: Trajectories) -> Trajectories:
        if past.state_shape != self.spec.state_shape or min(past.lengths) < self.past_length:
            raise DataError(
                f"past: {min(past.lengths)} states of the shape {past.state_shape}; what was learned needs at least "
                f"{self.past_length} of the shape {self.spec.state_shape}: a row is made of {1 + self.transforms.reach}"
            )
        return self.transforms.in_coordinates(past.unchecked(component_names=self.spec.component_names))

    def _steps(self, past: Trajectories, number: int, grid: np.ndarray) -> np.ndarray:
        steps = (grid - past.time_at(number, -1)) / self.spec.time_step
        whole = np.round(steps).astype(int)
        if np.abs(steps - whole).max() > 0.1 or whole[0] < 1:
            raise ConfigurationError(
                f"horizon: data.difference=1 sums up steps of {self.spec.time_step:g} {self.spec.time_unit}; give "
                "steps, or times on that clock"
            )
        return whole


def _chosen_steps(told: Forecast, kept: list[np.ndarray]) -> Forecast:
    """The steps that were asked for, of every trajectory; a shorter list repeats its last."""
    longest = max(len(steps) for steps in kept)
    rows = np.stack([np.pad(steps - 1, (0, longest - len(steps)), mode="edge") for steps in kept])
    numbers = np.arange(len(rows))[:, None]
    members = None if told.members is None else told.members[:, numbers, rows]
    return replace(told, states=told.states[numbers, rows], times=told.times[numbers, rows], members=members)
