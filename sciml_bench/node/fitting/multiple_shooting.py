"""Multiple shooting: short trajectories from trainable starts, tied together by a penalty (Bock and Plitt, 1984).

u0_i = y[s_i] + ε_i,   loss = mean (p − y)² + w · mean (end of segment i−1 − u0_i)²; all segments of all trajectories
are integrated as one batch.
"""

from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.segments import Segments
from sciml_bench.node.fitting.trajectory_batch import TrajectoryBatch
from sciml_bench.node.fitting.trajectory_fitting import TrajectoryFitting


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
        later = observed[None, :, 1:] + self.start_offsets
        first = self.initial_states()[:, :, None]
        return torch.cat([first, later], dim=2).flatten(1, 2)

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """Error of the segments and their gaps."""
        cut = self.cut
        starts = self.segment_starts()
        solution = self.solved(self.model, starts, cut.batch.times)
        losses = cut.batch.mean_squared_error(solution.states)
        if cut.n_segments > 1:
            ends = solution.states[:, torch.arange(len(cut.ends)), cut.ends]
            shape = (len(losses), -1, cut.n_segments, self.view.train.dim)
            gaps = ends.reshape(shape)[:, :, :-1] - starts.reshape(shape)[:, :, 1:]
            continuity = gaps.square().mean(dim=(1, 2, 3))
            self._continuity = float(continuity.detach().mean())
            losses = losses + self.continuity_weight * continuity
        return losses

    def logged(self, epoch: int) -> dict[str, float]:
        """Mean squared gap between segments, before its weight."""
        return {"continuity": self._continuity}
