"""Homotopy training: couple the dynamics to the data, and let go step by step (Ko et al., NeurIPS 2023).

loss = mean (p − y)² with p the coupled dynamics du/dt = field − λ k (u − û(t)); λ falls from 1 to 0 on a schedule, and
the error of the free dynamics selects the weights.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import ObservationSpec, ObservedTrajectories
from sciml_bench.node.fields.coupling import CoupledDynamics, checked_coupling_strength
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.learning import TrajectoryFitting
from sciml_bench.node.fitting.schedules import PowerLawSchedule, Schedule


class HomotopyTraining(TrajectoryFitting):
    """Learn along a path of problems that begins with an easy one.

    Args:
        model: the field.
        spec: of the data.
        coupling_strength: k, in 1/time, one number or one per component.
        schedule: λ against the epoch.
        **options: as in `TrajectoryFitting`; the length of the fit is the schedule's.

    Raises:
        ConfigurationError: k is negative, or as in `TrajectoryFitting`.
    """

    shown: ClassVar[tuple[str, ...]] = ("loss", "interpolation_mse", "homotopy_parameter")

    def __init__(
        self,
        model: VectorField,
        spec: ObservationSpec,
        *,
        coupling_strength: float | int | Sequence[float | int] = 6.0,
        schedule: Schedule | None = None,
        **options: Any,
    ) -> None:
        self.schedule = PowerLawSchedule() if schedule is None else schedule
        if not isinstance(self.schedule, Schedule):
            raise ConfigurationError("training.schedule: name one of the schedules of sciml_bench.node")
        super().__init__(model, spec, n_epochs=self.schedule.n_epochs, **options)
        self.coupling_strength = checked_coupling_strength(coupling_strength, spec.dim).tolist()
        self._coupled: CoupledDynamics | None = None
        self._scale_in_epoch = 1.0

    def use(self, data: ObservedTrajectories) -> None:
        """Take the data, and couple the field to their splines."""
        super().use(data)
        coupled = CoupledDynamics(self.model, self.splines, self.coupling_strength)
        # not a submodule: its parameters are the model's and must not be counted or saved twice
        object.__setattr__(self, "_coupled", coupled)

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """The error of the coupled dynamics; of the free ones where λ is 0."""
        scale = self.schedule(epoch)
        if scale == 0:
            return self.free_errors()
        if self._coupled is None:
            raise RuntimeError("The method has seen no data yet: call use(data) first.")
        self._coupled.scale = scale
        solution = self.solved(self._coupled, self.initial_states(), self.batch.times)
        return self.batch.mean_squared_error(solution.states)

    def loss_is_free_error(self, epoch: int) -> bool:
        """Once λ is 0."""
        return self.schedule(epoch) == 0

    def observe(self, epoch: int, loss: float) -> None:
        """Tell the schedule."""
        self._scale_in_epoch = self.schedule(epoch)
        self.schedule.observe(epoch, loss)

    def logged(self, epoch: int) -> dict[str, float]:
        """λ of the epoch."""
        return {"homotopy_parameter": self._scale_in_epoch}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Counters and the state of the schedule."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["trajectory_fitting"]["schedule"] = self.schedule.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Counters and the state of the schedule."""
        super().on_load_checkpoint(checkpoint)
        state = checkpoint.get("trajectory_fitting", {}).get("schedule")
        if state:
            self.schedule.load_state_dict(state)
