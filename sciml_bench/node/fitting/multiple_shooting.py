"""Multiple shooting: short trajectories from trainable starts, tied together by a penalty (Bock and Plitt, 1984).

u0_i = y[s_i] + ε_i,   loss = mean (p − y)² + w · mean (end of segment i−1 − u0_i)²; all segments of all trajectories
are integrated as one batch.
"""

from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import ObservationSpec, ObservedTrajectories
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.learning import TrajectoryFitting
from sciml_bench.node.fitting.segments import Segments
from sciml_bench.node.fitting.trajectory_batch import TrajectoryBatch


class MultipleShootingTraining(TrajectoryFitting):
    """Learn from segments.

    Args:
        model: the field.
        spec: of the data.
        n_segments: per trajectory.
        continuity_weight: w.
        **options: as in `TrajectoryFitting`.

    Raises:
        ConfigurationError: no segments, a negative weight, or as in `TrajectoryFitting`.
    """

    shown: ClassVar[tuple[str, ...]] = ("loss", "interpolation_mse", "continuity")

    def __init__(
        self,
        model: VectorField,
        spec: ObservationSpec,
        *,
        n_segments: int = 5,
        continuity_weight: float | int = 0.01,
        **options: Any,
    ) -> None:
        super().__init__(model, spec, **options)
        if isinstance(n_segments, bool) or not isinstance(n_segments, int) or n_segments < 1:
            raise ConfigurationError(f"training.n_segments={n_segments}: give a whole number of at least 1")
        if not continuity_weight >= 0:
            raise ConfigurationError(f"training.continuity_weight={continuity_weight}: give a number of at least 0")
        self.n_segments, self.continuity_weight = n_segments, float(continuity_weight)
        shape = (1, spec.n_trajectories, n_segments - 1, spec.dim)
        self.start_offsets = nn.Parameter(torch.zeros(shape, dtype=self.dtype_of_states))
        self._segments: Segments | None = None
        self._continuity = 0.0

    def use(self, data: ObservedTrajectories) -> None:
        """Take the data and cut them.

        Raises:
            ConfigurationError: there are fewer intervals than segments.
        """
        super().use(data)
        self._segments = Segments.of(self.batch, self.n_segments)

    @property
    def segments(self) -> TrajectoryBatch:
        """The segments as one batch."""
        return self._cut().batch

    def segment_starts(self) -> Float[Tensor, "members rows dim"]:
        """Observed starts with their trainable corrections; the first segment of a trajectory starts as it does."""
        cut = self._cut()
        observed = cut.batch.initial_states.reshape(-1, cut.n_segments, self.spec.dim)
        later = observed[None, :, 1:] + self.start_offsets
        first = self.initial_states()[:, :, None]
        return torch.cat([first, later], dim=2).flatten(1, 2)

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """Error of the segments and their gaps."""
        cut = self._cut()
        starts = self.segment_starts()
        solution = self.solved(self.model, starts, cut.batch.times)
        losses = cut.batch.mean_squared_error(solution.states)
        if cut.n_segments > 1:
            ends = solution.states[:, torch.arange(len(cut.ends)), cut.ends]
            shape = (len(losses), -1, cut.n_segments, self.spec.dim)
            gaps = ends.reshape(shape)[:, :, :-1] - starts.reshape(shape)[:, :, 1:]
            continuity = gaps.square().mean(dim=(1, 2, 3))
            self._continuity = float(continuity.detach().mean())
            losses = losses + self.continuity_weight * continuity
        return losses

    def logged(self, epoch: int) -> dict[str, float]:
        """Mean squared gap between segments, before its weight."""
        return {"continuity": self._continuity}

    def _cut(self) -> Segments:
        if self._segments is None:
            raise RuntimeError("The method has seen no data yet: call use(data) first.")
        return self._segments
