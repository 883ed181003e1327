"""Vanilla training: the error of the whole trajectory, from the initial state on (Chen et al., NeurIPS 2018)."""

from jaxtyping import Float
from torch import Tensor

from sciml_bench.node.fitting.trajectory_fitting import TrajectoryFitting


class VanillaTraining(TrajectoryFitting):
    """loss = mean (p − y)² with p the free dynamics from the initial state.

    Args:
        model: the field.
        view: of the record.
        **options: as in `TrajectoryFitting`.
    """

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """The error of the free dynamics."""
        return self.free_errors()

    def loss_is_free_error(self, epoch: int) -> bool:
        """It is."""
        return True
