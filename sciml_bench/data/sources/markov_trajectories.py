"""Stationary trajectories of a Markov process of known truth."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.budget import extrapolated_seconds, require_memory, weigh_time
from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.systems import MarkovProcess

_BYTES_PER_NUMBER = 28
"""Of a state: as simulated, as kept, and as a method reads it [measured: peak memory up to the first gradient of a
network, with 1 and 2 million rows; ridge regression takes 82]."""
_TIMED, _TAKES_ITS_TIME = 20_000, 10**7
"""Rows that are simulated to know how long it takes, and how many are worth it [measured: 0.2 to 42 µs a row]."""


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
            ConfigurationError: they cannot fit into memory, or into a night.
        """
        n_rows = self.n_steps * self.n_trajectories
        asked = f"data.n_steps={self.n_steps}: {n_rows:.3g} simulated rows"
        require_memory(asked, n_rows * self.system.dim * _BYTES_PER_NUMBER, "simulate fewer")
        if n_rows > _TAKES_ITS_TIME:
            few = max(2, _TIMED // self.n_trajectories)
            weigh_time(asked, extrapolated_seconds(self._sampled, few, self.n_steps), "simulate fewer")
        states = self._sampled(self.n_steps)
        return Trajectories(tuple(states), float(self.system.time_step), self.system.time_unit, system=self.system)

    def _sampled(self, n_steps: int) -> Float[np.ndarray, "batch time *state"]:
        return self.system.sample(n_steps, self.data_seed, n_trajectories=self.n_trajectories)
