"""Systems of ODEBench as records: what is learned from may be noisy and lack rows, and the other solution is held out.

The corruptions are those of ODEFormer's protocol: every number is multiplied by 1 + σ ξ with standard normal ξ, and a
share ρ of the rows is dropped at random.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.fingerprint import fingerprint
from sciml_bench.data.odebench.systems_file import TextbookSystem, read_systems
from sciml_bench.data.record import Record
from sciml_bench.data.split import TRAJECTORY
from sciml_bench.data.trajectories import Trajectories

ALL = "all"


class OdeBench(Record):
    """One system of the file, or all of them, each learned from by itself.

    Args:
        path: the file of ODEBench.
        system: its number (`id`), or `all`.
        multiplicative_noise: σ.
        dropped_fraction: ρ.
        noise_seed: of both.
        **options: transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range, or the file has no such system.
    """

    def __init__(
        self,
        path: PathType,
        system: ConfiguredInteger | str = ALL,
        multiplicative_noise: ConfiguredNumber = 0.0,
        dropped_fraction: ConfiguredNumber = 0.0,
        noise_seed: ConfiguredInteger = 0,
        **options: Any,
    ) -> None:
        super().__init__(split={"train": 1.0, "validation": 0, "test": 0}, split_by=TRAJECTORY, **options)
        self.path = Path(path).expanduser()
        remedy = "give the id of a system of the file, or all"
        self.system = ALL if system == ALL else require_integer("data.system", system, 0, remedy)
        remedy = "give a part of every number, 0 or more"
        self.noise = require_number("data.multiplicative_noise", multiplicative_noise, remedy, positive=False)
        remedy = "give a part of the rows, from 0 to less than 1"
        self.dropped = require_number("data.dropped_fraction", dropped_fraction, remedy, positive=False)
        if self.dropped >= 1:
            raise ConfigurationError(f"data.dropped_fraction={dropped_fraction}: {remedy}.")
        self.noise_seed = require_integer("data.noise_seed", noise_seed, 0, "a seed is whole and not negative")

    @property
    def systems(self) -> dict[int, TextbookSystem]:
        """All that the file holds."""
        return read_systems(self.path)

    @property
    def single_records(self) -> Mapping[str, Mapping[str, Any]]:
        """One for every system, where all are asked for."""
        return {str(number): {"system": number} for number in self.systems} if self.system == ALL else {}

    def setup(self) -> None:
        """Load one system; of all of them, read the file alone."""
        if not self.single_records:
            super().setup()

    @property
    def reading(self) -> str:
        """What is learned from, in a line."""
        if self.system == ALL:
            return f"{self.path.name}: {len(self.systems)} systems, each learned from by itself"
        return super().reading

    @property
    def files(self) -> list[dict[str, Any]]:
        """The one file."""
        return [fingerprint(self.path)]

    def load_splits(self) -> dict[str, Trajectories]:
        """The rows from the first initial state, and the clean ones from the other."""
        systems = self.systems
        if self.system not in systems:
            raise ConfigurationError(f"data.system={self.system}: {self.path.name} holds {sorted(systems)}; choose one")
        first, other = systems[int(self.system)].solutions
        rng = np.random.default_rng([self.noise_seed, int(self.system)])
        observed = first.states * (1 + self.noise * rng.standard_normal(first.states.shape))
        n_rows = len(first.times)
        kept = np.sort(rng.choice(n_rows, n_rows - round(self.dropped * n_rows), replace=False))
        return {
            "train": _trajectory(first.times[kept], observed[kept], first.states[kept]),
            "test": _trajectory(other.times, other.states, other.states),
        }


def _trajectory(
    times: Float[np.ndarray, " time"], states: Float[np.ndarray, "time dim"], clean: Float[np.ndarray, "time dim"]
) -> Trajectories:
    names, step = tuple(f"x_{component}" for component in range(states.shape[1])), float(np.median(np.diff(times)))
    return Trajectories((states,), step, "time", times=(times,), clean=(clean,), component_names=names)
