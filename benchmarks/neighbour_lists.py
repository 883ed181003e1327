"""Claim: a step of SchNet on ten atoms is three times cheaper with kept neighbour lists than with one per item.

The reference is what schnetpack's pipeline does, and NeuralKoopmanSVD with it: every time a frame is drawn, its list is
made by ASE. Ours are found for a whole batch at once and remembered. The second row of each molecule tells what the
memory alone buys, beside a batch that is looked through every time: little, for the network takes most of the time, and
of 77 atoms so much that even lists per item less than double it.
"""

import numpy as np
import torch
from torch import Tensor

from benchmarks.measurement import Comparison, Outcome, Skipped, compare, require_agreement
from benchmarks.presentation import main
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks.neighbour_lists import NeighbourLists
from sciml_bench.networks.schnet import ANGSTROMS, SchNetEncoder, schnetpack

TARGETS = {10: 3.0, 77: None}
"""By the number of atoms."""
ATOMS_PER_CUBIC_NANOMETRE = 50.0
"""Without hydrogen, about that of a peptide."""


class ListsByItem(NeighbourLists):
    """A list for every frame whenever it is drawn, by schnetpack's transform."""

    def of(self, positions: Tensor) -> Tensor:
        package, n_atoms = schnetpack(), positions.shape[1]
        keys, make = package.properties, package.transform.ASENeighborList(cutoff=ANGSTROMS * self.cutoff)
        none = {keys.cell: torch.zeros(1, 3, 3), keys.pbc: torch.zeros(3, dtype=torch.bool)}
        found = [
            make({keys.Z: torch.full((n_atoms,), 6), keys.R: ANGSTROMS * frame, keys.idx: torch.tensor([0]), **none})
            for frame in positions
        ]
        pairs = [torch.stack([one[keys.idx_i], one[keys.idx_j]]) + n * n_atoms for n, one in enumerate(found)]
        return torch.cat(pairs, dim=1)


def measure() -> list[Outcome]:
    try:
        schnetpack()
    except ConfigurationError as error:
        return [Skipped("step of SchNet with neighbour lists that are kept", str(error))]
    return [row for n_atoms, n_frames in ((10, 256), (77, 64)) for row in compare_lists(n_atoms, n_frames)]


def compare_lists(n_atoms: int, n_frames: int, repetitions: int = 5) -> list[Comparison]:
    side = (n_atoms / ATOMS_PER_CUBIC_NANOMETRE) ** (1 / 3)
    rng = np.random.default_rng(0)
    positions = torch.from_numpy((side * rng.random((n_frames, n_atoms, 3))).astype(np.float32))
    kept, by_item, by_batch = (NeighbourLists(0.6), ListsByItem(0.6), NeighbourLists(0.6, largest=0))
    torch.manual_seed(0)
    network = SchNetEncoder((n_atoms, 3), 16, atomic_numbers=[6] * n_atoms)

    def step(lists: NeighbourLists) -> float:
        network.neighbours = lists
        network.zero_grad()
        loss = network(positions).square().sum()
        loss.backward()
        return loss.item()

    claim = f"step of SchNet, {n_atoms} atoms, {n_frames} frames: lists kept"
    require_agreement(claim, step(kept), step(by_item), 1e-4)
    one = compare(
        claim, "by item", lambda: step(kept), lambda: step(by_item), target=TARGETS[n_atoms], repetitions=repetitions
    )
    batch = compare(claim, "by batch", lambda: step(kept), lambda: step(by_batch), repetitions=repetitions)
    return [one, batch]


if __name__ == "__main__":
    main(measure)
