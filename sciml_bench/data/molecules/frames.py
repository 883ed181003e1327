"""Features of the frames of one trajectory, read from its file as they are asked for."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.formats.frame_chains import FrameChain
from sciml_bench.data.molecules.features import Features
from sciml_bench.data.regular_clock import median_step, whole_steps

CHUNK_BYTES = 2**24
"""Positions of all atoms that are in memory at once."""


class MolecularFrames:
    """A source of rows for `LazyStates`: chosen frames of a file, as features.

    MDTraj's own strides over XTC may never end; frames are read in whole chunks and chosen here.

    Args:
        path: of the trajectory.
        chain: its frames.
        topology: of MDTraj, of all atoms of the file.
        features: what becomes of a frame.
        frames: numbers of the chosen ones, in their order, as from `strided`.
    """

    def __init__(
        self, path: Path, chain: FrameChain, topology: Any, features: Features, frames: Int[np.ndarray, " rows"]
    ) -> None:
        self.path, self.chain, self.topology, self.features, self.frames = path, chain, topology, features, frames
        self._file: Any = None
        example = self._read(0, 1)
        self.shape = (len(frames), *example.shape[1:])
        self.dtype = example.dtype

    def __getstate__(self) -> dict[str, Any]:
        """Without the open file, which every process opens for itself."""
        return {**vars(self), "_file": None}

    def with_features(self, features: Features) -> "MolecularFrames":
        """Other features of the same frames."""
        return MolecularFrames(self.path, self.chain, self.topology, features, self.frames)

    def __getitem__(self, rows: slice) -> Float[np.ndarray, "time *state"]:
        start, stop, _ = rows.indices(self.shape[0])
        if stop <= start:
            return np.empty((0, *self.shape[1:]), self.dtype)
        stride = int(np.diff(self.frames).max(initial=1))
        n_rows = max(1, CHUNK_BYTES // (12 * self.chain.n_atoms * stride))
        return np.concatenate([self._read(row, min(row + n_rows, stop)) for row in range(start, stop, n_rows)])

    def _read(self, start: int, stop: int) -> Float[np.ndarray, "time *state"]:
        chosen = self.frames[start:stop]
        first, last = int(chosen[0]), int(chosen[-1])
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
        frames = frames if len(chosen) == frames.n_frames else frames[chosen - first]
        return np.asarray(self.features.of(frames), dtype=np.float32)


def strided(chain: FrameChain, stride: int, time_step: float | None = None) -> Int[np.ndarray, " rows"]:
    """Numbers of the frames that are whole strides apart, also across gaps of the clock.

    Counting on across a gap would shift the rows behind it by a part of a stride: there the first one is the frame that
    lies whole strides after those before.

    Args:
        chain: the frames.
        stride: frames from one row to the next.
        time_step: what a person says is between two frames, which then follow each other evenly.
    """
    steps = None
    if stride > 1 and time_step is None and chain.times is not None and len(chain.times) > 1:
        step = median_step([chain.times])
        steps = whole_steps(chain.times, step) if step > 0 else None
    if steps is None:
        return np.arange(0, chain.n_frames, stride)
    return np.flatnonzero(np.cumsum([0, *steps]) % stride == 0)
