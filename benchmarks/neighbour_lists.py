"""Claim: a step of SchNet on ten atoms is three times cheaper with kept neighbour lists than with one per item.

The reference is what schnetpack's pipeline does, and NeuralKoopmanSVD with it: every time a frame is drawn, its list is
made by ASE, and both directions of a pair pass a filter of their own. Ours are found for a whole batch at once and
remembered, and a pair passes one filter. The second row of each molecule tells what the memory alone buys, beside a
batch that is looked through every time: little, for the network takes most of the time.
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


def described_by_item(network: SchNetEncoder, positions: Tensor) -> Tensor:
    """The atoms of frames by schnetpack's own loop, with lists by its transform that are made whenever one is drawn."""
    package, (n_frames, n_atoms) = schnetpack(), positions.shape[:2]
    keys, make = package.properties, package.transform.ASENeighborList(cutoff=ANGSTROMS * network.neighbours.cutoff)
    none = {keys.cell: torch.zeros(1, 3, 3), keys.pbc: torch.zeros(3, dtype=torch.bool)}
    found = [
        make({keys.Z: torch.full((n_atoms,), 6), keys.R: ANGSTROMS * frame, keys.idx: torch.tensor([0]), **none})
        for frame in positions
    ]
    first, second = torch.cat(
        [torch.stack([f[keys.idx_i], f[keys.idx_j]]) + n * n_atoms for n, f in enumerate(found)], 1
    )
    atoms = ANGSTROMS * positions.flatten(0, 1)
    graph = {keys.Z: torch.full((len(atoms),), 6), keys.Rij: atoms[second] - atoms[first]}
    graph |= {keys.idx_i: first, keys.idx_j: second}
    return network.network(graph)["scalar_representation"].unflatten(0, (n_frames, n_atoms))


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
    torch.manual_seed(0)
    network = SchNetEncoder((n_atoms, 3), 16, atomic_numbers=[6] * n_atoms)
    kept, by_batch = NeighbourLists(0.6), NeighbourLists(0.6, largest=0)

    def step(lists: NeighbourLists | None) -> float:
        network.neighbours = lists or kept
        network.zero_grad()
        described = network.described(positions) if lists is not None else described_by_item(network, positions)
        loss = network.read_out(described).square().sum()
        loss.backward()
        return loss.item()

    claim = f"step of SchNet, {n_atoms} atoms, {n_frames} frames: lists kept"
    require_agreement(claim, step(kept), step(None), 1e-4)
    target = TARGETS[n_atoms]
    one = compare(claim, "by item", lambda: step(kept), lambda: step(None), target=target, repetitions=repetitions)
    batch = compare(claim, "by batch", lambda: step(kept), lambda: step(by_batch), repetitions=repetitions)
    return [one, batch]


if __name__ == "__main__":
    main(measure)
