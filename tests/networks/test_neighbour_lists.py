import copy

import numpy as np
import torch

from sciml_bench.networks.neighbour_lists import NeighbourLists


def frames(n_frames=7, n_atoms=11, seed=0):
    return torch.rand(n_frames, n_atoms, 3, generator=torch.Generator().manual_seed(seed))


def expected(positions, cutoff):
    pairs = []
    for frame, atoms in enumerate(positions.double().numpy()):
        apart = np.linalg.norm(atoms[:, None] - atoms[None], axis=2) + 2 * cutoff * np.eye(len(atoms))
        pairs += [(frame * len(atoms) + i, frame * len(atoms) + j) for i, j in np.argwhere(np.triu(apart < cutoff))]
    return sorted(pairs)


def test_pairs_are_those_within_the_cutoff_once_in_every_frame():
    positions = frames()
    found = NeighbourLists(0.4).of(positions)
    assert sorted(zip(*found.tolist(), strict=True)) == expected(positions, 0.4)
    assert NeighbourLists(1e-3).of(positions).shape == (2, 0)


def test_lists_are_found_once_and_looked_up_in_any_order(monkeypatch):
    lists, positions = NeighbourLists(0.4), frames()
    lists.of(positions[:5])
    searched = []
    found = NeighbourLists._found
    monkeypatch.setattr(NeighbourLists, "_found", lambda self, part: searched.append(len(part)) or found(self, part))
    order = [6, 2, 2, 0, 5]
    assert sorted(zip(*lists.of(positions[order]).tolist(), strict=True)) == expected(positions[order], 0.4)
    lists.of(positions)
    assert searched == [2, 0]
    lists.of(positions + 1e-6)  # other frames
    assert searched == [2, 0, 7]


def test_no_more_is_remembered_than_was_allowed():
    lists, positions = NeighbourLists(0.4, largest=1500), frames(40)
    assert sorted(zip(*lists.of(positions).tolist(), strict=True)) == expected(positions, 0.4)
    assert 0 < len(lists) < 40
    assert lists.n_bytes <= 1500


def test_a_large_batch_is_looked_through_in_parts(monkeypatch):
    monkeypatch.setattr("sciml_bench.networks.neighbour_lists.ENTRIES_AT_ONCE", 2 * 11**2)
    positions = frames()
    assert sorted(zip(*NeighbourLists(0.4).of(positions).tolist(), strict=True)) == expected(positions, 0.4)


def test_a_copy_of_a_network_does_not_carry_them_along():
    lists = NeighbourLists(0.4)
    lists.of(frames())
    assert len(copy.deepcopy(lists)) == 0
    assert copy.deepcopy(lists).cutoff == 0.4
