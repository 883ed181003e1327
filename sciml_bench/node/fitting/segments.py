"""Trajectories cut into segments that share their end points, as the rows of one batch."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node.fitting.trajectory_batch import TrajectoryBatch


@dataclass(frozen=True, eq=False)
class Segments:
    """All segments of all trajectories; row b · n_segments + i is segment i of trajectory b.

    Args:
        batch: the segments; every observation counts once, so that of a shared point belongs to the later segment.
        ends: the column of a segment's last point.
        n_segments: per trajectory.
    """

    batch: TrajectoryBatch
    ends: Int[Tensor, " rows"]
    n_segments: int

    @classmethod
    def of(cls, whole: TrajectoryBatch, n_segments: int) -> "Segments":
        """Cut every trajectory, whose points that count come first, into segments of nearly equal length."""
        lengths = whole.counts.sum(dim=1).tolist()
        for number, length in enumerate(lengths):
            if length - 1 < n_segments:
                raise ConfigurationError(
                    f"training.n_segments={n_segments}: trajectory {number} has {length} points to learn from, and a "
                    f"segment needs an interval of its own; use at most {length - 1}"
                )
        borders = [np.linspace(0, length - 1, n_segments + 1).round().astype(int) for length in lengths]
        longest = max(int(np.diff(cuts).max()) for cuts in borders) + 1
        spans = [(b, *span) for b, cuts in enumerate(borders) for span in pairwise(cuts.tolist())]
        rows = [_segment(whole, *span, longest) for span in spans]
        times, columns, counts = (np.stack(part) for part in zip(*rows, strict=True))
        trajectory = torch.arange(len(lengths)).repeat_interleave(n_segments)
        states = whole.states[trajectory[:, None], torch.from_numpy(columns)]
        starts = states[:, 0].clone()
        starts[::n_segments] = whole.initial_states
        ends = torch.tensor([stop - start for _, start, stop in spans])
        return cls(TrajectoryBatch(times, starts, states, torch.from_numpy(counts)), ends, n_segments)


def _segment(
    whole: TrajectoryBatch, trajectory: int, start: int, stop: int, longest: int
) -> tuple[Float[np.ndarray, " time"], Int[np.ndarray, " time"], Bool[np.ndarray, " time"]]:
    """Times, columns of the trajectory and what counts, filled up with further steps to a common length."""
    columns = np.minimum(start + np.arange(longest), stop)
    beyond = np.arange(longest) - (stop - start)
    last_interval = whole.times[trajectory, stop] - whole.times[trajectory, stop - 1]
    times = whole.times[trajectory, columns] + np.maximum(beyond, 0) * last_interval
    is_last = stop + 1 == int(whole.counts[trajectory].sum())
    return times, columns, (beyond < 0) | (is_last & (beyond == 0))
