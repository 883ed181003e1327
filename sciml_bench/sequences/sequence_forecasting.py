"""Training of sequence models: some past states in, some future ones out, and roll-outs that tell how good they are.

A model maps inputs (batch, n_inputs, *state) to the last m ≥ n_outputs states of the window, so that it may also
reconstruct its inputs; the loss counts all that it gives, in units of the training states' deviation. Where training
windows are long enough for several calls (data.n_calls), the inputs of a step are now and then the model's own
predictions, so that it learns to go on from them (the push-forward of Brandstetter, Worrall and Welling, Message
Passing Neural PDE Solvers, ICLR 2022).
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar, cast

import lightning.pytorch as pl
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.data.sequence_windows import SequenceSpec, SequenceWindows
from sciml_bench.sequences.rollout import relative_errors, roll_out
from sciml_bench.sequences.sequence_evaluation import SequenceEvaluation

LOSSES = ("l1", "mse")
LEARNING_RATE_DECAYS = ("constant", "cosine", "plateau")
_WARM_UP = 0.02
"""Of the steps, during which a cosine rises."""
_PLATEAU_FACTOR = 0.5


class SequenceForecasting(Method):
    """Fit a sequence model to windows; short roll-outs over the validation trajectories select the best weights.

    Args:
        model: the sequence model.
        spec: of the data.
        loss: `l1` or `mse`.
        learning_rate: of Adam.
        learning_rate_decay: `constant`; `cosine`, to zero over the fit after a short rise; `plateau`, halved after
            `patience` epochs in which the validation error was not the lowest so far.
        patience: in epochs, for `plateau`.
        n_epochs: of the fit.
        push_forward_start: part of the epochs, from 0 to 1, before inputs may be the model's own predictions;
            as long as these are bad, they only teach it to doubt its inputs.
        validation_steps: states of a validation roll-out.
        roll_out_steps: states of the roll-outs in the evaluation; errors are averaged over each of these lengths.
        thresholds: of the relative error; the evaluation says when a roll-out passes them.

    Raises:
        ConfigurationError: a value is out of range.
    """

    monitor: ClassVar[str | None] = "roll_out_error_validation"
    shown: ClassVar[tuple[str, ...]] = ("loss",)
    headline: tuple[str, ...] = (
        "rollout_relative_error",
        "persistence_relative_error",
        "window_relative_error",
    )

    def __init__(
        self,
        model: nn.Module,
        spec: SequenceSpec,
        *,
        loss: str = "l1",
        learning_rate: float | int = 1e-3,
        learning_rate_decay: str = "cosine",
        patience: int = 5,
        n_epochs: int = 50,
        push_forward_start: float | int = 0.1,
        validation_steps: int = 30,
        roll_out_steps: Sequence[int] = (100,),
        thresholds: Sequence[float] = (0.01, 0.1),
    ) -> None:
        super().__init__()
        if loss not in LOSSES:
            raise ConfigurationError(f"training.loss={loss}: choose one of {', '.join(LOSSES)}")
        if learning_rate_decay not in LEARNING_RATE_DECAYS:
            raise ConfigurationError(
                f"training.learning_rate_decay={learning_rate_decay}: choose one of {', '.join(LEARNING_RATE_DECAYS)}"
            )
        if not learning_rate > 0:
            raise ConfigurationError(f"training.learning_rate={learning_rate}: give a number greater than 0")
        counts = {"patience": patience, "n_epochs": n_epochs, "validation_steps": validation_steps}
        counts |= {"roll_out_steps": min(roll_out_steps, default=0)}
        for name, value in counts.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"training.{name}={value}: give a whole number of at least 1")
        if not 0 <= push_forward_start <= 1:
            raise ConfigurationError(f"training.push_forward_start={push_forward_start}: give a number from 0 to 1")
        if any(not threshold > 0 for threshold in thresholds):
            raise ConfigurationError(f"training.thresholds={list(thresholds)}: relative errors are positive")
        self.automatic_optimization = False
        self.model, self.spec = model, spec
        self.loss, self.learning_rate, self.learning_rate_decay = loss, float(learning_rate), learning_rate_decay
        self.patience, self.n_epochs, self.validation_steps = patience, n_epochs, validation_steps
        self.push_forward_start = float(push_forward_start)
        self.roll_out_steps, self.thresholds = tuple(roll_out_steps), tuple(float(value) for value in thresholds)
        self.register_buffer("deviation", torch.tensor(spec.deviation, dtype=spec.dtype), persistent=False)
        self._plateau: dict[str, float | int] = {"best": math.inf, "waited": 0, "factor": 1.0}
        self._losses: list[float] = []
        self._results: SequenceEvaluation | None = None

    @property
    def planned_epochs(self) -> int | None:
        """`n_epochs`."""
        return self.n_epochs

    def forward(self, inputs: Float[Tensor, "batch inputs *state"]) -> Float[Tensor, "batch outputs *state"]:
        """What the model gives: the last states of the window."""
        return self.model(inputs)

    # ---- training -------------------------------------------------------------------------------------------------

    def window_loss(
        self,
        windows: Float[Tensor, "batch window *state"],
        inputs: Float[Tensor, "batch inputs *state"] | None = None,
    ) -> Float[Tensor, ""]:
        """The mean of |û − u| or (û − u)² over all that the model gives, in units of the deviation.

        Args:
            windows: the truth.
            inputs: of the model; those of the windows by default.

        Raises:
            DataError: the model gives fewer states than it must, or more than a window has.
        """
        outputs = self(windows[:, : self.spec.n_inputs] if inputs is None else inputs)
        given = outputs.shape[1]
        if not self.spec.n_outputs <= given <= self.spec.n_window or outputs.shape[2:] != windows.shape[2:]:
            raise DataError(
                f"the model gives {tuple(outputs.shape)}; expected the last {self.spec.n_outputs} to "
                f"{self.spec.n_window} states of windows of the shape {tuple(windows.shape)}"
            )
        difference = (outputs - windows[:, -given:]) / self.deviation
        return difference.abs().mean() if self.loss == "l1" else difference.square().mean()

    @torch.no_grad()
    def pushed_forward(
        self, windows: Float[Tensor, "batch training *state"]
    ) -> tuple[Float[Tensor, "batch window *state"], Float[Tensor, "batch inputs *state"]]:
        """Windows for one call, and the model's own inputs for it after a random number of calls, 0 to `n_calls` − 1.

        The number is drawn from the global random state, which a run makes a function of its seed and the epoch.
        """
        spec = self.spec
        n_before = int(torch.randint(spec.n_calls, ())) if spec.n_calls > 1 else 0
        inputs = windows[:, : spec.n_inputs]
        if n_before:
            rolled = roll_out(self, inputs, n_before * spec.n_outputs, spec.n_outputs).to(inputs)
            if bool(torch.isfinite(rolled).all()):
                inputs = torch.cat([inputs, rolled], dim=1)[:, -spec.n_inputs :]
            else:
                n_before = 0
        first = n_before * spec.n_outputs
        return windows[:, first : first + spec.n_window], inputs

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate, foreach=True)

    def training_step(self, batch: Tensor, batch_index: int) -> None:
        """One step."""
        optimizer = cast(torch.optim.Optimizer, self.optimizers(use_pl_optimizer=True))
        n_epochs = self.trainer.max_epochs or self.n_epochs
        pushed = self.current_epoch >= self.push_forward_start * n_epochs
        loss = self.window_loss(*(self.pushed_forward(batch) if pushed else (batch[:, : self.spec.n_window],)))
        self.require_finite(loss.item(), self.trainer.global_step)
        optimizer.zero_grad()
        self.manual_backward(loss)
        if self.gradient_clip_val is not None:
            nn.utils.clip_grad_norm_(self.parameters(), self.gradient_clip_val)
        for group in optimizer.param_groups:
            group["lr"] = self.present_learning_rate()
        optimizer.step()
        self._losses.append(loss.item())

    def present_learning_rate(self) -> float:
        """Of the next step: a function of its number, and for `plateau` of the validation errors so far."""
        if self.learning_rate_decay == "plateau":
            return self.learning_rate * self._plateau["factor"]
        if self.learning_rate_decay == "constant":
            return self.learning_rate
        trainer = self.trainer
        n_steps = int(trainer.num_training_batches) * (trainer.max_epochs or self.n_epochs)
        passed = min(1.0, (trainer.global_step + 0.5) / n_steps)
        return self.learning_rate * min(1.0, passed / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * passed))

    def on_train_epoch_end(self) -> None:
        """Roll out over the validation trajectories at the weights after the epoch."""
        data = cast(SequenceWindows, cast(Any, self.trainer).datamodule)
        rate = self.present_learning_rate()
        self.eval()
        error = self.roll_out_error(data, "validation", self.validation_steps)
        self.train()
        self._note_for_plateau(error)
        self.log_epoch(
            {"loss": float(np.mean(self._losses)), "roll_out_error_validation": error, "learning_rate": rate}
        )
        self._losses.clear()

    @torch.no_grad()
    def roll_out_error(self, data: SequenceWindows, split: str, n_steps: int) -> float:
        """‖û − u‖²/‖u‖², averaged over the trajectories of a split and as many steps, or as many as there are."""
        truth = data.sequences[split][:, self.spec.n_inputs :][:, :n_steps]
        parts = data.starts(split).to(self.device).split(data.batch_size)
        rolled = torch.cat([roll_out(self, part, truth.shape[1], self.spec.n_outputs).cpu() for part in parts])
        return float(relative_errors(rolled.numpy(), truth).mean())

    def _note_for_plateau(self, error: float) -> None:
        state = self._plateau
        if error < state["best"]:
            state.update(best=error, waited=0)
            return
        state["waited"] += 1
        if state["waited"] >= self.patience:
            state.update(waited=0, factor=state["factor"] * _PLATEAU_FACTOR)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """What the plateau rule remembers."""
        checkpoint["sequence_forecasting"] = dict(self._plateau)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """What the plateau rule remembers."""
        self._plateau.update(checkpoint.get("sequence_forecasting", {}))

    # ---- what was learned -------------------------------------------------------------------------------------------

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """Roll-outs over the test trajectories; see `SequenceEvaluation.metrics`."""
        windows = cast(SequenceWindows, data)
        lengths, thresholds = self.roll_out_steps, self.thresholds
        self._results = SequenceEvaluation.of(self, windows, lengths, thresholds, windows.batch_size)
        metrics = dict(self._results.metrics)
        if self.best_epoch is not None:
            metrics["best_epoch"] = float(self.best_epoch + 1)
        return metrics

    def figures(self, data: pl.LightningDataModule) -> dict[str, Figure]:
        """Error growth, and a roll-out beside the truth."""
        return {} if self._results is None else self._results.figures

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """Error against time, and the first roll-outs."""
        return {} if self._results is None else self._results.arrays

    def record_entries(self) -> dict[str, Any]:
        """The model, what it says about itself (its own `record_entries`), and the seconds of one prediction."""
        entries: dict[str, Any] = {"model": type(self.model).__name__}
        if hasattr(self.model, "record_entries"):
            entries |= cast(Any, self.model).record_entries()
        if self._results is not None:
            entries["seconds_per_window"] = self._results.seconds_per_window
        return entries

    def forecast_from_end(self, data: pl.LightningDataModule, n_steps: int) -> dict[str, np.ndarray]:
        """The states after the end of every test trajectory.

        Args:
            data: after its `setup()`.
            n_steps: number of states.

        Returns:
            `times (steps,)` since the last state, and `states (batch, steps, *state)`.
        """
        last = cast(SequenceWindows, data).sequences["test"][:, -self.spec.n_inputs :]
        inputs = torch.from_numpy(last).to(self.spec.dtype)
        rolled = roll_out(self, inputs, n_steps, self.spec.n_outputs)
        return {"times": self.spec.time_step * np.arange(1, n_steps + 1), "states": rolled.numpy()}
