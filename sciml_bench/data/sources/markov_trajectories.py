"""Stationary trajectories of a Markov process of known truth."""

from typing import Any

from sciml_bench.core.budget import require_memory
from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.systems import MarkovProcess

_BYTES_PER_NUMBER = 24
"""Of a state: as simulated, as kept, and as a method reads it."""


class MarkovTrajectories(Record):
    """Stationary trajectories of a Markov process.

    Args:
        system: the process; its exact facts are what a learned operator is compared with.
        n_steps: states per trajectory.
        n_trajectories: independent trajectories.
        data_seed: of the simulation; separate from the run's seed, so that seeds of a sweep share their data.
        **options: split, split_by, transforms as in `Record`.

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
        self.system, self.state_shape = system, (system.dim,)
        self.n_steps = require_integer("data.n_steps", n_steps, 2, "a trajectory needs at least 2 states")
        self.n_trajectories = require_integer("data.n_trajectories", n_trajectories, 1, "simulate at least 1")
        self.data_seed = require_integer("data.data_seed", data_seed, 0, "a seed is a whole number and not negative")

    def load(self) -> Trajectories:
        """Simulate all trajectories.

        Raises:
            ConfigurationError: they cannot fit into memory.
        """
        n_rows = self.n_steps * self.n_trajectories
        asked = f"data.n_steps={self.n_steps}: {n_rows:.3g} simulated rows"
        require_memory(asked, n_rows * self.system.dim * _BYTES_PER_NUMBER, "simulate fewer")
        states = self.system.sample(self.n_steps, self.data_seed, n_trajectories=self.n_trajectories)
        return Trajectories(tuple(states), float(self.system.time_step), self.system.time_unit, system=self.system)
