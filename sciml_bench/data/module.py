"""The data module every data set of lagged pairs is made from: load, split, check, hand out batches.

It is a LightningDataModule for the trainer, and a plain object for a notebook: after `setup()` it knows its `spec`, its
`splits` and any `pairs` of them. Everything that can be wrong with the data is said in `setup()`, before training.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Shaped
from lightning.pytorch import LightningDataModule

from sciml_bench.core.checks import ConfiguredInteger, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.data.spec import DataSpec
from sciml_bench.data.split import DEFAULT_SPLIT, SPLIT_NAMES, SPLITTERS, checked_split, split_trajectories
from sciml_bench.data.standardization import Standardization
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views.lagged_pairs import LaggedPairs, require_lag
from sciml_bench.data.views.pair_loader import GroupedBatches, PairLoader

HELD_OUT_BYTES = 2**22
"""Memory of one held-out batch: large, since nothing is learned from it, and independent of the number of pairs."""


class TrajectoryData(LightningDataModule):
    """Base class of the data sets; a subclass implements `load`, or `load_splits` where the split is given.

    Args:
        lag: distance within a pair, in steps.
        batch_size: pairs per batch and process.
        split: fractions named train, validation and test; 60/20/20 by default. A split with the fraction 0 is absent.
        split_by: "time" cuts every trajectory into contiguous blocks, "trajectory" keeps trajectories whole.
        seed: of the shuffling; the run's seed.
        standardize: whether states are scaled to mean 0 and deviation 1 with the statistics of the training split.

        shuffle: whether training batches come in a new order every epoch.

    Attributes:
        batches_per_call: set above 1 by a method that takes several optimiser steps per call; training batches then
            come in lists of that many.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        *,
        lag: ConfiguredInteger = 1,
        batch_size: ConfiguredInteger = 256,
        split: Mapping[str, Any] | None = None,
        split_by: str = "time",
        seed: ConfiguredInteger = 0,
        standardize: bool = False,
        shuffle: bool = True,
    ) -> None:
        super().__init__()
        self.batches_per_call = 1
        self.lag = require_integer("data.lag", lag, 1, "the lag must be at least 1 step and a whole number")
        self.batch_size = require_integer("data.batch_size", batch_size, 1, "a batch needs at least 1 pair")
        self.split = checked_split(dict(DEFAULT_SPLIT if split is None else split))
        self.split_by = require_choice("data.split_by", split_by, SPLITTERS)
        self.seed = require_integer("seed", seed, 0, "a seed is a whole number and not negative")
        self.standardize, self.shuffle = standardize, shuffle
        self.standardization: Standardization | None = None
        self._splits: dict[str, Trajectories] | None = None
        self._pairs: dict[tuple[str, int], LaggedPairs] = {}

    @property
    def system(self) -> Any | None:
        """The system that was simulated, with its exact facts; `None` for observed data."""
        return None

    @property
    def n_classes(self) -> int | None:
        """Number of labels where every state carries one."""
        return None

    def load(self) -> Trajectories:
        """All data; what a subclass implements.

        Raises:
            DataError: the data cannot be used.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement load() or load_splits().")

    def load_splits(self) -> dict[str, Trajectories]:
        """The data by split; a subclass whose split is part of the data set overrides this instead of `load`."""
        return split_trajectories(self.load(), self.split, self.split_by)

    def setup(self, stage: str | None = None) -> None:
        """Load, split and check the data once; further calls do nothing.

        Args:
            stage: Lightning's name of what comes next; the data are the same for all.

        Raises:
            ConfigurationError: the lag or the batch size does not fit the data.
            DataError: the data cannot be used.
        """
        if self._splits is not None:
            return
        splits = self.load_splits()
        for name, trajectories in splits.items():
            require_lag(trajectories, self.lag, f"the {name} split")
        splits["train"].require_variation("the train split")
        if self.standardize:
            self.standardization = Standardization.fit(splits["train"])
            splits = {name: self.standardization.apply(part) for name, part in splits.items()}
        self._splits = splits
        try:
            self.train_dataloader()
        except ConfigurationError:
            self._splits, self._pairs = None, {}
            raise

    @property
    def splits(self) -> dict[str, Trajectories]:
        """The trajectories of `train`, `validation` and `test`, in standardised units where that was asked for."""
        if self._splits is None:
            raise RuntimeError("The data are not loaded yet: call setup() first.")
        return self._splits

    @property
    def spec(self) -> DataSpec:
        """What a model must know about the data."""
        train = self.splits["train"]
        return DataSpec(
            state_shape=train.state_shape,
            time_step=train.time_step,
            time_unit=train.time_unit,
            lengths=train.lengths,
            lag=self.lag,
            period=getattr(self.system, "period", None),
            n_classes=self.n_classes,
        )

    def pairs(self, split: str, lag: ConfiguredInteger | None = None) -> LaggedPairs:
        """The pairs of a split, made once per lag.

        Args:
            split: train, validation or test.
            lag: distance in steps; the configured one by default.

        Raises:
            ConfigurationError: there is no such split, or the lag is not an integer of at least 1.
            DataError: a trajectory is too short for this lag.
        """
        if split not in self.splits:
            remedy = f"set data.split.{split} above 0" if split in SPLIT_NAMES else f"choose among {list(self.splits)}"
            raise ConfigurationError(f"There is no split named {split!r}: {remedy}.")
        key = (split, self.lag if lag is None else lag)
        if key not in self._pairs:
            self._pairs[key] = LaggedPairs(self.splits[split], key[1], where=f"the {split} split")
        return self._pairs[key]

    def labels(self, split: str) -> tuple[Shaped[np.ndarray, " time"], ...] | None:
        """The class numbers of every state of a split, one array per trajectory, or `None` without labels."""
        return self.splits[split].labels

    def train_dataloader(self) -> PairLoader | GroupedBatches:
        """Full batches in a new order every epoch, shared out among the processes of a distributed run."""
        loader = self._loader("train", self.batch_size, training=True)
        return loader if self.batches_per_call == 1 else GroupedBatches(loader, self.batches_per_call)

    def val_dataloader(self) -> PairLoader | list[PairLoader]:
        """All validation pairs in their order, in large batches; no loader where there is no such split."""
        return self._held_out_loader("validation")

    def test_dataloader(self) -> PairLoader | list[PairLoader]:
        """All test pairs in their order, in large batches; no loader where there is no such split."""
        return self._held_out_loader("test")

    def _held_out_loader(self, split: str) -> PairLoader | list[PairLoader]:
        if split not in self.splits:
            return []
        fitting = HELD_OUT_BYTES // self.pairs(split).bytes_per_pair
        return self._loader(split, max(self.batch_size, fitting), training=False)

    def _loader(self, split: str, batch_size: int, training: bool) -> PairLoader:
        pairs = self.pairs(split)
        sampler = EpochSampler(
            len(pairs),
            self.seed,
            shuffle=training and self.shuffle,
            rank=self.trainer.global_rank if self.trainer else 0,
            world_size=self.trainer.world_size if self.trainer else 1,
            block_size=pairs.block_size,
        )
        return PairLoader(pairs, batch_size, sampler, drop_last=training)
