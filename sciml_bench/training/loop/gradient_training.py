"""Lightning's side of a fit by gradient steps: one module that trains any method."""

from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.optimisation import Optimisation
from sciml_bench.core.processes.sums import added_over_processes, mean_over_processes
from sciml_bench.core.schedules import LearningRateSchedule
from sciml_bench.data.views.pair_loader import GroupedBatches

VALIDATION_LOSS = "loss_validation"
"""What the loss of held-out data is logged as."""
_COUNTERS, _SCHEDULE = "counters", "schedule"


class GradientTraining(pl.LightningModule):
    """Steps along the gradient of a method's loss, batch by batch.

    Args:
        method: what is trained; its weights are those of this module.
        schedule: of the learning rate.
        seed: of the order of the batches.
        gradient_clip_val: largest norm of the gradient, or None.
        first_step: at which the schedule begins, for a fit that extends another.
    """

    def __init__(
        self,
        method: Method,
        schedule: LearningRateSchedule,
        seed: int,
        gradient_clip_val: float | int | None = None,
        first_step: int = 0,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.method, self.schedule, self.seed = method, schedule, seed
        self.gradient_clip_val, self.first_step = gradient_clip_val, first_step
        method.progress.seed = seed
        self._losses: list[float] = []
        self._validation: list[tuple[float, float | int]] = []
        self._optimisation: Optimisation | None = None

    # ---- data -----------------------------------------------------------------------------------------------------

    def train_dataloader(self) -> Any:
        """The view's batches for this process."""
        trainer = self.trainer
        loader = self.method.train_loader(self.seed, trainer.global_rank, trainer.world_size)
        size = self.method.batches_per_call
        whole_epochs = trainer.limit_train_batches == 1.0 and isinstance(trainer.limit_train_batches, float)
        if size > 1 and trainer.world_size == 1 and whole_epochs and trainer.max_steps == -1:
            return GroupedBatches(loader, size)
        return loader

    def val_dataloader(self) -> Any:
        """The view's held-out batches; none where it has none."""
        loader = self.method.view.validation_loader(self.trainer.global_rank, self.trainer.world_size)
        return [] if loader is None else loader

    # ---- steps ----------------------------------------------------------------------------------------------------

    def setup(self, stage: str) -> None:
        """Let the method begin, in its precision: Lightning loads the weights of an interrupted fit next."""
        self.method.start()
        self.trainer.precision_plugin.convert_module(self)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The method's own."""
        return self.method.optimizer()

    def on_fit_start(self) -> None:
        """Tell the method where it is and how far it goes."""
        progress = self.method.progress
        progress.device = self.device
        progress.n_steps = self.n_steps
        progress.n_epochs = self.trainer.max_epochs if self.trainer.max_epochs and self.trainer.max_epochs > 0 else 1

    @property
    def n_steps(self) -> int:
        """Optimiser steps of the whole fit."""
        trainer = self.trainer
        estimated = int(trainer.estimated_stepping_batches)  # also makes the loaders known
        loader = trainer.train_dataloader
        if isinstance(loader, GroupedBatches):
            per_epoch = min(len(loader.loader), int(trainer.num_training_batches) * loader.size)
            return per_epoch * (trainer.max_epochs or 1)
        limits = [trainer.max_steps] if trainer.max_steps > 0 else []
        if trainer.max_epochs is not None and trainer.max_epochs > 0:
            limits.append(int(trainer.num_training_batches) * trainer.max_epochs)
        return min(limits, default=estimated)

    def on_train_epoch_start(self) -> None:
        """Tell the method the epoch."""
        self.method.progress.epoch = self.current_epoch
        self._losses.clear()

    def training_step(self, batch: Any, batch_index: int) -> None:
        """One optimiser step per batch."""
        if self._optimisation is None:
            self._optimisation = self._prepared()
        progress, method = self.method.progress, self.method
        grouped = isinstance(self.trainer.train_dataloader, GroupedBatches)
        for part in batch if grouped else (batch,):
            progress.step = self.trainer.global_step
            loss = method.loss(part)
            if not method.joins_processes:
                loss = mean_over_processes(loss, method.samples_in(part))
            where = f"in epoch {self.current_epoch}, step {progress.step}"
            step, n_steps = progress.step - self.first_step, progress.n_steps - self.first_step
            value = self._optimisation.step(loss, step, n_steps, method.sound_members(loss), where)
            self._losses.append(value)
            method.after_step()

    def _prepared(self) -> Optimisation:
        """The step; nothing of Lightning's stands in it where one process trains without scaled losses."""
        optimizer = cast(Any, self.optimizers())
        plain = self.trainer.world_size == 1 and str(self.trainer.precision).startswith(("32", "64"))
        scaler = getattr(self.trainer.precision_plugin, "scaler", None)
        return Optimisation(
            cast(torch.optim.Optimizer, optimizer.optimizer),
            self.method.learning_rate,
            self.schedule,
            self.gradient_clip_val,
            backward=torch.Tensor.backward if plain else self.manual_backward,
            scale=None if scaler is None else scaler.get_scale,
            step=optimizer.step,
        )

    # ---- epochs ---------------------------------------------------------------------------------------------------

    def on_validation_epoch_start(self) -> None:
        """Start collecting."""
        self._validation = []

    def validation_step(self, batch: Any, batch_index: int) -> None:
        """The loss of one batch of held-out data."""
        found = self.method.validation_loss(batch)
        if found is not None:
            self._validation.append((float(found[0]), found[1]))

    def on_validation_epoch_end(self) -> None:
        """Log the held-out loss."""
        losses, sizes = np.array([pair for pair in self._validation if pair[1]], dtype=np.float64).reshape(-1, 2).T
        # a process may have no pair of its own, and its loss is then no number
        total, size = added_over_processes([float(losses @ sizes), float(sizes.sum())], self.device)
        if size:
            self.log(VALIDATION_LOSS, total / size, sync_dist=True)

    def on_train_epoch_end(self) -> None:
        """Log the mean loss of the epoch's steps (over weights that moved) and what the method adds."""
        rate = self._optimisation.optimizer.param_groups[0]["lr"] if self._optimisation else 0.0
        loss, trainer = float(np.mean(self._losses)) if self._losses else float("nan"), self.trainer
        values = {"loss": loss, **self.method.end_epoch(), "learning_rate": float(rate)}
        monitored = values.get(str(self.method.monitor), trainer.callback_metrics.get(str(self.method.monitor)))
        if monitored is not None:
            self.schedule.observe(float(monitored) * (1 if self.method.monitor_mode == "min" else -1))
        # Lightning's own `log` also averages over batches and processes and takes about half a millisecond per
        # quantity, as much as a whole epoch of a small vector field.
        for name, value in values.items():
            trainer.callback_metrics[name] = torch.tensor(float(value), dtype=torch.float64)
        for logger in trainer.loggers:
            logger.log_metrics({**values, "epoch": trainer.current_epoch}, step=trainer.global_step)

    def on_train_end(self) -> None:
        """Let go of what only the fit needs."""
        self.method.end_fit()

    # ---- resume ---------------------------------------------------------------------------------------------------

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """What is neither weight nor optimiser."""
        checkpoint[_COUNTERS] = self.method.counters()
        checkpoint[_SCHEDULE] = self.schedule.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """What is neither weight nor optimiser.

        Raises:
            ConfigurationError: the weights, which are loaded next, are those of another model.
        """
        own, stored = self.state_dict(), checkpoint["state_dict"]
        if own.keys() != stored.keys() or any(own[name].shape != stored[name].shape for name in own):
            raise ConfigurationError("the last checkpoint has the weights of another model; to go on, keep the model")
        self.method.load_counters(checkpoint.get(_COUNTERS, {}))
        self.schedule.load_state_dict(checkpoint.get(_SCHEDULE, {}))
