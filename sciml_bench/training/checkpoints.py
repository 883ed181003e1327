"""Checkpoints that are whole or absent, hold tensors and plain containers only, and load without running code."""

import time
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch.callbacks import Checkpoint

from sciml_bench.core.errors import DataError
from sciml_bench.core.files import write_atomically
from sciml_bench.core.run_folder import RunFolder
from sciml_bench.core.types import PathType


class AtomicCheckpointIO(CheckpointIO):
    """Lightning's way to the disk: a kill at any moment leaves the previous checkpoint untouched."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: PathType, storage_options: Any = None) -> None:
        """Write the checkpoint beside its name, flush it, and rename it."""
        write_atomically(path, lambda file: torch.save(checkpoint, file))

    def load_checkpoint(
        self, path: PathType, map_location: Any = "cpu", weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read a checkpoint; one that would have to run code to load is refused whatever `weights_only` says."""
        return load_checkpoint(path, map_location)

    def remove_checkpoint(self, path: PathType) -> None:
        """Nothing is removed: `best` and `last` are replaced in place."""


def load_checkpoint(path: PathType, map_location: Any = "cpu") -> dict[str, Any]:
    """Read a checkpoint with `weights_only=True`.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: the file is not a checkpoint of tensors and plain containers.
    """
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise DataError(
            f"{path} is not a readable checkpoint ({str(error).splitlines()[0]}); repeat the run with force=true"
        ) from error


class Checkpointing(Checkpoint):
    """Keep the best weights and the state from which a run continues, at the ends of epochs.

    `last.ckpt` holds both, so one atomic rename keeps them consistent; `best.ckpt` is written from it at the end. The
    best weights are those on which the selection metric was computed.

    Args:
        folder: the run's folder.
        monitor: the logged quantity that selects the best weights; None, or one that is never logged, keeps the last.
        mode: `min` or `max`.
        seconds_between: epochs shorter than this do not all write `last.ckpt`; a killed run repeats what came since.
    """

    def __init__(
        self, folder: RunFolder, monitor: str | None, mode: str = "min", seconds_between: float | int = 10.0
    ) -> None:
        self.folder, self.monitor, self.mode = folder, monitor, mode
        self.seconds_between = seconds_between
        self.best: dict[str, Any] = {}
        self._last_saved = -float("inf")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the epoch's selection metric, and save where it is time."""
        self._update_best(trainer, pl_module)
        ends = trainer.should_stop or trainer.current_epoch + 1 == trainer.max_epochs
        due = ends or time.monotonic() - self._last_saved >= self.seconds_between
        if trainer.strategy.broadcast(due):  # all ranks take part in a save
            # "weights only" would leave the optimiser out here; what is written still loads with weights_only=True
            trainer.save_checkpoint(self.folder.last_checkpoint, weights_only=False)
            self._last_saved = time.monotonic()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Nothing good is lost: the best weights so far are written."""
        if trainer.is_global_zero:
            self.write_best()

    def write_best(self) -> None:
        """Write `best.ckpt`, if an epoch has ended."""
        if self.best:
            write_atomically(self.folder.best_checkpoint, lambda file: torch.save(self.best, file))

    def _update_best(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # without a validation split nothing is monitored, and the last weights are kept
        value = trainer.callback_metrics.get(self.monitor) if self.monitor is not None else None
        if value is not None:
            value = float(value)
            sign = 1 if self.mode == "min" else -1
            earlier = self.best.get("value")
            if earlier is not None and not sign * value < sign * earlier:
                return
        weights = {name: tensor.detach().cpu().clone() for name, tensor in pl_module.state_dict().items()}
        self.best = {"state_dict": weights, "value": value, "epoch": trainer.current_epoch, "monitor": self.monitor}

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.best = dict(state_dict["best"])
