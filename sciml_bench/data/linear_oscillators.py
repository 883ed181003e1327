"""Exact motions of linear oscillators, one trajectory each: problems for the comparison of solvers."""

from collections.abc import Mapping

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.observations import INTERPOLATION, Observations
from sciml_bench.data.observed_trajectories import ObservedTrajectories
from sciml_bench.systems.ordinary.driven_oscillator import DrivenOscillator


class LinearOscillators(ObservedTrajectories):
    """Position and velocity in closed form from each oscillator's default initial state on, without noise.

    Args:
        systems: an oscillator per name.
        n_steps: number of intervals.
        time_step: length of an interval.

    Raises:
        ConfigurationError: a value is out of range, or there is no oscillator.
    """

    def __init__(
        self,
        systems: Mapping[str, DrivenOscillator],
        n_steps: ConfiguredInteger = 500,
        time_step: ConfiguredNumber = 0.05,
    ) -> None:
        super().__init__(("u", "du/dt"))
        if not systems:
            raise ConfigurationError("data.systems is empty: name at least one oscillator")
        self.systems = dict(systems)
        self.n_steps = require_integer("data.n_steps", n_steps, 2, "solve at least 2 steps")
        self.time_step = require_number("data.time_step", time_step, "the step must be positive")

    def load(self) -> Observations:
        """Evaluate the closed forms."""
        times = self.time_step * np.arange(self.n_steps + 1)
        oscillators = self.systems.values()
        starts = np.stack([oscillator.default_initial_state for oscillator in oscillators])
        motions = [oscillator.closed_form(start, times) for oscillator, start in zip(oscillators, starts, strict=True)]
        states = np.stack(motions)
        return Observations(
            times=np.tile(times, (len(states), 1)),
            states=states,
            clean=states,
            window=np.full(states.shape[:2], INTERPOLATION),
            initial_states=starts,
        )
