"""Multiple shooting: short trajectories from trainable starts, tied together by a penalty (Bock and Plitt, 1984).

u0_i = y[s_i] + ε_i,   loss = mean (p − y)² + w · mean (end of segment i−1 − u0_i)²; all segments of all trajectories
are integrated as one batch.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.trajectory_batch import TrajectoryBatch
from sciml_bench.node.fitting.trajectory_fitting import TrajectoryFitting


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments that share their end points; row b · n_segments + i is segment i of trajectory b.

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
        inputs = None if whole.inputs is None else whole.inputs.of(trajectory.tolist())
        segments = TrajectoryBatch(times, starts, states, torch.from_numpy(counts), whole.deviation, inputs)
        return cls(segments, ends, n_segments)


class MultipleShootingTraining(TrajectoryFitting):
    """Learn from segments.

    Args:
        n_segments: per trajectory.
        continuity_weight: w.
        model, view, **options: as in `TrajectoryFitting`.

    Raises:
        ConfigurationError: no segments, more than intervals, a negative weight, or as in `TrajectoryFitting`.
    """

    shown: ClassVar[tuple[str, ...]] = ("loss", "interpolation_mse", "continuity")

    def __init__(
        self,
        model: VectorField,
        view: WholeTrajectoriesView,
        *,
        n_segments: ConfiguredInteger = 5,
        continuity_weight: ConfiguredNumber = 0.01,
        **options: Any,
    ) -> None:
        super().__init__(model, view, **options)
        self.n_segments = require_integer("training.n_segments", n_segments, 1, "give a whole number of at least 1")
        remedy = "give a number of at least 0"
        self.continuity_weight = require_number("training.continuity_weight", continuity_weight, remedy, positive=False)
        shape = (1, view.train.n_trajectories, self.n_segments - 1, view.train.dim)
        self.start_offsets = nn.Parameter(torch.zeros(shape, dtype=self.dtype_of_states))
        self.cut = Segments.of(self.batch, self.n_segments)
        self._continuity = 0.0

    @property
    def segments(self) -> TrajectoryBatch:
        """The segments as one batch."""
        return self.cut.batch

    def segment_starts(self) -> Float[Tensor, "members rows dim"]:
        """Observed starts with their trainable corrections; the first segment of a trajectory starts as it does."""
        cut = self.cut
        observed = cut.batch.initial_states.reshape(-1, cut.n_segments, self.view.train.dim)
        later = observed[None, :, 1:] + self.in_states_units(self.start_offsets)
        first = self.initial_states()[:, :, None]
        return torch.cat([first, later], dim=2).flatten(1, 2)

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """Error of the segments and their gaps."""
        cut = self.cut
        starts = self.segment_starts()
        solution = self.solved(cut.batch.driven(self.model), starts, cut.batch.times)
        losses = cut.batch.mean_squared_error(solution.states)
        if cut.n_segments > 1:
            ends = solution.states[:, torch.arange(len(cut.ends)), cut.ends]
            shape = (len(losses), -1, cut.n_segments, self.view.train.dim)
            gaps = ends.reshape(shape)[:, :, :-1] - starts.reshape(shape)[:, :, 1:]
            deviation = self.batch.deviation
            continuity = (gaps if deviation is None else gaps / deviation).square().mean(dim=(1, 2, 3))
            self._continuity = float(continuity.detach().mean())
            losses = losses + self.continuity_weight * continuity
        return losses

    def logged(self, epoch: int) -> dict[str, float]:
        """Mean squared gap between segments, before its weight."""
        return {"continuity": self._continuity}


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
