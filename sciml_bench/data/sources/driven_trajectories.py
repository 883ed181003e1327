"""Trajectories of a system on which something acts that is observed as well, such as a force or a valve."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import (
    ConfiguredInteger,
    ConfiguredNumber,
    ConfiguredWord,
    require_boolean,
    require_choice,
    require_integer,
    require_number,
)
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources.drawn_signals import RANDOM_STEPS, SIGNALS
from sciml_bench.data.sources.simulated_trajectories import SimulatedTrajectories
from sciml_bench.data.trajectories import HOLD, INTERPOLATIONS, LINEAR, Trajectories
from sciml_bench.data.views.input_signals import InputSignals
from sciml_bench.systems import OrdinaryDifferentialEquation


class DrivenTrajectories(SimulatedTrajectories):
    """Simulated trajectories with one input, which does between the rows exactly what the record says of it.

    Args:
        system: with one input.
        signal: `multisine`, five tones of random phases and of periods from `input_period` to five times as long;
            `random_steps`, levels that are drawn evenly and kept for `input_period`.
        input_mean: of the input.
        input_amplitude: how far the input goes from its mean, at most.
        input_period: in the system's time.
        input_seed: of phases or levels, which differ from trajectory to trajectory.
        input_name: what it is called.
        input_interpolation: between two rows the input goes in a straight line (`linear`), or keeps the value of the
            earlier one (`hold`); by default `hold` for steps.
        observe_input: false hides it: what is left is a record of states that something unknown moves.
        **options: as in `SimulatedTrajectories`, without `burn_in` and `times`.

    Raises:
        ConfigurationError: a value is out of range, or a system without an input.
    """

    def __init__(
        self,
        system: OrdinaryDifferentialEquation,
        *,
        signal: ConfiguredWord = "multisine",
        input_mean: float | int = 0.0,
        input_amplitude: ConfiguredNumber = 1.0,
        input_period: ConfiguredNumber = 1.0,
        input_seed: ConfiguredInteger = 0,
        input_name: str = "u",
        input_interpolation: str | None = None,
        observe_input: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(system, **options)
        if system.n_inputs != 1:
            raise ConfigurationError(
                f"data.system: {type(system).__name__} has {system.n_inputs} inputs; take one with 1"
            )
        if self.burn_in is not None or self.regular is None:
            raise ConfigurationError("data.burn_in and data.times: give data.initial_states and data.n_steps instead")
        self.signal = require_choice("data.signal", signal, SIGNALS)
        self.input_mean = float(input_mean)
        self.input_amplitude = require_number("data.input_amplitude", input_amplitude, "give a positive number")
        self.input_period = require_number("data.input_period", input_period, "give a positive time")
        self.input_seed = require_integer("data.input_seed", input_seed, 0, "a seed is a whole number, not negative")
        self.input_name = input_name
        by_default = HOLD if signal == RANDOM_STEPS else LINEAR
        chosen = by_default if input_interpolation is None else input_interpolation
        self.input_interpolation = require_choice("data.input_interpolation", chosen, INTERPOLATIONS)
        self.observe_input = require_boolean("data.observe_input", observe_input)

    def load(self) -> Trajectories:
        """Integrate all trajectories and add the noise, which is that of states alone.

        Raises:
            SolverError: the integration broke down.
        """
        states = super().load()
        if not self.observe_input:
            return states
        inputs = tuple(self.inputs())
        return states.unchecked(
            inputs=inputs, input_names=(self.input_name,), input_interpolation=self.input_interpolation
        )

    def inputs(self) -> Float[np.ndarray, "batch time 1"]:
        """The input of every trajectory at every row."""
        drawn = SIGNALS[self.signal](self.times, self.input_period, len(self.initial_states), self.input_seed)
        return (self.input_mean + self.input_amplitude * drawn)[..., None]

    def simulated(self) -> Float[np.ndarray, "batch time dim"]:
        """The true states."""
        inputs = self.inputs()
        signals = InputSignals(np.tile(self.times, (len(inputs), 1)), inputs, self.input_interpolation)
        return self.system.driven(self.initial_states, self.times, signals.within_intervals())
