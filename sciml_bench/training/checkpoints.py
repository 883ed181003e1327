"""Checkpoints that are whole or absent, hold tensors and plain containers only, and load without running code."""

from typing import Any

import torch
from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint

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


def checkpoint_callbacks(folder: RunFolder, monitor: str | None, mode: str = "min") -> list[ModelCheckpoint]:
    """`best.ckpt`, where there is a quantity to select by, and `last.ckpt`, both at the end of every epoch.

    Args:
        folder: the run's folder.
        monitor: the logged quantity on which the best weights are selected, or None.
        mode: `min` or `max`.
    """
    directory = folder.last_checkpoint.parent
    shared = {"dirpath": directory, "auto_insert_metric_name": False, "enable_version_counter": False}
    callbacks = []
    if monitor is not None:
        callbacks.append(
            ModelCheckpoint(filename="best", monitor=monitor, mode=mode, save_on_train_epoch_end=True, **shared)
        )
    callbacks.append(ModelCheckpoint(filename="last", save_on_train_epoch_end=True, **shared))
    return callbacks
