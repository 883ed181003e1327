"""What every training of a solution operator shares: the optimiser, its schedule, the clock and the evaluation.

A subclass says what the loss of a batch of parameters is: the residual of series (`SpectralTraining`), the residual on
a grid (`GridTraining`), or the distance from reference solutions (`SupervisedTraining`).
"""

import math
import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import lightning.pytorch as pl
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_choice, require_integer, require_number
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.evaluation import OperatorEvaluation
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.solving import prediction
from sciml_bench.nsm.training.flop_count import count_flops
from sciml_bench.scores.field_errors import relative_l2

SCHEDULES = ("exponential", "cosine", "constant")
_SLOWEST_LEFT_OUT = 0.1
"""Of the iterations, whose times are those of the first calls and of other programs."""


class OperatorTraining(Method):
    """Train on fresh parameters; the validation error selects the best weights.

    Args:
        model: the network.
        equation: the spec.
        learning_rate: of Adam.
        learning_rate_schedule: `exponential`, to `final_factor` of it; `cosine`, to zero; `constant`.
        final_factor: of the exponential schedule.
        n_epochs: of the fit where neither trainer.max_steps nor trainer.max_epochs is given.

    Raises:
        ConfigurationError: a value is out of range.
    """

    monitor: ClassVar[str | None] = "relative_l2_validation"
    shown: ClassVar[tuple[str, ...]] = ("loss",)

    def __init__(
        self,
        model: OperatorNetwork,
        equation: Equation,
        *,
        learning_rate: float | int = 1e-3,
        learning_rate_schedule: str = "cosine",
        final_factor: float | int = 1e-3,
        n_epochs: int = 15,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model, self.equation = model, equation
        errors = (f"relative_l2_{resolution}" for resolution in equation.test_resolutions)
        self.headline = (*errors, "residual_l2", "seconds_per_iteration")
        self.learning_rate = require_number("training.learning_rate", learning_rate, "give a positive number")
        self.learning_rate_schedule = require_choice(
            "training.learning_rate_schedule", learning_rate_schedule, SCHEDULES
        )
        self.final_factor = require_number("training.final_factor", final_factor, "give a positive number")
        self.n_epochs = require_integer("training.n_epochs", n_epochs, 1, "train at least 1 epoch")
        self._losses: list[Tensor] = []
        self._seconds: list[float] = []
        self._flops: float | None = None
        self._results: OperatorEvaluation | None = None

    @property
    def planned_epochs(self) -> int | None:
        """`n_epochs`."""
        return self.n_epochs

    @abstractmethod
    def loss(self, parameters: Float[Tensor, "batch *parameter_grid"]) -> Float[Tensor, ""]:
        """Of a batch.

        Args:
            parameters: fields on their own grid.
        """

    # ---- training ---------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam, its step in one pass over the weights, of which a spectral operator has a matrix per coefficient."""
        weights = list(self.parameters())
        real = all(weight.is_floating_point() for weight in weights)  # torch fuses no complex ones
        return torch.optim.Adam(weights, lr=self.learning_rate, fused=real, foreach=not real)

    def training_step(self, batch: Tensor, batch_index: int) -> None:
        """One iteration."""
        started = time.perf_counter()
        optimizer = cast(torch.optim.Optimizer, self.optimizers(use_pl_optimizer=True))
        optimizer.zero_grad()
        loss = self.loss(batch)
        self.require_finite(loss.item(), self.trainer.global_step)
        self.manual_backward(loss)
        if self.gradient_clip_val is not None:
            nn.utils.clip_grad_norm_(self.parameters(), self.gradient_clip_val)
        for group in optimizer.param_groups:
            group["lr"] = self.present_learning_rate()
        optimizer.step()
        self._losses.append(loss.detach())
        self._seconds.append(time.perf_counter() - started)

    @property
    def n_steps(self) -> int:
        """Iterations of the whole fit."""
        trainer = self.trainer
        limits = [trainer.max_steps] if trainer.max_steps > 0 else []
        if trainer.max_epochs is not None and trainer.max_epochs > 0:
            limits.append(int(trainer.num_training_batches) * trainer.max_epochs)
        return min(limits)

    def present_learning_rate(self) -> float:
        """Of the next iteration, a function of its number."""
        passed = min(1.0, (self.trainer.global_step + 0.5) / self.n_steps)
        if self.learning_rate_schedule == "exponential":
            return self.learning_rate * self.final_factor**passed
        if self.learning_rate_schedule == "cosine":
            return self.learning_rate * 0.5 * (1 + math.cos(math.pi * passed))
        return self.learning_rate

    def on_train_epoch_end(self) -> None:
        """The validation error after the epoch, beside the training's cost so far."""
        error = self.validation_error(cast(Equation, cast(Any, self.trainer).datamodule))
        self.log_epoch(
            {
                "loss": float(torch.stack(self._losses).mean()) if self._losses else math.nan,
                "relative_l2_validation": error,
                "learning_rate": self.present_learning_rate(),
                "training_seconds": float(np.sum(self._seconds)),
            }
        )
        self._losses.clear()

    @torch.no_grad()
    def validation_error(self, equation: Equation) -> float:
        """Mean relative L² error over the validation parameters.

        Args:
            equation: with its held-out parameters and their solutions.
        """
        truth = torch.from_numpy(equation.solutions("validation"))
        grid = equation.test_grid(truth.shape[-1])
        found = prediction(self.model, equation, equation.parameters("validation"), grid, self.device)
        return float(relative_l2(found, truth).mean())

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The seconds of the iterations."""
        checkpoint["operator_training"] = {"seconds": list(self._seconds)}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The seconds of the iterations."""
        self._seconds = list(checkpoint.get("operator_training", {}).get("seconds", []))

    # ---- cost -------------------------------------------------------------------------------------------------------

    @property
    def seconds_per_iteration(self) -> float:
        """Mean over the iterations, without the slowest tenth."""
        if not self._seconds:
            return 0.0
        ordered = np.sort(self._seconds)
        return float(ordered[: max(1, round(len(ordered) * (1 - _SLOWEST_LEFT_OUT)))].mean())

    def flops_per_iteration(self, equation: Equation) -> float:
        """Floating-point operations of the matrix products and Fourier transforms of one iteration, forward and
        backward.

        Args:
            equation: whose parameters are drawn.
        """
        if self._flops is None:
            drawn = equation.draw_parameters(equation.batch_size, 0)
            parameters = torch.from_numpy(drawn).to(dtype=self.model.dtype, device=self.device)
            with torch.inference_mode(False), torch.enable_grad():
                self._flops = count_flops(
                    lambda: torch.autograd.grad(
                        self.loss(parameters.clone()), list(self.parameters()), allow_unused=True
                    )
                )
        return self._flops

    # ---- what was learned -------------------------------------------------------------------------------------------

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """Errors at every test resolution, the residual and the cost; see `OperatorEvaluation.metrics`."""
        equation = cast(Equation, data)
        self._results = OperatorEvaluation.of(self.model, equation, self.device)
        metrics = dict(self._results.metrics)
        metrics["seconds_per_iteration"] = self.seconds_per_iteration
        metrics["flops_per_iteration"] = self.flops_per_iteration(equation)
        if self.best_epoch is not None:
            metrics["best_epoch"] = float(self.best_epoch + 1)
        return metrics

    def figures(self, data: pl.LightningDataModule) -> Mapping[str, Any]:
        """Solutions beside the truth, their errors, and for flows an animation."""
        return {} if self._results is None else self._results.figures

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """The first test solutions, and the error of every test parameter."""
        return {} if self._results is None else dict(self._results.arrays)

    def record_entries(self) -> dict[str, Any]:
        """The model, what it says about itself, and the equation."""
        return {"model": type(self.model).__name__, "equation": self.equation.identity} | self.model.record_entries()
