"""Thousands of short, noisy populations that grow logistically, each with a growth rate and a capacity of its own.

The task of Pervez, Locatello, Gavves (Mechanistic Neural Networks, ICML 2024): tell the two parameters of a trajectory
from its noisy observations alone. The trajectories to learn from, those that choose the best weights and those that are
never seen are drawn one after the other from one seed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.data.observations import INTERPOLATION, Observations
from sciml_bench.data.observed_trajectories import ObservedTrajectories
from sciml_bench.systems.ordinary.logistic_growth import logistic_curves

SPLITS = ("training", "validation", "unseen")


@dataclass(frozen=True, eq=False)
class Populations:
    """Trajectories on one clock, with the truth beside them.

    Args:
        times: from 0 on.
        observed: noise included.
        clean: the true populations.
        growth_rates: of each, in 1/time.
        capacities: of each.
    """

    times: Float[np.ndarray, " time"]
    observed: Float[np.ndarray, "batch time"]
    clean: Float[np.ndarray, "batch time"]
    growth_rates: Float[np.ndarray, " batch"]
    capacities: Float[np.ndarray, " batch"]


class LogisticTrajectories(ObservedTrajectories):
    """Populations whose parameters are drawn from normal laws; draws that are not positive are rejected.

    Args:
        n_trajectories: to learn from.
        n_validation: that choose the best weights.
        n_unseen: for the scores alone.
        n_times: observations of each.
        end_time: of the last observation; the first is at time 0.
        growth_rate: mean and standard deviation, in 1/time.
        capacity: mean and standard deviation.
        initial_population: mean and standard deviation.
        noise_std: of every observation, independent of all others.
        data_seed: of parameters and noise.
        batch_size: trajectories per step of the optimiser.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        n_trajectories: ConfiguredInteger = 5000,
        n_validation: ConfiguredInteger = 500,
        n_unseen: ConfiguredInteger = 1000,
        n_times: ConfiguredInteger = 60,
        end_time: ConfiguredNumber = 3.0,
        growth_rate: Sequence[Any] = (3.0, 0.5),
        capacity: Sequence[Any] = (3.0, 0.5),
        initial_population: Sequence[Any] = (0.05, 0.05),
        noise_std: ConfiguredNumber = 1e-3,
        data_seed: ConfiguredInteger = 0,
        batch_size: ConfiguredInteger = 64,
    ) -> None:
        super().__init__(("population",))
        counts = {"n_trajectories": n_trajectories, "n_validation": n_validation, "n_unseen": n_unseen}
        self.counts = [
            require_integer(f"data.{name}", value, 1, "use at least 1 trajectory") for name, value in counts.items()
        ]
        self.n_times = require_integer("data.n_times", n_times, 3, "observe at least 3 times")
        self.end_time = require_number("data.end_time", end_time, "give a positive time")
        self.growth_rate = _checked_law("data.growth_rate", growth_rate)
        self.capacity = _checked_law("data.capacity", capacity)
        self.initial_population = _checked_law("data.initial_population", initial_population)
        self.noise_std = require_number("data.noise_std", noise_std, "give a number of at least 0", positive=False)
        self.data_seed = require_integer("data.data_seed", data_seed, 0, "a seed is a whole number, not negative")
        self.batch_size = require_integer("data.batch_size", batch_size, 1, "a batch needs at least 1 trajectory")
        if self.batch_size > self.counts[0]:
            raise ConfigurationError(
                f"data.batch_size={batch_size} is larger than data.n_trajectories={n_trajectories}: choose a smaller "
                "batch"
            )
        self._splits: dict[str, Populations] | None = None

    def load(self) -> Observations:
        """Draw all splits; the observations are the trajectories to learn from."""
        rng = np.random.default_rng(self.data_seed)
        times = np.linspace(0, self.end_time, self.n_times)
        self._splits = {name: self._drawn(count, times, rng) for name, count in zip(SPLITS, self.counts, strict=True)}
        learned = self._splits["training"]
        return Observations(
            times=np.tile(times, (len(learned.observed), 1)),
            states=learned.observed[..., None],
            clean=learned.clean[..., None],
            window=np.full(learned.observed.shape, INTERPOLATION),
            initial_states=learned.clean[:, :1],
        )

    def populations(self, split: str) -> Populations:
        """The trajectories of `training`, `validation` or `unseen`.

        Args:
            split: one of the three.
        """
        if self._splits is None:
            raise RuntimeError("The data are not loaded yet: call setup() first.")
        return self._splits[split]

    def train_dataloader(self) -> "PopulationBatches":  # type: ignore[override]
        """Batches (batch, time) in single precision, in an order that is a function of the run's seed and the epoch."""
        trainer = self.trainer
        rank, world_size = (trainer.global_rank, trainer.world_size) if trainer else (0, 1)
        observed = torch.from_numpy(self.populations("training").observed).float()
        sampler = EpochSampler(len(observed), self.seed, rank=rank, world_size=world_size)
        return PopulationBatches(observed, self.batch_size, sampler)

    def _drawn(self, count: int, times: np.ndarray, rng: np.random.Generator) -> Populations:
        growth_rates, capacities, starts = (
            _positive_draws(*law, count, rng) for law in (self.growth_rate, self.capacity, self.initial_population)
        )
        clean = logistic_curves(growth_rates, capacities, starts, times)
        observed = clean + self.noise_std * rng.standard_normal(clean.shape)
        return Populations(times, observed, clean, growth_rates, capacities)


class PopulationBatches:
    """An iterable over batches of whole trajectories; the last one of an epoch may be smaller.

    Args:
        observed: all trajectories.
        batch_size: trajectories per batch.
        sampler: the order; Lightning tells it the epoch.
    """

    batch_sampler: None = None
    """Lightning asks every loader that has a sampler for this attribute."""

    def __init__(self, observed: Float[Tensor, "trajectories time"], batch_size: int, sampler: EpochSampler) -> None:
        self._observed, self._batch_size, self.sampler = observed, batch_size, sampler

    def __len__(self) -> int:
        return -(-self.sampler.smallest_share // self._batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        order = torch.from_numpy(self.sampler.indices()[: self.sampler.smallest_share])
        for chosen in order.split(self._batch_size):
            yield self._observed[chosen]


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
