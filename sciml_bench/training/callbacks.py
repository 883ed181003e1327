"""What every fit carries along: its cost, its history, exact reproducibility and a guard against numbers gone wrong."""

import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor

from sciml_bench.core.errors import TrainingError
from sciml_bench.core.method import Method
from sciml_bench.core.seeds import seed_everything


class AfterMethod(Checkpoint):
    """A callback that sees what the method logs at the end of the same epoch.

    Lightning calls every callback before the method's own `on_train_epoch_end`, except those of type `Checkpoint`.
    """


class SeedEveryEpoch(Callback):
    """Make the global random state of an epoch a function of (seed, epoch).

    Dropout and augmentation then need no generator state in the checkpoint, and a resumed run repeats them exactly.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Reseed; every rank gets its own stream."""
        seed_everything(self.seed, "epoch", trainer.current_epoch, "rank", trainer.global_rank)


class StopOnNonFinite(Callback):
    """End the fit at the first loss or weight that is not finite, before a checkpoint can hold it."""

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        """Check the loss of the step (a method with its own optimisation loop checks there)."""
        if isinstance(pl_module, Method):
            pl_module.require_finite(loss.item(), trainer.global_step)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the quantity that selects the best weights; nothing compares with NaN."""
        name = pl_module.monitor if isinstance(pl_module, Method) else None
        if name in trainer.callback_metrics and not torch.isfinite(trainer.callback_metrics[name]).all():
            raise TrainingError(
                f"{name} became {float(trainer.callback_metrics[name])} in epoch {trainer.current_epoch}, step "
                f"{trainer.global_step}; the last good checkpoint is kept; try a smaller training.learning_rate "
                "or trainer.gradient_clip_val=1"
            )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the weights that are about to be saved."""
        for name, parameter in pl_module.named_parameters():
            if not torch.isfinite(parameter).all():
                raise TrainingError(
                    f"the weights {name!r} are no longer finite after epoch {trainer.current_epoch}, step "
                    f"{trainer.global_step}; the last good checkpoint is kept; try a smaller training.learning_rate "
                    "or trainer.gradient_clip_val=1"
                )


class History(AfterMethod):
    """Every logged quantity, epoch by epoch, across interruptions.

    `rows` holds one `{name: value}` per epoch.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the epoch's quantities."""
        values = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.rows.append({"epoch": float(trainer.current_epoch), **values})

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.rows = list(state_dict["rows"])


class Cost(Callback):
    """Wall and CPU seconds of the fit, summed over interruptions up to the last checkpoint."""

    def __init__(self) -> None:
        self.wall_seconds = 0.0
        self.cpu_seconds = 0.0
        self.steps = 0
        self.epochs = 0
        self._since: tuple[float, float] | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clocks."""
        self._since = (time.perf_counter(), time.process_time())

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the time before the checkpoint is written."""
        self._take()
        self.steps = trainer.global_step
        self.epochs = trainer.current_epoch + 1

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the time of what came after the last epoch."""
        self._take()

    def _take(self) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        if self._since is not None:
            self.wall_seconds += wall - self._since[0]
            self.cpu_seconds += cpu - self._since[1]
        self._since = (wall, cpu)

    def summary(self) -> dict[str, float | int]:
        """Seconds in total, per epoch and per step, for record.json."""
        epochs, steps = max(self.epochs, 1), max(self.steps, 1)
        return {
            "epochs": self.epochs,
            "steps": self.steps,
            "fit_wall_seconds": self.wall_seconds,
            "fit_cpu_seconds": self.cpu_seconds,
            "cpu_seconds_per_epoch": self.cpu_seconds / epochs,
            "cpu_seconds_per_step": self.cpu_seconds / steps,
            "wall_seconds_per_epoch": self.wall_seconds / epochs,
        }

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        names = ("wall_seconds", "cpu_seconds", "steps", "epochs")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        for name, value in state_dict.items():
            setattr(self, name, value)
