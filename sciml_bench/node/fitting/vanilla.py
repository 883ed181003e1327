"""Vanilla training: the error of the whole trajectory, from the initial state on (Chen et al., NeurIPS 2018)."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from sciml_bench.data import ObservationSpec
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.learning import TrajectoryFitting


class VanillaTraining(TrajectoryFitting):
    """loss = mean (p − y)² with p the free dynamics from the initial state.

    Args:
        model: the field.
        spec: of the data.
        **options: as in `TrajectoryFitting`.
    """

    def __init__(self, model: VectorField, spec: ObservationSpec, **options: Any) -> None:
        super().__init__(model, spec, **options)

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """The error of the free dynamics."""
        return self.free_errors()

    def loss_is_free_error(self, epoch: int) -> bool:
        """It is."""
        return True
