"""Which atoms are neighbours in a frame: found for a whole batch at once, and remembered, since frames come again.

A frame is recognised by its positions, bit by bit, wherever it comes from: as the earlier or the later state of a pair,
in every epoch, and in the evaluation after it.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

ENTRIES_AT_ONCE = 2**24
"""Of the distances between all atoms of the frames that are looked through together."""


class NeighbourLists:
    """Pairs of atoms that are nearer than a cutoff; no periodic images.

    Args:
        cutoff: in the unit of the positions.
        largest: bytes that are remembered; frames that come later are looked through again.
    """

    def __init__(self, cutoff: float, largest: int = 2**29) -> None:
        self.cutoff, self.largest, self.n_bytes = cutoff, largest, 0
        self._kept: dict[int, np.ndarray] = {}
        self._factors = torch.empty(0, dtype=torch.int64)

    def __deepcopy__(self, memo: object) -> "NeighbourLists":
        """An empty one: a copy of a network is another's."""
        return NeighbourLists(self.cutoff, self.largest)

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, positions: Float[Tensor, "frames atoms 3"]) -> Int[Tensor, "2 pairs"]:
        """Numbers of the first and second atom of every pair, once; atoms of all frames are counted on.

        Args:
            positions: of one frame after the other.
        """
        keys = self._keys(positions)
        unknown = [number for number, key in enumerate(keys) if key not in self._kept]
        fresh = {keys[number]: found for number, found in zip(unknown, self._found(positions[unknown]), strict=True)}
        for key, found in fresh.items():
            if self.n_bytes + found.nbytes <= self.largest:
                self._kept[key], self.n_bytes = found, self.n_bytes + found.nbytes
        lists = [self._kept[key] if key in self._kept else fresh[key] for key in keys]
        lists = lists or [np.empty((2, 0), np.int32)]  # a process may have no frame of a batch
        frames = np.repeat(np.arange(len(lists)) * positions.shape[1], [found.shape[1] for found in lists])
        return torch.from_numpy(np.concatenate(lists, axis=1) + frames).to(positions.device)

    def _found(self, positions: Tensor) -> list[np.ndarray]:
        """The pairs of every frame."""
        n_atoms, lists = positions.shape[1], []
        for part in positions.detach().split(max(1, ENTRIES_AT_ONCE // n_atoms**2)) if len(positions) else ():
            near = torch.cdist(part, part, compute_mode="donot_use_mm_for_euclid_dist") < self.cutoff
            frame, *pair = near.triu(1).nonzero(as_tuple=True)
            borders = torch.bincount(frame, minlength=len(part)).cumsum(0)[:-1].tolist()
            lists += np.split(torch.stack(pair).cpu().numpy().astype(np.int32), borders, axis=1)
        return lists

    def _keys(self, positions: Tensor) -> list[int]:
        """A number for each frame, of its bits."""
        bits = positions.detach().float().contiguous().flatten(1).view(torch.int32).long()
        if len(self._factors) != bits.shape[1]:
            draws = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, bits.shape[1]) | 1
            self._factors = torch.from_numpy(draws)
        return (bits * self._factors.to(bits.device)).sum(dim=1).tolist()
