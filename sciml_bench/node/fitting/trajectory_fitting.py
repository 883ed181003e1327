"""What the training methods share: one step per epoch on whole trajectories, and an honest choice of the best.

An epoch takes one optimiser step and then evaluates the error of the free dynamics **at the weights after the step**,
which are the ones a checkpoint saves. Where the next loss is that very error (vanilla, and homotopy once λ = 0) its
graph is kept for the next step, so the honesty costs nothing.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import (
    ConfiguredInteger,
    ConfiguredNumber,
    ConfiguredWord,
    require_choice,
    require_integer,
    require_number,
)
from sciml_bench.core.errors import ConfigurationError, NotApplicableError, SolverError
from sciml_bench.core.method import Method
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.data.held_out import end_of
from sciml_bench.data.views.whole_trajectories_view import MOST_FLATTENED
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.smoothing_spline import checked_smoothing
from sciml_bench.node.fitting.trajectory_batch import (
    INITIAL_STATES,
    TrajectoryBatch,
    initial_states_of,
    splines_through,
)
from sciml_bench.node.learned_field import FORECAST_STARTS, OBSERVED, LearnedField
from sciml_bench.node.solvers.adaptive_solver import AdaptiveSolver
from sciml_bench.node.solvers.compiled_solver import CompiledSolver
from sciml_bench.node.solvers.fixed_step_solver import FixedStepSolver
from sciml_bench.node.solvers.runge_kutta import Plan, TimeSteps
from sciml_bench.node.solvers.solution import Solution
from sciml_bench.node.solvers.solve import Solver
from sciml_bench.node.units import STANDARDIZED, UNITS, Units, standard_units, time_of_change

_WORST = 1e30
"""The error of a member that broke down: never the best, and finite, as a selected error has to be."""

_OPERATIONS = 8
"""Of a step, for every weight and evaluation: 2 of the loss, 4 of its gradient and 2 of the error of the dynamics."""
_PER_SECOND = 1e9
"""Operations [measured: compiled layers of 2e4 to 1e6 nodes on one core, 0.6e9 to 1.5e9]."""
_WIDE = 2000
"""Nodes of a layer whose answer a usual learning rate throws far in one step, as all its weights move together."""


class TrajectoryFitting(Method):
    """Fit a vector field to trajectories; the base of the training methods, each of which implements `losses`.

    Args:
        model: the field.
        view: of the record.
        solver: integrates it.
        units: in which losses, offsets of initial states, the smoothing and the options of the solver are meant.
            `standardized`: deviations of the training states and median time steps, so that the fit does not depend on
            the units of the record; a network that sees standardised states then answers in deviations per the time in
            which they change by one. `raw`: the record's own, as in papers.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        smoothing: of the spline through the data, in time³ (cubed time steps); 0 interpolates, `gcv` lets the data
            choose.
        initial_state: where a prediction starts: at the first row as `given`, at the `exact` state where the record
            knows the truth (the protocol of Ko et al.), at the start of the `smoothed` data, or `trained` with the
            weights, from the given one on.
        forecast_start: where a forecast starts: at the last `observed` row, at the end of the `smoothed` data, or where
            the dynamics themselves arrive when they have followed the data from the start (`predicted`).
        n_epochs: what `trainer.max_epochs=null` stands for.

    `interpolation_mse`, which is logged in every epoch and selects the weights, is in the units of the loss; the score
    of that name is in those of the record.

    Raises:
        ConfigurationError: a value is out of range.
        DataError: there are too few rows to smooth.
    """

    takes_inputs: ClassVar[bool] = True
    monitor: ClassVar[str | None] = "interpolation_mse"
    shown: ClassVar[tuple[str, ...]] = ("loss", "interpolation_mse")
    headline: tuple[str, ...] = (
        "interpolation_mse",
        "extrapolation_mse",
        "interpolation_mse_clean",
        "extrapolation_mse_clean",
    )

    def __init__(
        self,
        model: VectorField,
        view: WholeTrajectoriesView,
        *,
        solver: Solver | None = None,
        units: ConfiguredWord = STANDARDIZED,
        learning_rate: ConfiguredNumber = 0.02,
        weight_decay: ConfiguredNumber = 0.01,
        smoothing: float | int | str = 0.0,
        initial_state: ConfiguredWord = "given",
        forecast_start: ConfiguredWord = OBSERVED,
        n_epochs: ConfiguredInteger = 4000,
    ) -> None:
        super().__init__(view)
        self.learning_rate = require_number("training.learning_rate", learning_rate, "give a number greater than 0")
        remedy = "give a number of at least 0"
        self.weight_decay = require_number("training.weight_decay", weight_decay, remedy, positive=False)
        self.initial_state = require_choice("training.initial_state", initial_state, INITIAL_STATES)
        self.forecast_start = require_choice("training.forecast_start", forecast_start, FORECAST_STARTS)
        self.n_epochs = require_integer("training.n_epochs", n_epochs, 1, "give a whole number of at least 1")
        require_choice("training.units", units, UNITS)
        weight = checked_smoothing(smoothing)
        if view.batch_size != view.train.n_trajectories:
            raise ConfigurationError(
                f"training.view.batch_size={view.batch_size}: a field is fitted to all {view.train.n_trajectories} "
                "trajectories in every step; leave it out"
            )
        self.model, self.smoothing = model, smoothing
        self.solver: Solver = CompiledSolver() if solver is None else solver
        self.units: Units | None = None
        if units == STANDARDIZED:
            self.units = standard_units(view.spec.mean, view.spec.deviation, view.spec.dim, view.spec.time_step)
            self.solver = self.solver.in_units(self.units)
            self.smoothing = smoothing if weight is None else weight * self.units.time_step**3
            model.set_time_unit(time_of_change(view.train, self.units))
        if isinstance(self.solver, AdaptiveSolver):
            self.solver.require_resolved(self.dtype_of_states)
        if isinstance(self.solver, FixedStepSolver):  # too many steps are told now
            TimeSteps.no_longer_than(self.solver.max_step, view.train.times)
        self.splines = splines_through(view.train, self.smoothing)
        starts = initial_states_of(view.train, initial_state, self.splines, "training.initial_state")
        deviation = None if self.units is None else self.units.deviation
        self.batch = TrajectoryBatch.of(view.train, starts, self.dtype_of_states, deviation)
        self.function_evaluations = 0
        self.broken_down: dict[int, str] = {}
        if initial_state == "trained":
            shape = (1, view.train.n_trajectories, view.train.dim)
            self.initial_offsets = nn.Parameter(torch.zeros(shape, dtype=self.dtype_of_states))
        self._losses: Tensor | None = None
        self._next_losses: Tensor | None = None
        self._next_losses_are_counted = False
        self._free_errors: list[float] = []

    @classmethod
    def require_states(cls, state_shape: tuple[int, ...]) -> None:
        """A vector field is one of vectors, and states of a few numbers are taken for such.

        Raises:
            NotApplicableError: states are images, or many bodies.
        """
        if len(state_shape) != 1 and math.prod(state_shape) > MOST_FLATTENED:
            raise NotApplicableError(
                f"a NeuralODE learns from vectors, or states of at most {MOST_FLATTENED} numbers; these have the shape "
                f"{tuple(state_shape)}"
            )

    # ---- what a training method defines ---------------------------------------------------------------------------

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """The loss of every member in an epoch, differentiable."""
        raise NotImplementedError(f"{type(self).__name__} must implement losses()")

    def loss_is_free_error(self, epoch: int) -> bool:
        """Whether the loss of an epoch is the error of the free dynamics."""
        return False

    def observe(self, epoch: int, loss: float) -> None:
        """Take note of an epoch's loss before the error of its weights is evaluated."""

    def logged(self, epoch: int) -> dict[str, float]:
        """What is logged beside the loss and the error."""
        return {}

    # ---- epochs ---------------------------------------------------------------------------------------------------

    @property
    def dtype_of_states(self) -> torch.dtype:
        """The dtype of the field's weights."""
        return next(self.model.parameters()).dtype

    def initial_states(self) -> Float[Tensor, "members batch dim"]:
        """Where predictions start."""
        given = self.batch.initial_states.expand(self.n_members, -1, -1)
        return given + self.in_states_units(self.initial_offsets) if self.initial_state == "trained" else given

    def in_states_units(self, offsets: Float[Tensor, "*axes dim"]) -> Float[Tensor, "*axes dim"]:
        """Trained offsets of states, which are weights in the units of the fit."""
        return offsets if self.batch.deviation is None else offsets * self.batch.deviation

    @property
    def seconds_per_step(self) -> float:
        """From the weights and the evaluations of the field; an adaptive solver takes about as many, or more."""
        solver, stages = self.solver, 6
        steps = self.batch.times.shape[1] - 1
        if isinstance(solver, FixedStepSolver):
            plan = Plan.of(solver.method, solver.max_step, self.batch.times)
            steps, stages = plan.steps.sizes.shape[1], plan.stage_times.shape[2]
        n_weights = sum(weight.numel() for weight in self.model.parameters())
        return _OPERATIONS * n_weights * len(self.batch.times) * steps * stages / _PER_SECOND

    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW, full batch."""
        return torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, foreach=True)

    def loss(self, batch: Any = None) -> Float[Tensor, " members"]:
        """The losses of the present epoch; what a resumed run repeats was counted before it was interrupted."""
        losses, counted = self._next_losses, self.function_evaluations
        if losses is None:
            losses = self.losses(self.progress.epoch)
            if self._next_losses_are_counted:
                self.function_evaluations, self._next_losses_are_counted = counted, False
        self._losses = losses.detach()
        return losses

    def after_step(self) -> None:
        """The error of the free dynamics at the weights after the step."""
        epoch = self.progress.epoch
        if self._losses is not None:
            self.observe(epoch, float(self._losses[self._sound()].mean()))
        kept = self.loss_is_free_error(epoch + 1)
        with torch.set_grad_enabled(kept):
            errors = self.losses(epoch + 1) if kept else self.free_errors()
        self._next_losses = errors if kept else None
        self._note_breakdowns(errors)
        self._free_errors = [_WORST if i in self.broken_down else float(e) for i, e in enumerate(errors.detach())]

    def end_epoch(self) -> Mapping[str, float]:
        """The error of the free dynamics after the step, and what the method adds."""
        errors = [self._free_errors[index] for index in self._sound()]
        return {"interpolation_mse": float(np.mean(errors)), **self.logged(self.progress.epoch)}

    def end_fit(self) -> None:
        """Let go of a graph that no step will use."""
        self._losses = self._next_losses = None

    def free_errors(self) -> Float[Tensor, " members"]:
        """Mean squared error of the free dynamics over the rows that are learned from, of every member."""
        solution = self.solved(self.batch.driven(self.model), self.initial_states(), self.batch.times)
        return self.batch.mean_squared_error(solution.states)

    def solved(
        self,
        field: VectorField,
        x0: Float[Tensor, "members batch dim"],
        times: Float[np.ndarray, "batch time"],
        solver: Solver | None = None,
    ) -> Solution:
        """Integrate and count the cost; what is not finite is found in the loss."""
        solution = (solver or self.solver)(field, x0, times)
        self.function_evaluations += solution.function_evaluations
        self._last_solution = solution
        return solution

    # ---- members --------------------------------------------------------------------------------------------------

    @classmethod
    def joined(cls, methods: Sequence[Method]) -> "TrajectoryFitting":
        """All methods as one batch; their random state is used for nothing after the weights are drawn."""
        members = cast(Sequence[TrajectoryFitting], methods)
        together = copy.deepcopy(members[0], {id(members[0].view): members[0].view})
        together.model = type(members[0].model).joined([member.model for member in members])
        for name, _ in members[0].named_parameters(recurse=False):
            values = torch.cat([getattr(member, name).detach() for member in members])
            setattr(together, name, nn.Parameter(values))
        return together

    @property
    def n_members(self) -> int:
        """Fields that are trained as one batch."""
        return self.model.n_members

    def sound_members(self, losses: Tensor) -> Sequence[int] | None:
        """The members whose integration has not broken down.

        Raises:
            SolverError: no member is left.
        """
        self._note_breakdowns(losses)
        return None if self.n_members == 1 else self._sound()

    def _sound(self) -> list[int]:
        return [index for index in range(self.n_members) if index not in self.broken_down]

    def _note_breakdowns(self, losses: Tensor) -> None:
        finite = torch.isfinite(losses.detach())
        if finite.all():
            return
        for index in (~finite).nonzero().ravel().tolist():
            if index not in self.broken_down:
                last, remedy = self._last_solution, self.solver.remedy
                if (width := max(max(weight.shape[1:], default=1) for weight in self.model.parameters())) >= _WIDE:
                    remedy = f"try a training.learning_rate of at most {1 / width:.0e}, or fewer model.nodes_per_layer"
                problem = Solution(last.times, last.states[index], 0).breakdown(remedy)
                self.broken_down[index] = problem or f"the loss became {float(losses[index].detach())}; {remedy}"
        if len(self.broken_down) == self.n_members:
            raise SolverError(self.broken_down[0])

    def member_values(self) -> Sequence[float] | None:
        """The error of the free dynamics of every member."""
        return None if self.n_members == 1 else self._free_errors

    def member_state(self, index: int) -> dict[str, Tensor]:
        """The weights of one member; every parameter counts the members along its first axis."""
        parameters = {name for name, _ in self.named_parameters()}
        return {
            name: value[index : index + 1] if name in parameters else value for name, value in self.state_dict().items()
        }

    def hand_over(self, index: int, member: Method) -> None:
        """The cost, which is the same for all members, and whether this one broke down."""
        single = cast(TrajectoryFitting, member)
        single.function_evaluations = self.function_evaluations
        single.broken_down = {0: self.broken_down[index]} if index in self.broken_down else {}

    # ---- resume and results ---------------------------------------------------------------------------------------

    def counters(self) -> dict[str, Any]:
        """What must not go back with the best weights."""
        return {
            "function_evaluations": self.function_evaluations,
            "broken_down": dict(self.broken_down),
            "next_losses_are_counted": self._next_losses is not None,
        }

    def load_counters(self, counters: Mapping[str, Any]) -> None:
        """Take what `counters` gave."""
        if counters:
            self.function_evaluations = counters["function_evaluations"]
            self.broken_down = dict(counters["broken_down"])
            self._next_losses_are_counted = bool(counters["next_losses_are_counted"])

    def learned(self) -> LearnedField:
        """The field with its solver, and the rows after which the record's future begins."""
        field = copy.deepcopy(self.model).requires_grad_(False)
        starts = self.initial_states().detach().double().numpy() if self.initial_state == "trained" else None
        learned = LearnedField(field, self.solver, self.view.record.spec, self.smoothing, self.forecast_start, starts)
        learned.keep(end_of(self.view.record, learned.rows_of_past))
        return learned

    def fit_metrics(self) -> dict[str, float]:
        """The cost in evaluations of the vector field, and the selected epoch."""
        cost = {"function_evaluations": float(self.function_evaluations)} if self.function_evaluations else {}
        return cost | super().fit_metrics()

    def record_entries(self) -> dict[str, Any]:
        """The cost in evaluations of the vector field, and whether a member broke down."""
        entries: dict[str, Any] = {"function_evaluations": self.function_evaluations}
        broke_down = self.broken_down[0] if self.broken_down and self.n_members == 1 else dict(self.broken_down)
        return entries | ({"broke_down": broke_down} if broke_down else {})


class VanillaTraining(TrajectoryFitting):
    """loss = mean (p − y)² with p the free dynamics from the initial state (Chen et al., NeurIPS 2018).

    Its arguments are those of `TrajectoryFitting`.
    """

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """The error of the free dynamics."""
        return self.free_errors()

    def loss_is_free_error(self, epoch: int) -> bool:
        """It is."""
        return True
