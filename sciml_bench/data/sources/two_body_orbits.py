"""Two bodies on random ellipses around their barycentre, simulated."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.record import Record
from sciml_bench.data.split import SPLIT_NAMES, whole_numbers
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.systems.ordinary.two_body import TwoBody

DEFAULT_COUNTS = {"train": 64, "validation": 8, "test": 16}


class TwoBodyOrbits(Record):
    """Positions (2 bodies, 2 axes), integrated with tolerance 1e-12.

    Args:
        system: the masses.
        split: numbers of trajectories to learn from, for the choice of the best weights and for the test.
        n_states: states of a training or validation trajectory.
        n_test_states: the same for the test trajectories, which may be longer.
        time_step: between two states.
        semi_major_axis: smallest and largest of the displacement's ellipses, drawn uniformly.
        eccentricity: smallest and largest, drawn uniformly.
        data_seed: of the ellipses.
        **options: transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        system: TwoBody,
        *,
        split: Mapping[str, Any] | None = None,
        n_states: ConfiguredInteger = 400,
        n_test_states: ConfiguredInteger = 2050,
        time_step: ConfiguredNumber = 0.05,
        semi_major_axis: list[float | int] | tuple[float | int, ...] = (0.8, 1.2),
        eccentricity: list[float | int] | tuple[float | int, ...] = (0.0, 0.4),
        data_seed: ConfiguredInteger = 0,
        **options: Any,
    ) -> None:
        self.counts = whole_numbers(DEFAULT_COUNTS if split is None else split)
        super().__init__(split=self.counts, split_by="trajectory", **options)
        self.system, self.state_shape = system, (2, 2)
        states = require_integer("data.n_states", n_states, 2, "a trajectory needs at least 2 states")
        test_states = require_integer("data.n_test_states", n_test_states, 2, "a trajectory needs at least 2 states")
        self.n_states = {"train": states, "validation": states, "test": test_states}
        self.time_step = require_number("data.time_step", time_step, "the time between two states must be positive")
        if len(semi_major_axis) != 2 or not 0 < semi_major_axis[0] <= semi_major_axis[1] < np.inf:
            raise ConfigurationError(f"data.semi_major_axis={list(semi_major_axis)}: give two increasing lengths")
        if len(eccentricity) != 2 or not 0 <= eccentricity[0] <= eccentricity[1] < 1:
            raise ConfigurationError(f"data.eccentricity={list(eccentricity)}: give two increasing numbers in [0, 1)")
        self.semi_major_axis = semi_major_axis[0], semi_major_axis[1]
        self.eccentricity = eccentricity[0], eccentricity[1]
        self.data_seed = require_integer("data.data_seed", data_seed, 0, "a seed is a whole number and not negative")

    def load_splits(self) -> dict[str, Trajectories]:
        """Simulate; every part has a seed of its own.

        Raises:
            SolverError: an integration broke down.
        """
        return {name: self._simulated(name, SPLIT_NAMES.index(name)) for name in self.counts}

    def _simulated(self, name: str, number: int) -> Trajectories:
        rng = np.random.default_rng((self.data_seed, number))
        count, n_states = self.counts[name], self.n_states[name]
        sizes, flatnesses = (rng.uniform(low, high, count) for low, high in (self.semi_major_axis, self.eccentricity))
        angles = rng.uniform(0, 2 * np.pi, (2, count))
        starts = self.system.orbit_state(sizes, flatnesses, angles[0], angles[1])
        states = self.system.reference(starts, self.time_step * np.arange(n_states))
        positions = tuple(states[..., :4].reshape(count, n_states, 2, 2))
        return Trajectories(
            positions,
            time_step=self.time_step,
            time_unit=self.system.time_unit,
            component_names=("x", "y"),
            clean=positions,
            facts={"body_names": ("body 1", "body 2")},
            system=self.system,
        )
