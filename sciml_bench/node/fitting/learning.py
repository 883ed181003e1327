"""What the three training methods share: one step per epoch on whole trajectories, and an honest choice of the best.

An epoch takes one optimiser step and then evaluates the error of the free dynamics **at the weights after the step**,
which are the ones a checkpoint saves. Where the next loss is that very error (vanilla, and homotopy once λ = 0) its
graph is kept for the next step, so the honesty costs nothing.
"""

import copy
import math
from collections.abc import Sequence
from typing import Any, ClassVar, cast

import lightning.pytorch as pl
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.data import Observations, ObservationSpec, ObservedTrajectories
from sciml_bench.data.observations import PADDING
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.evaluation import Evaluation
from sciml_bench.node.fitting.smoothing_spline import SmoothingSpline, checked_smoothing
from sciml_bench.node.fitting.trajectory_batch import TrajectoryBatch
from sciml_bench.node.solvers.compiled_solver import CompiledSolver
from sciml_bench.node.solvers.solution import Solution
from sciml_bench.node.solvers.solve import Solver

LEARNING_RATE_DECAYS = ("constant", "cosine")
INITIAL_STATES = ("given", "smoothed", "trained")
FORECAST_STARTS = ("observed", "smoothed", "predicted")


class TrajectoryFitting(Method):
    """Fit a vector field to trajectories; the base of the training methods, each of which implements `losses`.

    Args:
        model: the field.
        spec: of the data.
        solver: integrates it.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        learning_rate_decay: `constant`, or `cosine` from the learning rate to zero over the fit.
        smoothing: of the spline through the data, in time³; 0 interpolates, `gcv` lets the data choose.
        initial_state: where a prediction starts: `given` by the data, at the start of the `smoothed` data, or `trained`
            with the weights, from the given one on.
        forecast_start: where a forecast starts: at the last `observed` row, at the end of the `smoothed` data, or where
            the dynamics themselves arrive when they have followed the data from the start (`predicted`).
        n_epochs: what `trainer.max_epochs=null` stands for.

    Raises:
        ConfigurationError: a value is out of range.
    """

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
        spec: ObservationSpec,
        *,
        solver: Solver | None = None,
        learning_rate: float | int = 0.02,
        weight_decay: float | int = 0.01,
        learning_rate_decay: str = "constant",
        smoothing: float | int | str = 0.0,
        initial_state: str = "given",
        forecast_start: str = "observed",
        n_epochs: int = 4000,
    ) -> None:
        super().__init__()
        if not learning_rate > 0:
            raise ConfigurationError(f"training.learning_rate={learning_rate}: give a number greater than 0")
        if weight_decay < 0:
            raise ConfigurationError(f"training.weight_decay={weight_decay}: give a number of at least 0")
        if learning_rate_decay not in LEARNING_RATE_DECAYS:
            raise ConfigurationError(
                f"training.learning_rate_decay={learning_rate_decay}: choose one of {', '.join(LEARNING_RATE_DECAYS)}"
            )
        if initial_state not in INITIAL_STATES:
            raise ConfigurationError(
                f"training.initial_state={initial_state}: choose one of {', '.join(INITIAL_STATES)}"
            )
        if forecast_start not in FORECAST_STARTS:
            raise ConfigurationError(
                f"training.forecast_start={forecast_start}: choose one of {', '.join(FORECAST_STARTS)}"
            )
        if isinstance(n_epochs, bool) or not isinstance(n_epochs, int) or n_epochs < 1:
            raise ConfigurationError(f"training.n_epochs={n_epochs}: give a whole number of at least 1")
        checked_smoothing(smoothing)
        self.automatic_optimization = False
        self.model, self.spec = model, spec
        self.solver: Solver = CompiledSolver() if solver is None else solver
        self.learning_rate, self.weight_decay = float(learning_rate), float(weight_decay)
        self.learning_rate_decay = learning_rate_decay
        self.smoothing, self.initial_state, self.n_epochs = smoothing, initial_state, n_epochs
        self.forecast_start = forecast_start
        self.function_evaluations = 0
        self.broken_down: dict[int, str] = {}
        if initial_state == "trained":
            shape = (1, spec.n_trajectories, spec.dim)
            self.initial_offsets = nn.Parameter(torch.zeros(shape, dtype=self.dtype_of_states))
        self._batch: TrajectoryBatch | None = None
        self._results: Evaluation | None = None
        self._next_losses: Tensor | None = None
        self._next_losses_are_counted = False
        self._free_errors: list[float] = []

    # ---- what a training method defines ---------------------------------------------------------------------------

    def losses(self, epoch: int) -> Float[Tensor, " members"]:
        """The loss of every member in an epoch, differentiable."""
        raise NotImplementedError(f"{type(self).__name__} must implement losses()")

    def loss_is_free_error(self, epoch: int) -> bool:
        """Whether the loss of an epoch is the error of the free dynamics."""
        return False

    def logged(self, epoch: int) -> dict[str, float]:
        """What is logged beside the loss and the error."""
        return {}

    # ---- data -----------------------------------------------------------------------------------------------------

    @property
    def dtype_of_states(self) -> torch.dtype:
        """The dtype of the field's weights."""
        return next(self.model.parameters()).dtype

    @property
    def batch(self) -> TrajectoryBatch:
        """The interpolation window of all trajectories."""
        if self._batch is None:
            raise RuntimeError("The method has seen no data yet: call use(data) first.")
        return self._batch

    def use(self, data: ObservedTrajectories) -> None:
        """Take the data to learn from; the trainer's are taken before the first epoch.

        Args:
            data: after its `setup()`.

        Raises:
            DataError: the data cannot be used.
        """
        observations = data.observations.interpolation_part()
        self.splines = [
            SmoothingSpline(times[counts], states[counts], self.smoothing)
            for times, states, counts in zip(
                observations.times, observations.states, observations.interpolation, strict=True
            )
        ]
        batch = TrajectoryBatch.of(observations, observations.interpolation, self.dtype_of_states)
        if self.initial_state == "smoothed":
            smoothed = np.stack([spline(times[0]) for spline, times in zip(self.splines, batch.times, strict=True)])
            batch.initial_states.copy_(torch.from_numpy(smoothed))
        self._batch = batch

    def initial_states(self) -> Float[Tensor, "members batch dim"]:
        """Where predictions start."""
        given = self.batch.initial_states.expand(self.n_members, -1, -1)
        return given + self.initial_offsets if self.initial_state == "trained" else given

    # ---- epochs ---------------------------------------------------------------------------------------------------

    @property
    def planned_epochs(self) -> int | None:
        """`n_epochs`."""
        return self.n_epochs

    def setup(self, stage: str) -> None:
        """Take the trainer's data; Lightning calls it before the fit."""
        self.use(cast(ObservedTrajectories, cast(Any, self.trainer).datamodule))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, full batch."""
        return torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, foreach=True)

    def training_step(self, batch: Tensor, batch_index: int) -> None:
        """One step, and the error of the free dynamics at the weights after it."""
        optimizer = cast(torch.optim.Optimizer, self.optimizers(use_pl_optimizer=True))
        epoch = self.current_epoch
        losses = self._fresh_losses(epoch) if self._next_losses is None else self._next_losses
        self._note_breakdowns(losses)
        sound = [index for index in range(self.n_members) if index not in self.broken_down]
        optimizer.zero_grad()
        losses[sound].sum().backward()
        self._leave_out_broken_members()
        if self.gradient_clip_val is not None:
            self._clip_gradients(self.gradient_clip_val)
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate_in(epoch)
        optimizer.step()
        self._loss = float(losses.detach()[sound].mean())
        self._finish_epoch(epoch)

    def _fresh_losses(self, epoch: int) -> Float[Tensor, " members"]:
        """The losses of an epoch; what a resumed run repeats was counted before it was interrupted."""
        counted = self.function_evaluations
        losses = self.losses(epoch)
        if self._next_losses_are_counted:
            self.function_evaluations, self._next_losses_are_counted = counted, False
        return losses

    def _clip_gradients(self, largest_norm: float | int) -> None:
        """Shorten the gradient of every member by itself, as in a run of its own."""
        gradients = [parameter.grad for parameter in self.parameters() if parameter.grad is not None]
        for index in range(self.n_members):
            parts = [gradient[index] for gradient in gradients]
            factor = float(largest_norm) / (torch.nn.utils.get_total_norm(parts) + 1e-6)
            for part in parts:
                part.mul_(factor.clamp(max=1.0))

    def learning_rate_in(self, epoch: int) -> float:
        """The learning rate of an epoch, a function of its number alone, so that a resumed fit needs no state."""
        if self.learning_rate_decay == "constant":
            return self.learning_rate
        trainer = self._trainer
        n_epochs = trainer.max_epochs if trainer is not None and trainer.max_epochs else self.n_epochs
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, epoch / n_epochs)))

    def _finish_epoch(self, epoch: int) -> None:
        self.observe(epoch, self._loss)
        if self.loss_is_free_error(epoch + 1):
            self._next_losses = self.losses(epoch + 1)
            errors = self._next_losses.detach()
        else:
            self._next_losses = None
            with torch.no_grad():
                errors = self.free_errors()
        self._note_breakdowns(errors)
        # never the best, and finite, as a selected error has to be
        worst = 1e30
        self._free_errors = [worst if i in self.broken_down else float(e) for i, e in enumerate(errors)]

    def observe(self, epoch: int, loss: float) -> None:
        """Take note of an epoch's loss before the error of its weights is evaluated."""

    def on_train_epoch_end(self) -> None:
        """Log the loss (before the step) and the error of the free dynamics (after it)."""
        sound = [error for i, error in enumerate(self._free_errors) if i not in self.broken_down]
        values = {"loss": self._loss, "interpolation_mse": float(np.mean(sound)), **self.logged(self.current_epoch)}
        self.log_epoch(values)

    def free_errors(self) -> Float[Tensor, " members"]:
        """Mean squared error of the free dynamics over the interpolation window, of every member."""
        solution = self.solved(self.model, self.initial_states(), self.batch.times)
        return self.batch.mean_squared_error(solution.states)

    def solved(
        self, field: VectorField, x0: Float[Tensor, "members batch dim"], times: Float[np.ndarray, "batch time"]
    ) -> Solution:
        """Integrate and count the cost; what is not finite is found in the loss (`_note_breakdowns`)."""
        solution = self.solver(field, x0, times)
        self.function_evaluations += solution.function_evaluations
        self._last_solution = solution
        return solution

    def _note_breakdowns(self, losses: Tensor) -> None:
        """Leave out the members whose integration broke down; end the fit when none is left.

        Raises:
            SolverError: no member is left.
        """
        finite = torch.isfinite(losses.detach())
        if finite.all():
            return
        for index in (~finite).nonzero().ravel().tolist():
            if index not in self.broken_down:
                try:
                    states = self._last_solution.states[index]
                    Solution(self._last_solution.times, states, 0).require_finite(self.solver.remedy)
                    self.broken_down[index] = f"the loss became {float(losses[index].detach())}; {self.solver.remedy}"
                except SolverError as error:
                    self.broken_down[index] = str(error)
        if len(self.broken_down) == self.n_members:
            raise SolverError(self.broken_down[0])

    def _leave_out_broken_members(self) -> None:
        for index in self.broken_down:
            for parameter in self.parameters():
                if parameter.grad is not None:
                    parameter.grad[index] = 0.0

    # ---- resume, cost and ensembles -------------------------------------------------------------------------------

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Counters, which must not go back with the best weights."""
        checkpoint["trajectory_fitting"] = {
            "function_evaluations": self.function_evaluations,
            "broken_down": dict(self.broken_down),
            "next_losses_are_counted": self._next_losses is not None,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Counters."""
        state = checkpoint.get("trajectory_fitting")
        if state is not None:
            self.function_evaluations = state["function_evaluations"]
            self.broken_down = dict(state["broken_down"])
            self._next_losses_are_counted = bool(state["next_losses_are_counted"])

    def record_entries(self) -> dict[str, Any]:
        """The cost in evaluations of the vector field, the solver and its error, and whether a member broke down."""
        entries: dict[str, Any] = {
            "function_evaluations": self.function_evaluations,
            "solver": type(self.solver).__name__,
        }
        if self._results is not None:
            entries["integration_error"] = self._results.integration_error
        if self.broken_down:
            entries["broke_down"] = self.broken_down[0] if self.n_members == 1 else dict(self.broken_down)
        return entries

    @classmethod
    def joined(cls, methods: Sequence[Method]) -> "TrajectoryFitting":
        """All methods as one batch; their random state is used for nothing after the weights are drawn."""
        members = cast(Sequence[TrajectoryFitting], methods)
        together = copy.deepcopy(members[0])
        together.model = type(members[0].model).joined([member.model for member in members])
        for name, _ in members[0].named_parameters(recurse=False):
            values = torch.cat([getattr(member, name).detach() for member in members])
            setattr(together, name, nn.Parameter(values))
        return together

    @property
    def n_members(self) -> int:
        """Fields that are trained as one batch."""
        return self.model.n_members

    def member_state(self, index: int) -> dict[str, Tensor]:
        """The weights of one member; every parameter counts the members along its first axis."""
        parameters = {name for name, _ in self.named_parameters()}
        return {
            name: value[index : index + 1] if name in parameters else value for name, value in self.state_dict().items()
        }

    @property
    def monitored_members(self) -> Sequence[float] | None:
        """The error of the free dynamics of every member."""
        return None if self.n_members == 1 else self._free_errors

    def hand_over(self, index: int, member: Method) -> None:
        """The cost, which is the same for all members, and whether this one broke down."""
        single = cast(TrajectoryFitting, member)
        single.function_evaluations = self.function_evaluations
        single.broken_down = {0: self.broken_down[index]} if index in self.broken_down else {}

    # ---- what was learned -----------------------------------------------------------------------------------------

    def losses_at(
        self, parameters: Float[Tensor, "members parameters"], coupling: float | int = 0.0
    ) -> Float[Tensor, " members"]:
        """The error of many fields at once, for scans and landscapes of the loss; not differentiable.

        Args:
            parameters: of the field, flattened in the order of `model.parameters()`, one row per field.
            coupling: λ k, in 1/time; 0 for the free dynamics.
        """
        from sciml_bench.node.fields.coupling import CoupledDynamics

        field = copy.deepcopy(self.model)
        shapes = {name: value.shape[1:] for name, value in field.named_parameters()}
        pieces = parameters.to(self.dtype_of_states).split([shape.numel() for shape in shapes.values()], dim=1)
        field.set_members(
            {name: piece.reshape(-1, *shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}
        )
        pulled = CoupledDynamics(field, self.splines, coupling) if coupling else field
        x0 = self.initial_states()[:1].expand(len(parameters), -1, -1)
        with torch.no_grad():
            return self.batch.mean_squared_error(self.solver(pulled, x0, self.batch.times).states)

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """Errors inside and beyond the window that was learned from; see `Evaluation`."""
        results = self._results = self.evaluation(cast(ObservedTrajectories, data))
        metrics = dict(results.metrics)
        if self.function_evaluations:
            metrics["function_evaluations"] = float(self.function_evaluations)
        if self.best_epoch is not None:
            metrics["best_epoch"] = float(self.best_epoch + 1)
        return metrics

    def evaluation(self, data: ObservedTrajectories) -> Evaluation:
        """The prediction of the present weights from the initial states to the last time."""
        self.use(data)
        with torch.no_grad():
            starts = self._forecast_starts(data.observations.interpolation_part())
            return Evaluation.of(data, self.model, self.solver, self.initial_states(), self.splines, starts)

    def _forecast_starts(self, observations: Observations) -> Float[Tensor, "batch dim"]:
        """The states at the last row of every trajectory, as `forecast_start` says."""
        rows, last = np.arange(observations.n_trajectories), observations.lengths - 1
        if self.forecast_start == "predicted":
            with torch.no_grad():
                states = self.solver(self.model, self.initial_states(), observations.times).states[0]
            return states[torch.from_numpy(rows), torch.from_numpy(last)]
        if self.forecast_start == "observed":
            start = observations.states[rows, last]
        else:
            kept = [observations.window[row] != PADDING for row in rows]
            splines = [
                SmoothingSpline(observations.times[row][keep], observations.states[row][keep], self.smoothing)
                for row, keep in zip(rows, kept, strict=True)
            ]
            start = np.stack([spline(np.array(spline.end)) for spline in splines])
        return torch.from_numpy(start).to(self.dtype_of_states)

    def figures(self, data: pl.LightningDataModule) -> dict[str, Figure]:
        """Data, smoothing, prediction and extrapolation; phase portrait."""
        return {} if self._results is None else self._results.figures

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """Times, observations, truth where known, smoothing and prediction."""
        return {} if self._results is None else self._results.arrays

    def forecast_from_end(self, data: pl.LightningDataModule, n_steps: int) -> dict[str, np.ndarray]:
        """The free dynamics from the last observation on.

        Args:
            data: after its `setup()`.
            n_steps: number of states, one time step apart.

        Returns:
            `times (batch, steps)` and `states (batch, steps, dim)`, the last observation not included.

        Raises:
            SolverError: the integration broke down.
        """
        self.use(cast(ObservedTrajectories, data))
        observations = cast(ObservedTrajectories, data).observations
        last = observations.times[np.arange(observations.n_trajectories), observations.lengths - 1]
        times = last[:, None] + self.spec.time_step * np.arange(n_steps + 1)
        with torch.no_grad():
            x0 = self._forecast_starts(observations)
            solution = self.solver(self.model, x0[None], times).require_finite(self.solver.remedy)
        return {"times": times[:, 1:], "states": solution.states[0, :, 1:].double().numpy()}
