"""Trajectories simulated from a system of known truth."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.noise import add_noise, checked_noise
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.systems import MarkovProcess, OrdinaryDifferentialEquation


class MarkovTrajectories(TrajectoryData):
    """Stationary trajectories of a Markov process.

    Args:
        system: the process; its exact facts are what a learned operator is compared with.
        n_steps: states per trajectory.
        n_trajectories: independent trajectories.
        data_seed: of the simulation; separate from the run's seed, so that seeds of a sweep share their data.
        **options: as in `TrajectoryData`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        system: MarkovProcess,
        n_steps: ConfiguredInteger,
        n_trajectories: ConfiguredInteger = 1,
        data_seed: ConfiguredInteger = 0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._system = system
        self.n_steps, self.n_trajectories, self.data_seed = checked_simulation(n_steps, n_trajectories, data_seed)

    @property
    def system(self) -> MarkovProcess:
        """The process that was simulated."""
        return self._system

    def load(self) -> Trajectories:
        """Simulate all trajectories."""
        states = self._system.sample(self.n_steps, self.data_seed, n_trajectories=self.n_trajectories)
        return Trajectories(tuple(states), float(self._system.time_step), self._system.time_unit)


class OrdinaryDifferentialEquationTrajectories(TrajectoryData):
    """Trajectories of an ordinary differential equation, as a sensor with Gaussian noise would record them.

    Args:
        system: the equation.
        n_steps: states per trajectory.
        time_step: time between two states, in the system's own unit; the system's default if not given.
        n_trajectories: trajectories from different initial states.
        data_seed: of the initial states.
        noise_std: standard deviation of the noise, in the state's own units, one for all components or one for each.
        noise_seed: of the noise alone, so that the same paths can be seen through different noise.
        burn_in: time before the first state, for the motion to reach its attractor; the system's default if not given.
        **options: as in `TrajectoryData`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        system: OrdinaryDifferentialEquation,
        n_steps: ConfiguredInteger,
        time_step: ConfiguredNumber | None = None,
        n_trajectories: ConfiguredInteger = 1,
        data_seed: ConfiguredInteger = 0,
        noise_std: float | int | Sequence[float | int] = 0.0,
        noise_seed: ConfiguredInteger = 1,
        burn_in: ConfiguredNumber | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._system = system
        self.n_steps, self.n_trajectories, self.data_seed = checked_simulation(n_steps, n_trajectories, data_seed)
        self.time_step = require_number(
            "data.time_step",
            system.default_time_step if time_step is None else time_step,
            "the time between two states must be positive",
        )
        self.burn_in = require_number(
            "data.burn_in",
            system.default_burn_in if burn_in is None else burn_in,
            "the time before the first state must not be negative",
            positive=False,
        )
        self.noise_std = checked_noise(noise_std, system.dim)
        self.noise_seed = require_integer("data.noise_seed", noise_seed, 0, "a seed is a whole number and not negative")

    @property
    def system(self) -> OrdinaryDifferentialEquation:
        """The equation that was integrated."""
        return self._system

    def load(self) -> Trajectories:
        """Integrate all trajectories and add the noise."""
        states = self._system.sample(
            self.n_steps,
            self.data_seed,
            n_trajectories=self.n_trajectories,
            time_step=self.time_step,
            burn_in=self.burn_in,
        )
        clean = Trajectories(tuple(states), self.time_step, self._system.time_unit)
        return add_noise(clean, self.noise_std.tolist(), self.noise_seed) if np.any(self.noise_std) else clean


def checked_simulation(
    n_steps: ConfiguredInteger, n_trajectories: ConfiguredInteger, data_seed: ConfiguredInteger
) -> tuple[int, int, int]:
    """The three numbers of every simulation, if they are usable.

    Raises:
        ConfigurationError: one is not a whole number or out of range.
    """
    return (
        require_integer("data.n_steps", n_steps, 2, "a trajectory needs at least 2 states"),
        require_integer("data.n_trajectories", n_trajectories, 1, "simulate at least 1 trajectory"),
        require_integer("data.data_seed", data_seed, 0, "a seed is a whole number and not negative"),
    )
