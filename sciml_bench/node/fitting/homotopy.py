"""Homotopy training: couple the dynamics to the data, and let go step by step (Ko et al., NeurIPS 2023).

loss = mean (p − y)² with p the coupled dynamics du/dt = field − λ k (u − û(t)); λ falls from 1 to 0 on a schedule, and
the error of the free dynamics selects the weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.node.fields.coupling import CoupledDynamics, checked_coupling_strength
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.coupling_schedules import CouplingSchedule, PowerLawSchedule
from sciml_bench.node.fitting.trajectory_fitting import TrajectoryFitting
from sciml_bench.node.solvers.fixed_step_solver import FixedStepSolver
from sciml_bench.node.units import Units, noise_of, time_of_change

_STRENGTH_PER_STEP, _STRENGTH_PER_CHANGE, _RAW_STRENGTH = 0.6, 3.6, 6.0
_CLEAN = 1e-3
"""Deviations of the noise, beside those of the states, that count as none."""
_LONGEST_STEP = 2.0
"""Times k; explicit methods make the coupling itself unstable in longer ones."""


class HomotopyTraining(TrajectoryFitting):
    """Learn along a path of problems that begins with an easy one.

    Args:
        coupling_strength: k, in 1/time step (1/time where units are raw), one number or one per component; by default
            .6 (6), or less where rows are dense and noisy: 3.6 over the time steps in which states change by one
            deviation. Coupled more strongly than motions are fast, a field follows the noise whatever it is, and is
            left with most of what there is to learn when λ has become 0; rows without noise are followed gladly.
        coupling_schedule: λ against the epoch.
        model, view, **options: as in `TrajectoryFitting`; the length of the fit is that of λ's schedule.

    Raises:
        ConfigurationError: k is negative, or as in `TrajectoryFitting`.
    """

    shown: ClassVar[tuple[str, ...]] = ("loss", "interpolation_mse", "homotopy_parameter")

    def __init__(
        self,
        model: VectorField,
        view: WholeTrajectoriesView,
        *,
        coupling_strength: float | int | Sequence[float | int] | None = None,
        coupling_schedule: CouplingSchedule | None = None,
        **options: Any,
    ) -> None:
        schedule = PowerLawSchedule() if coupling_schedule is None else coupling_schedule
        if not isinstance(schedule, CouplingSchedule):
            raise ConfigurationError("training.coupling_schedule: name one of the schedules of sciml_bench.node")
        super().__init__(model, view, n_epochs=schedule.n_epochs, **options)
        self.coupling_schedule = schedule
        if coupling_strength is None:
            coupling_strength = _RAW_STRENGTH if self.units is None else self._strength(self.units)
        time_step = 1.0 if self.units is None else self.units.time_step
        self.coupling_strength = (checked_coupling_strength(coupling_strength, view.spec.dim) / time_step).tolist()
        self.coupled_solver, strongest = self.solver, max(self.coupling_strength)
        if strongest and isinstance(self.solver, FixedStepSolver) and self.solver.max_step is None:
            self.coupled_solver = replace(self.solver, max_step=_LONGEST_STEP / strongest)
        self._scale_in_epoch = 1.0
        self._coupled: CoupledDynamics | None = None

    def _strength(self, units: Units) -> float:
        """What suits dense and sparse, clean and noisy rows, in 1/time step."""
        if noise_of(self.view.train, units) < _CLEAN:
            return _STRENGTH_PER_STEP
        steps_of_change = time_of_change(self.view.train, units) / units.time_step
        return min(_STRENGTH_PER_STEP, _STRENGTH_PER_CHANGE / steps_of_change)

    def plan(self, n_epochs: int) -> None:
        """Every λ for as long as the others."""
        self.coupling_schedule.stretch(n_epochs)
        self.n_epochs = self.coupling_schedule.n_epochs

    def coupled(self) -> CoupledDynamics:
        """The field tied to the splines through the data."""
        coupled = self._coupled
        if coupled is None or coupled.field is not self.model:
            coupled = CoupledDynamics(self.model, self.splines, self.coupling_strength)
            # not a submodule: its parameters are the model's and must not be counted or saved twice
            object.__setattr__(self, "_coupled", coupled)
        return coupled

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """The error of the coupled dynamics; of the free ones where λ is 0."""
        scale = self.coupling_schedule(epoch)
        if scale == 0:
            return self.free_errors()
        coupled = self.coupled()
        coupled.scale = scale
        field = self.batch.driven(coupled)
        solution = self.solved(field, self.initial_states(), self.batch.times, self.coupled_solver)
        return self.batch.mean_squared_error(solution.states)

    def loss_is_free_error(self, epoch: int) -> bool:
        """Once λ is 0."""
        return self.coupling_schedule(epoch) == 0

    def observe(self, epoch: int, loss: float) -> None:
        """Tell the schedule."""
        self._scale_in_epoch = self.coupling_schedule(epoch)
        self.coupling_schedule.observe(epoch, loss)

    def logged(self, epoch: int) -> dict[str, float]:
        """λ of the epoch."""
        return {"homotopy_parameter": self._scale_in_epoch}

    def counters(self) -> dict[str, Any]:
        """Those of every fit, and the state of the schedule."""
        return {**super().counters(), "coupling_schedule": self.coupling_schedule.state_dict()}

    def load_counters(self, counters: Mapping[str, Any]) -> None:
        """Take what `counters` gave."""
        super().load_counters(counters)
        if counters.get("coupling_schedule"):
            self.coupling_schedule.load_state_dict(counters["coupling_schedule"])
