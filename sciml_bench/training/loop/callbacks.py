"""What every fit carries along: its cost, its history, exact reproducibility and a guard against numbers gone wrong."""

import math
import random
import time
from typing import Any, cast

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from sciml_bench.core.errors import TrainingError
from sciml_bench.core.method import Method
from sciml_bench.core.seeds import derived_seed
from sciml_bench.training.loop.gradient_training import GradientTraining


class AfterMethod(Checkpoint):
    """A callback that sees what the method logs at the end of the same epoch.

    Lightning calls every callback before the method's own `on_train_epoch_end`, except those of type `Checkpoint`.
    """

    kept: tuple[str, ...] = ()
    """Names of the attributes that a checkpoint holds."""

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {name: getattr(self, name) for name in self.kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        for name in self.kept:
            setattr(self, name, state_dict[name])


class SeedEveryEpoch(Callback):
    """Make the global random state of an epoch a function of (seed, epoch).

    Dropout and augmentation then need no generator state in the checkpoint, and a resumed run repeats them exactly.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Reseed the generators of the CPU and of the module's device; every rank gets its own stream."""
        value = derived_seed(self.seed, "epoch", trainer.current_epoch, "rank", trainer.global_rank)
        random.seed(value)
        np.random.seed(value % 2**32)  # noqa: NPY002  (libraries that use the global generator)
        # torch.manual_seed would walk through every kind of device that torch knows, for half a millisecond
        torch.default_generator.manual_seed(value)
        if pl_module.device.type != "cpu":
            torch.get_device_module(pl_module.device).manual_seed(value)


class StopOnNonFinite(AfterMethod):
    """End the fit at the first selection metric or weight that is not finite, before a checkpoint can hold it.

    Losses are checked by the step itself.
    """

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the quantity that selects the best weights (nothing compares with NaN), and the weights themselves."""
        method = method_of(pl_module)
        for index, value in enumerate(monitored(trainer, method)):
            if value is not None and not math.isfinite(value):
                whose = f" of member {index} of the ensemble" if method.n_members > 1 else ""
                raise TrainingError(f"{method.monitor}{whose} became {value} {_when(trainer)}")
        with torch.no_grad():
            # the largest entry of every tensor at once; a norm of another order could overflow
            if math.isfinite(float(torch.nn.utils.get_total_norm(list(pl_module.parameters()), math.inf))):
                return
        for name, parameter in pl_module.named_parameters():
            if not torch.isfinite(parameter).all():
                raise TrainingError(f"the weights {name!r} are no longer finite {_when(trainer)}")


def method_of(module: LightningModule) -> Method:
    """The method that a Lightning module trains."""
    return cast(GradientTraining, module).method


def monitored(trainer: Trainer, method: Method) -> list[float | None]:
    """The quantity that selects the best weights, for each member; None where it was not logged."""
    if method.monitor is None:
        return [None]
    members = method.member_values()
    if members is not None:
        return [float(value) for value in members]
    value = trainer.callback_metrics.get(method.monitor)
    return [None if value is None else float(value)]


def _when(trainer: Trainer) -> str:
    return (
        f"after epoch {trainer.current_epoch}, step {trainer.global_step}; the last good checkpoint is kept; try a "
        "smaller training.learning_rate or trainer.gradient_clip_val=1"
    )


class History(AfterMethod):
    """Every logged quantity, epoch by epoch, across interruptions.

    `rows` holds one `{name: value}` per epoch; `member_values`, for an ensemble, each member's selection metric.
    """

    kept = ("rows", "member_values")

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.member_values: list[list[float]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the epoch's quantities."""
        values = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.rows.append({"epoch": float(trainer.current_epoch), **values})
        members = method_of(pl_module).member_values()
        if members is not None:
            self.member_values.append([float(value) for value in members])

    def of_member(self, index: int, name: str) -> "History":
        """The selection metric of one member of an ensemble, as a history of its own.

        Args:
            index: position among the joined methods.
            name: of the selection metric.
        """
        history = History()
        pairs = zip(self.rows, self.member_values, strict=True)
        history.rows = [{"epoch": row["epoch"], name: values[index]} for row, values in pairs]
        return history


class Cost(AfterMethod):
    """Wall and CPU seconds of the fit, summed over interruptions up to the last checkpoint."""

    kept = ("wall_seconds", "cpu_seconds", "steps", "epochs")

    def __init__(self) -> None:
        self.wall_seconds = self.cpu_seconds = 0.0
        self.steps = self.epochs = 0
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
