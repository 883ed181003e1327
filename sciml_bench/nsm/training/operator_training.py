"""What every training of a solution operator shares: the optimiser, its schedule, the clock and the evaluation.

A subclass says what the loss of a batch of parameters is: the residual of series (`SpectralTraining`), the residual on
a grid (`GridTraining`), or the distance from reference solutions (`SupervisedTraining`).
"""

import math
import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import require_integer, require_number
from sciml_bench.core.method import Method
from sciml_bench.core.stored.run_folder import NEVER
from sciml_bench.core.types import Metrics
from sciml_bench.data.views.fresh_parameters import FreshParameters
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.solving import prediction
from sciml_bench.nsm.trained_operator import TrainedOperator
from sciml_bench.nsm.training.flop_count import count_flops
from sciml_bench.nsm.training.solver_cost import least_seconds, solver_seconds
from sciml_bench.scores.operators.breakeven import breakeven_number
from sciml_bench.scores.operators.field_errors import relative_l2

_TIMED_BATCH = 16

_SLOWEST_LEFT_OUT = 0.1
"""Of the iterations, whose times are those of the first calls and of other programs."""


class OperatorTraining(Method):
    """Train on fresh parameters; the validation error selects the best weights.

    Args:
        model: the network.
        view: the equation's `sampling`.
        learning_rate: of Adam.
        n_epochs: of the fit where neither trainer.max_steps nor trainer.max_epochs is given.

    Raises:
        ConfigurationError: a value is out of range.
    """

    keeps_precision: ClassVar[bool] = True
    monitor: ClassVar[str | None] = "relative_l2_validation"

    def __init__(
        self, model: OperatorNetwork, view: FreshParameters, *, learning_rate: float | int = 1e-3, n_epochs: int = 15
    ) -> None:
        super().__init__(view)
        self.model, self.equation = model, model.equation
        errors = (f"relative_l2_{resolution}" for resolution in view.test_resolutions)
        self.headline = (*errors, "residual_l2", "seconds_per_iteration")
        self.learning_rate = require_number("training.learning_rate", learning_rate, "give a positive number")
        self.n_epochs = require_integer("training.n_epochs", n_epochs, 1, "train at least 1 epoch")
        self._seconds: list[float] = []
        self._started = 0.0
        self._breakeven: float | None = None

    @abstractmethod
    def mismatch(self, parameters: Float[Tensor, "batch *parameter_grid"]) -> Float[Tensor, ""]:
        """How far the solutions of a batch of parameter fields are from the equation, or from their references."""

    # ---- training ---------------------------------------------------------------------------------------------------

    def optimizer(self) -> torch.optim.Optimizer:
        """Adam, its step in one pass over the weights, of which a spectral operator has a matrix per coefficient."""
        weights = list(self.parameters())
        real = all(weight.is_floating_point() for weight in weights)  # torch fuses no complex ones
        return torch.optim.Adam(weights, lr=self.learning_rate, fused=real, foreach=not real)

    def loss(self, batch: Float[Tensor, "batch *parameter_grid"]) -> Float[Tensor, ""]:
        """`mismatch`, and the time at which its step begins."""
        self._started = time.perf_counter()
        return self.mismatch(batch)

    def after_step(self) -> None:
        """Note the seconds of the step."""
        self._seconds.append(time.perf_counter() - self._started)

    def end_epoch(self) -> Mapping[str, float]:
        """The validation error after the epoch, beside the training's cost so far."""
        return {"relative_l2_validation": self.validation_error(), "training_seconds": float(np.sum(self._seconds))}

    @torch.no_grad()
    def validation_error(self) -> float:
        """Mean relative L² error over the validation parameters."""
        truth = torch.from_numpy(self.view.solutions("validation"))
        grid = self.equation.test_grid(truth.shape[-1])
        parameters = self.view.parameters("validation")
        found = prediction(self.model, self.equation, parameters, grid, self.progress.device)
        return float(relative_l2(found, truth).mean())

    def counters(self) -> dict[str, Any]:
        """The seconds of the iterations."""
        return {"seconds": list(self._seconds)}

    def load_counters(self, counters: Mapping[str, Any]) -> None:
        """The seconds of the iterations."""
        self._seconds = list(counters.get("seconds", []))

    # ---- cost -------------------------------------------------------------------------------------------------------

    @property
    def seconds_per_iteration(self) -> float:
        """Mean over the iterations, without the slowest tenth."""
        if not self._seconds:
            return 0.0
        ordered = np.sort(self._seconds)
        return float(ordered[: max(1, round(len(ordered) * (1 - _SLOWEST_LEFT_OUT)))].mean())

    def flops_per_iteration(self) -> float:
        """Floating-point operations of the matrix products and Fourier transforms of one iteration, forward and
        backward.
        """
        drawn = self.equation.draw_parameters(self.view.batch_size, 0)
        parameters = torch.from_numpy(drawn).to(dtype=self.model.dtype, device=self.progress.device)
        with torch.inference_mode(False), torch.enable_grad():
            return count_flops(
                lambda: torch.autograd.grad(self.loss(parameters.clone()), list(self.parameters()), allow_unused=True)
            )

    def seconds_per_solution(self, resolution: int) -> float:
        """Wall seconds of one solution in a batch of 16, at the present weights.

        Args:
            resolution: points per space axis.
        """
        parameters, grid = self.equation.draw_parameters(_TIMED_BATCH, 0), self.equation.test_grid(resolution)
        return least_seconds(lambda: prediction(self.model, self.equation, parameters, grid))[0] / _TIMED_BATCH

    def training_seconds(self) -> float:
        """Wall seconds before the first prediction: of all iterations, and of what was computed for them."""
        return float(np.sum(self._seconds))

    def solver_seconds(self) -> float:
        """Wall seconds of a numerical solution that is as accurate as the network on the first grid of the tests."""
        resolution = self.view.test_resolutions[0]
        parameters = self.view.parameters("test")[:_TIMED_BATCH]
        truth = self.view.solutions("test", resolution)[:_TIMED_BATCH]
        found = prediction(self.model, self.equation, parameters, self.equation.test_grid(resolution))
        error = float(relative_l2(found, torch.from_numpy(truth)).mean())
        return solver_seconds(self.equation.solvers(self.view.test_time_points), parameters, truth, error)

    # ---- what was learned -------------------------------------------------------------------------------------------

    def learned(self) -> TrainedOperator:
        """The network as a solver."""
        return TrainedOperator(self.model)

    def fit_metrics(self) -> Metrics:
        """What an iteration costs, and a solution on the grids of the tests: measured once, with the fit."""
        cost = {f"seconds_per_solution_{n}": self.seconds_per_solution(n) for n in self.view.test_resolutions}
        solver = self.solver_seconds()
        prediction = cost[f"seconds_per_solution_{self.view.test_resolutions[0]}"]
        self._breakeven = breakeven_number(self.training_seconds(), solver, prediction)
        cost |= {"solver_seconds_per_solution": solver}
        if self._breakeven < math.inf:
            cost["breakeven_number"] = self._breakeven
        cost |= {"seconds_per_iteration": self.seconds_per_iteration, "flops_per_iteration": self.flops_per_iteration()}
        return cost | super().fit_metrics()

    def record_entries(self) -> dict[str, Any]:
        """What the model says about itself, and the equation."""
        entries = {"network": type(self.model).__name__, "equation": self.equation.identity}
        if self._breakeven == math.inf:
            entries["breakeven_number"] = NEVER
        return entries | self.model.record_entries()
