"""Checkpoints that are whole or absent, hold tensors and plain containers only, and load without running code."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins import CheckpointIO

from sciml_bench.core.interruption import undisturbed
from sciml_bench.core.method import Method
from sciml_bench.core.stored.checkpoint_file import load_checkpoint
from sciml_bench.core.stored.files import write_atomically
from sciml_bench.core.stored.learned_file import load_module
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.core.types import PathType
from sciml_bench.training.loop.callbacks import AfterMethod, method_of, monitored

_OF_THE_LOOP = "method."
"""With which the weights in `last.ckpt` begin."""


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


def load_weights(method: Method, path: PathType) -> int:
    """Give a method the weights of any checkpoint of such a run; it is then on the CPU and in evaluation mode.

    Args:
        method: built as that of the run.
        path: of the best or the last checkpoint.

    Returns:
        the epoch at whose end they were so, from 0.

    Raises:
        FileNotFoundError: there is no checkpoint.
        DataError: it cannot be read, or is that of another method.
    """
    content = load_checkpoint(path, keys=("state_dict", "epoch"))
    weights = content["state_dict"]
    is_last = isinstance(weights, dict) and "optimizer_states" in content
    load_module(method, weights, prefix=_OF_THE_LOOP if is_last else "")
    method.to("cpu").eval()
    return int(content["epoch"])


class Checkpointing(AfterMethod):
    """Keep the best weights and the state from which a run continues, at the ends of epochs.

    `last.ckpt` holds both, so one atomic rename keeps them consistent; `best.ckpt` is written from it at the end. The
    best weights are those on which the selection metric was computed. In an ensemble every member has its own.

    Args:
        folder: the run's folder, for `last.ckpt`.
        members: the folders for `best.ckpt`, one per member; the run's folder alone where one seed is trained.
        mode: `min` or `max`: which value of the method's `monitor` is best; a method without one, or one that never
            logs it, keeps the last weights.
        seconds_between: epochs shorter than this do not all write `last.ckpt`; a killed run repeats what came since.
    """

    kept = ("best",)

    def __init__(
        self, folder: RunFolder, members: Sequence[RunFolder], mode: str = "min", seconds_between: float | int = 10.0
    ) -> None:
        self.folder, self.members, self.mode = folder, members, mode
        self.seconds_between = seconds_between
        self.best: list[dict[str, Any]] = []
        self._last_saved = -float("inf")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the epoch's selection metric, and save where it is time."""
        self._update_best(trainer, method_of(pl_module))
        ends = trainer.should_stop or trainer.current_epoch + 1 == trainer.max_epochs
        ends = ends or 0 < trainer.max_steps <= trainer.global_step
        due = ends or time.monotonic() - self._last_saved >= self.seconds_between
        if trainer.strategy.broadcast(due):  # all ranks take part in a save
            # "weights only" would leave the optimiser out here; what is written still loads with weights_only=True
            for logger in trainer.loggers:  # first: what is logged twice can be told, what is lost cannot
                logger.save()
            with undisturbed():
                trainer.save_checkpoint(self.folder.last_checkpoint, weights_only=False)
            self._last_saved = time.monotonic()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Nothing good is lost: the best weights so far are written."""
        if trainer.is_global_zero:
            self.write_best()

    def write_best(self) -> None:
        """Write `best.ckpt` of every member, if an epoch has ended."""
        for folder, best in zip(self.members, self.best, strict=False):
            write_atomically(folder.best_checkpoint, partial(torch.save, best))

    def _update_best(self, trainer: pl.Trainer, method: Method) -> None:
        sign = 1 if self.mode == "min" else -1
        for index, value in enumerate(monitored(trainer, method)):
            earlier = self.best[index]["value"] if index < len(self.best) else None
            # without a validation split nothing is monitored, and the last weights are kept
            if value is not None and earlier is not None and not sign * value < sign * earlier:
                continue
            state = {name: tensor.detach().to("cpu", copy=True) for name, tensor in method.member_state(index).items()}
            kept = {"state_dict": state, "value": value, "epoch": trainer.current_epoch, "monitor": method.monitor}
            self.best[index : index + 1] = [kept]
