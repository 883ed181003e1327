"""Training of sequence models: some past states in, some future ones out, and rollouts that tell how good they are.

A model maps inputs (batch, n_inputs, *state) to the last m ≥ n_outputs states of the window, so that it may also
reconstruct its inputs; the loss counts all that it gives, in units of the training states' deviation. Where training
windows are long enough for several calls (view.n_calls), the inputs of a step are now and then the model's own
predictions, so that it learns to go on from them (the push-forward of Brandstetter, Worrall and Welling, Message
Passing Neural PDE Solvers, ICLR 2022).
"""

from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.method import Method
from sciml_bench.data.held_out import end_of
from sciml_bench.data.views import WindowsView
from sciml_bench.scores.rollout_scores import relative_squared_errors
from sciml_bench.sequences.sequence_forecaster import SequenceForecaster, rollout

LOSSES = ("l1", "mse")


@runtime_checkable
class TellsMore(Protocol):
    """A model that has something for record.json, such as the masses that it has learned."""

    def record_entries(self) -> dict[str, Any]:
        """Plain values."""
        ...


class SequenceForecasting(Method):
    """Fit a sequence model to windows; short rollouts over the validation trajectories select the best weights.

    Args:
        model: the sequence model.
        view: windows.
        loss: `l1` or `mse`.
        learning_rate: of Adam.
        n_epochs: of the fit.
        push_forward_start: part of the epochs, from 0 to 1, before inputs may be the model's own predictions;
            as long as these are bad, they only teach it to doubt its inputs.
        validation_steps: states of a validation rollout.

    Raises:
        ConfigurationError: a value is out of range.
    """

    monitor: ClassVar[str | None] = "rollout_error_validation"
    headline: tuple[str, ...] = (
        "rollout_relative_squared_error",
        "persistence_relative_squared_error",
        "window_relative_squared_error",
    )
    deviation: Tensor

    def __init__(
        self,
        model: nn.Module,
        view: WindowsView,
        *,
        loss: ConfiguredWord = "l1",
        learning_rate: float | int = 1e-3,
        n_epochs: int = 50,
        push_forward_start: float | int = 0.1,
        validation_steps: int = 30,
    ) -> None:
        super().__init__(view)
        if not isinstance(model, nn.Module):
            raise ConfigurationError("training=sequence trains a model of windows, such as model=resnet for fields")
        self.loss_name = require_choice("training.loss", loss, LOSSES)
        self.learning_rate = require_number("training.learning_rate", learning_rate, "give a number greater than 0")
        self.n_epochs = require_integer("training.n_epochs", n_epochs, 1, "train at least 1 epoch")
        self.validation_steps = require_integer("training.validation_steps", validation_steps, 1, "give at least 1")
        if not 0 <= push_forward_start <= 1:
            raise ConfigurationError(f"training.push_forward_start={push_forward_start}: give a number from 0 to 1")
        self.push_forward_start = float(push_forward_start)
        self.model, self.spec = model, view.spec
        self.register_buffer("deviation", torch.tensor(view.spec.deviation, dtype=view.spec.dtype), persistent=False)

    def optimizer(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate, foreach=True)

    def loss(self, batch: Float[Tensor, "batch training *state"]) -> Float[Tensor, ""]:
        """Of a batch of windows, or of what comes after some calls of the model."""
        pushed = self.progress.epoch >= self.push_forward_start * self.progress.n_epochs
        return self.window_loss(*(self.pushed_forward(batch) if pushed else (batch[:, : self.spec.n_window],)))

    def window_loss(
        self, windows: Float[Tensor, "batch window *state"], inputs: Float[Tensor, "batch inputs *state"] | None = None
    ) -> Float[Tensor, ""]:
        """The mean of |û − u| or (û − u)² over all that the model gives, in units of the deviation.

        Args:
            windows: the truth.
            inputs: of the model; those of the windows by default.

        Raises:
            DataError: the model gives fewer states than it must, or more than a window has.
        """
        outputs = self.model(windows[:, : self.spec.n_inputs] if inputs is None else inputs)
        given = outputs.shape[1]
        if not self.spec.n_outputs <= given <= self.spec.n_window or outputs.shape[2:] != windows.shape[2:]:
            raise DataError(
                f"the model gives {tuple(outputs.shape)}; expected the last {self.spec.n_outputs} to "
                f"{self.spec.n_window} states of windows of the shape {tuple(windows.shape)}"
            )
        difference = (outputs - windows[:, -given:]) / self.deviation
        return difference.abs().mean() if self.loss_name == "l1" else difference.square().mean()

    @torch.no_grad()
    def pushed_forward(
        self, windows: Float[Tensor, "batch training *state"]
    ) -> tuple[Float[Tensor, "batch window *state"], Float[Tensor, "batch inputs *state"]]:
        """Windows for one call, and the model's own inputs for it after a random number of calls, 0 to `n_calls` − 1.

        The number is drawn from the global random state, which a run makes a function of its seed and the epoch.
        """
        spec = self.spec
        n_before = int(torch.randint(spec.n_calls, ())) if spec.n_calls > 1 else 0
        inputs, first = windows[:, : spec.n_inputs], 0
        if n_before:
            rolled = rollout(self.model, inputs, n_before * spec.n_outputs, spec.n_outputs).to(inputs)
            if bool(torch.isfinite(rolled).all()):
                inputs, first = torch.cat([inputs, rolled], dim=1)[:, -spec.n_inputs :], n_before * spec.n_outputs
        return windows[:, first : first + spec.n_window], inputs

    def end_epoch(self) -> dict[str, float]:
        """Roll out over the validation trajectories at the weights after the epoch."""
        if "validation" not in self.view.record.splits:
            return {}
        self.eval()
        error = self.rollout_error("validation", self.validation_steps)
        self.train()
        return {"rollout_error_validation": error}

    @torch.no_grad()
    def rollout_error(self, split: str, n_steps: int) -> float:
        """‖û − u‖²/‖u‖², averaged over the trajectories of a part and as many steps, or as many as there are."""
        truth = self.view.sequences(split)[:, self.spec.n_inputs :][:, :n_steps]
        parts = self.view.starts(split).to(self.progress.device).split(self.view.batch_size)
        rolled = torch.cat([rollout(self.model, part, truth.shape[1], self.spec.n_outputs) for part in parts])
        return float(relative_squared_errors(self.spec.from_model(rolled), truth).mean())

    def learned(self) -> SequenceForecaster:
        """The model."""
        return SequenceForecaster(self.model, self.spec, end_of(self.view.record, self.spec.n_inputs))

    def record_entries(self) -> dict[str, Any]:
        """What the model says about itself."""
        return self.model.record_entries() if isinstance(self.model, TellsMore) else {}
