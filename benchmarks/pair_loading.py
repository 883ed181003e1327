"""Claim: a shuffled epoch over 50 000 lagged pairs is at least five times cheaper than with a DataLoader.

torch's DataLoader asks its data set for one sample at a time and stacks them; ours gathers whole blocks of indices.
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.measurement import Comparison, Outcome, compare, require_agreement
from benchmarks.presentation import main
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.data import LaggedPairs, PairLoader, Trajectories

BATCH_SIZE = 256
TARGET = 5.0


class SampleBySample(Dataset):
    """The pairs (x_i, x_{i+1}) as a map-style data set, the way most tutorials write it."""

    def __init__(self, states: Tensor) -> None:
        self.states = states

    def __len__(self) -> int:
        return len(self.states) - 1

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.states[index], self.states[index + 1]


class OurEpochs:
    """Epochs of the pair loader, each in a new order as in training."""

    def __init__(self, pairs: LaggedPairs) -> None:
        self.sampler = EpochSampler(len(pairs), seed=0)
        self.loader = PairLoader(pairs, BATCH_SIZE, self.sampler)
        self.epoch = 0

    def __call__(self) -> float:
        self.epoch += 1
        self.sampler.set_epoch(self.epoch)
        return _checksum(self.loader)


def measure() -> list[Outcome]:
    return [compare_loaders(50_000, dim) for dim in (1, 20)]


def compare_loaders(n_pairs: int, dim: int, repetitions: int = 5) -> Comparison:
    states = np.random.default_rng(0).standard_normal((n_pairs + 1, dim)).astype(np.float32)
    ours = OurEpochs(LaggedPairs(Trajectories((states,))))
    reference = DataLoader(SampleBySample(torch.from_numpy(states)), batch_size=BATCH_SIZE, shuffle=True)
    claim = f"epoch over {n_pairs} pairs: batch {BATCH_SIZE}, state dim {dim}"
    require_agreement(claim, ours(), _checksum(reference), 1e-4)
    return compare(
        claim,
        "DataLoader",
        ours,
        lambda: _checksum(reference),
        target=TARGET,
        repetitions=repetitions,
    )


def _checksum(loader: PairLoader | DataLoader) -> float:
    """Σ now · later over an epoch, which is the same in every order, so that both sides hand out the same pairs."""
    total = 0.0
    for now, later in loader:
        total += torch.dot(cast(Tensor, now).flatten(), later.flatten()).item()
    return total


if __name__ == "__main__":
    main(measure)
