"""A person's callback that fails in one of two processes."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class FailsInTheSecond(Callback):
    """In its third epoch."""

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if trainer.global_rank == 1 and trainer.current_epoch == 2:
            raise ValueError("row 7 is unreadable")
