"""Thousands of short, noisy populations that grow logistically, each with a growth rate and a capacity of its own.

The task of Pervez, Locatello, Gavves (Mechanistic Neural Networks, ICML 2024): tell the two parameters of a trajectory
from its noisy observations alone. The parts train, validation and test are drawn one after the other from one seed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.record import Record
from sciml_bench.data.split import whole_numbers
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.systems.ordinary.logistic_growth import logistic_curves

DEFAULT_COUNTS = {"train": 5000, "validation": 500, "test": 1000}


class LogisticPopulations(Record):
    """Populations whose parameters are drawn from normal laws; draws that are not positive are rejected.

    Args:
        split: numbers of trajectories to learn from (train), that choose the best weights (validation), and for the
            scores alone (test).
        n_times: observations of each.
        end_time: of the last observation; the first is at time 0.
        growth_rate: mean and standard deviation, in 1/time.
        capacity: mean and standard deviation.
        initial_population: mean and standard deviation.
        noise_std: of every observation, independent of all others.
        data_seed: of parameters and noise.
        **options: transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        split: Mapping[str, Any] | None = None,
        n_times: ConfiguredInteger = 60,
        end_time: ConfiguredNumber = 3.0,
        growth_rate: Sequence[Any] = (3.0, 0.5),
        capacity: Sequence[Any] = (3.0, 0.5),
        initial_population: Sequence[Any] = (0.05, 0.05),
        noise_std: ConfiguredNumber = 1e-3,
        data_seed: ConfiguredInteger = 0,
        **options: Any,
    ) -> None:
        self.counts = whole_numbers(DEFAULT_COUNTS if split is None else split)
        super().__init__(split=self.counts, split_by="trajectory", **options)
        self.state_shape = (1,)
        self.n_times = require_integer("data.n_times", n_times, 3, "observe at least 3 times")
        self.end_time = require_number("data.end_time", end_time, "give a positive time")
        self.growth_rate = _checked_law("data.growth_rate", growth_rate)
        self.capacity = _checked_law("data.capacity", capacity)
        self.initial_population = _checked_law("data.initial_population", initial_population)
        self.noise_std = require_number("data.noise_std", noise_std, "give a number of at least 0", positive=False)
        self.data_seed = require_integer("data.data_seed", data_seed, 0, "a seed is a whole number, not negative")

    def load_splits(self) -> dict[str, Trajectories]:
        """Draw all parts, with the parameters `growth_rate` and `capacity` of every population."""
        rng = np.random.default_rng(self.data_seed)
        times = np.linspace(0, self.end_time, self.n_times)
        return {name: self._drawn(count, times, rng) for name, count in self.counts.items()}

    def _drawn(self, count: int, times: np.ndarray, rng: np.random.Generator) -> Trajectories:
        laws = (self.growth_rate, self.capacity, self.initial_population)
        growth_rates, capacities, starts = (_positive_draws(*law, count, rng) for law in laws)
        clean = logistic_curves(growth_rates, capacities, starts, times)
        observed = clean + self.noise_std * rng.standard_normal(clean.shape)
        return Trajectories(
            tuple(observed[..., None]),
            time_step=float(np.median(np.diff(times))),
            time_unit="time",
            times=(times,) * count,
            component_names=("population",),
            clean=tuple(clean[..., None]),
            parameters={"growth_rate": growth_rates, "capacity": capacities},
        )


def _positive_draws(mean: float, deviation: float, count: int, rng: np.random.Generator) -> np.ndarray:
    draws = rng.normal(mean, deviation, count)
    while (draws <= 0).any():
        refused = draws <= 0
        draws[refused] = rng.normal(mean, deviation, int(refused.sum()))
    return draws


def _checked_law(key: str, law: Sequence[Any]) -> tuple[float, float]:
    if isinstance(law, str) or len(law) != 2:
        raise ConfigurationError(f"{key}={law}: give the mean and the standard deviation, such as [3.0, 0.5].")
    mean = require_number(key, law[0], "the mean must be positive, so that positive draws are likely")
    return mean, require_number(key, law[1], "the standard deviation must not be negative", positive=False)
