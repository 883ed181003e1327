"""Features of the frames of one trajectory, read from its file as they are asked for."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.formats.frame_chains import FrameChain
from sciml_bench.data.molecules.features import Features

CHUNK_BYTES = 2**24
"""Positions of all atoms that are in memory at once."""


class MolecularFrames:
    """A source of rows for `LazyStates`: every `stride`-th frame of a file, as features.

    MDTraj's own strides over XTC may never end; frames are read in whole chunks and chosen here.

    Args:
        path: of the trajectory.
        chain: its frames.
        topology: of MDTraj, of all atoms of the file.
        features: what becomes of a frame.
        stride: frames from one row to the next.
    """

    def __init__(self, path: Path, chain: FrameChain, topology: Any, features: Features, stride: int = 1) -> None:
        self.path, self.chain, self.topology, self.features, self.stride = path, chain, topology, features, stride
        self._file: Any = None
        example = self._read(0, 1)
        self.shape = (-(-chain.n_frames // stride), *example.shape[1:])
        self.dtype = example.dtype

    def __getstate__(self) -> dict[str, Any]:
        """Without the open file, which every process opens for itself."""
        return {**vars(self), "_file": None}

    def with_features(self, features: Features) -> "MolecularFrames":
        """Other features of the same frames."""
        return MolecularFrames(self.path, self.chain, self.topology, features, self.stride)

    def __getitem__(self, rows: slice) -> Float[np.ndarray, "time *state"]:
        start, stop, _ = rows.indices(self.shape[0])
        if stop <= start:
            return np.empty((0, *self.shape[1:]), self.dtype)
        n_rows = max(1, CHUNK_BYTES // (12 * self.chain.n_atoms * self.stride))
        return np.concatenate([self._read(row, min(row + n_rows, stop)) for row in range(start, stop, n_rows)])

    def _read(self, start: int, stop: int) -> Float[np.ndarray, "time *state"]:
        first, last = start * self.stride, (stop - 1) * self.stride
        try:
            if self._file is None:
                import mdtraj

                self._file = mdtraj.open(str(self.path))
            self._file.seek(first)
            frames = self._file.read_as_traj(
                self.topology, n_frames=last - first + 1, atom_indices=np.asarray(self.features.atoms_read)
            )
        except (OSError, RuntimeError, ValueError, TypeError) as error:
            reason = " ".join(str(error).split())
            raise DataError(f"{self.path} cannot be read from frame {first + 1} on ({reason})") from error
        if frames.n_frames != last - first + 1:
            raise DataError(f"{self.path} is damaged after frame {first + frames.n_frames}")
        return np.asarray(self.features.of(frames[:: self.stride] if self.stride > 1 else frames), dtype=np.float32)
