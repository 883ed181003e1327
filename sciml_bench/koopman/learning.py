"""Learning features of the evolution operator by gradient descent on a loss of pairs of features.

One LightningModule serves every loss that is a function of (f, g); the dynamical auto-encoder, the classifier and the
linear baseline change only what they must.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

import numpy as np
import torch
from jaxtyping import Float
from lightning.pytorch.core.optimizer import LightningOptimizer
from matplotlib.figure import Figure
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.spec import DataSpec
from sciml_bench.data.views.pair_loader import GroupedBatches
from sciml_bench.koopman.evaluation import HEADLINE, Evaluation
from sciml_bench.koopman.feature_pair import FeaturePair
from sciml_bench.koopman.fitted import FittedOperator
from sciml_bench.koopman.operator import KoopmanOperator

BATCHES_PER_CALL = 16
SCHEDULES = ("constant", "cosine", "one_cycle")
Batch = tuple[Tensor, Tensor]


class KoopmanLearning(Method):
    """Train a pair of feature maps with a loss of their values, then estimate the operator from them.

    Args:
        model: the feature maps f and g.
        spec: what the data are.
        loss: called with (f, g), both (batch, modes).
        learning_rate: of Adam with decoupled weight decay.
        weight_decay: of the same.
        schedule: of the learning rate: `constant`; `cosine` down to zero at the last step; `one_cycle`, up to
            `learning_rate` during the first 30 % of the steps and down to zero.
        augmentation: a module that distorts states at random in training, or None.
        operator: factory of the operator estimator that is fitted to the learned features.
        evaluation: which scores are computed, and up to which step.

    Raises:
        ConfigurationError: an option is unknown or out of range.
    """

    monitor: ClassVar[str | None] = "loss_validation"
    shown: ClassVar[tuple[str, ...]] = ("loss",)
    headline: tuple[str, ...] = HEADLINE

    def __init__(
        self,
        model: FeaturePair,
        spec: DataSpec,
        *,
        loss: nn.Module,
        learning_rate: float | int,
        weight_decay: float | int = 0.0,
        schedule: str = "cosine",
        augmentation: nn.Module | None = None,
        operator: Callable[[], KoopmanOperator],
        evaluation: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        if not learning_rate > 0:
            raise ConfigurationError(f"training.learning_rate={learning_rate} must be positive")
        if schedule not in SCHEDULES:
            raise ConfigurationError(f"training.schedule={schedule!r} is unknown; choose one of {', '.join(SCHEDULES)}")
        self.model, self.spec, self.loss = model, spec, loss
        self.learning_rate, self.weight_decay, self.schedule = learning_rate, weight_decay, schedule
        self.augmentation = augmentation if augmentation is not None else nn.Identity()
        self.operator_factory = operator
        self.evaluation = Evaluation(**(evaluation or {}))
        self._training_losses: list[float] = []

    # ---- training -------------------------------------------------------------------------------------------------

    def setup(self, stage: str) -> None:
        """Ask for several batches per call where one process trains alone: the loop's own cost is then shared.

        Raises:
            ConfigurationError: a batch has fewer pairs than there are modes.
        """
        data = getattr(self.trainer, "datamodule", None)
        if data is None:
            return
        if data.batch_size < self.model.n_modes:
            raise ConfigurationError(
                f"data.batch_size={data.batch_size} is smaller than model.n_modes={self.model.n_modes}, so the second "
                "moments of a batch are singular; choose a larger data.batch_size or fewer model.n_modes"
            )
        limit = self.trainer.limit_train_batches  # the number 1.0 means all batches, 1 means one
        if "validation" in data.splits and len(data.pairs("validation")) < 2:
            raise ConfigurationError(
                "the validation split has fewer than 2 pairs; enlarge data.split.validation or set it to 0"
            )
        whole_epochs = isinstance(limit, float) and limit == 1.0 and self.trainer.max_steps == -1
        data.batches_per_call = BATCHES_PER_CALL if self.trainer.world_size == 1 and whole_epochs else 1

    def training_step(self, batch: Batch | list[Batch], batch_index: int) -> None:
        """One optimiser step per batch."""
        batches = cast(list[Batch], batch if isinstance(batch[0], tuple | list) else [batch])
        optimizer, scheduler = cast(LightningOptimizer, self.optimizers()), cast(Any, self.lr_schedulers())
        for now, later in batches:
            now, later = self.augmentation(now), self.augmentation(later)
            loss = self.pair_loss(now, later)
            value = loss.item()
            self.require_finite(value, self.trainer.global_step)
            optimizer.zero_grad()
            if self._plain_backward():
                loss.backward()
            else:
                self.manual_backward(loss)
            if self.gradient_clip_val:
                nn.utils.clip_grad_norm_(self.parameters(), self.gradient_clip_val)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            self._training_losses.append(value)

    def _plain_backward(self) -> bool:
        """Whether nothing stands between the loss and its gradient: no other process, no loss scaling."""
        return self.trainer.world_size == 1 and str(self.trainer.precision).startswith(("32", "64"))

    def pair_loss(self, now: Float[Tensor, "batch *state"], later: Float[Tensor, "batch *state"]) -> Tensor:
        """The loss of states now and later."""
        return self.loss(*self.model(now, later))

    def on_train_epoch_end(self) -> None:
        """Log the mean loss of the epoch (over weights that moved; the validation loss is at fixed weights)."""
        self.log("loss", float(np.mean(self._training_losses)), sync_dist=True)
        self._training_losses.clear()

    def on_validation_epoch_start(self) -> None:
        """Start collecting."""
        self._validation: list[tuple[float, int]] = []

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """The loss of one batch of held-out pairs."""
        now, later = batch
        if len(now) < 2:  # no second moments; at most one pair of a whole split
            return
        self._validation.append((float(self.pair_loss(now, later)), len(now)))

    def on_validation_epoch_end(self) -> None:
        """Log the held-out loss."""
        losses, sizes = np.array(self._validation, dtype=np.float64).T
        self.log("loss_validation", float(losses @ sizes / sizes.sum()), sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Adam with decoupled weight decay, and the schedule."""
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(parameters, lr=self.learning_rate, weight_decay=self.weight_decay, fused=True)
        if self.schedule == "constant":
            return optimizer
        steps = self._total_steps()
        if self.schedule == "cosine":
            scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
        else:
            scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.learning_rate, total_steps=steps)
        return [optimizer], [scheduler]

    def _total_steps(self) -> int:
        """Optimiser steps of the whole fit."""
        trainer = self.trainer
        calls = int(trainer.estimated_stepping_batches)  # also makes the loaders known
        loader = trainer.train_dataloader
        if isinstance(loader, GroupedBatches):
            per_epoch = min(len(loader.loader), int(trainer.num_training_batches) * loader.size)
            return per_epoch * (trainer.max_epochs or 1)
        return calls

    # ---- what was learned -------------------------------------------------------------------------------------------

    def fitted(self, data: TrajectoryData) -> FittedOperator:
        """The operator estimated from the features of all training pairs, in evaluation mode and float64."""
        self.eval()
        return FittedOperator.fit(
            self.operator_factory(),
            data,
            self.features,
            self.lagged_features,
            decode=self.decoder(),
            learned_step=self.learned_step(),
        )

    def features(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """f of states."""
        return self.model.encode(states)

    def lagged_features(self, states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """g of states."""
        return self.model.encode_lagged(states)

    def decoder(self) -> Callable[[Tensor], Tensor] | None:
        """A map from predicted features to states; None predicts the states themselves, linearly."""
        return None

    def learned_step(self) -> Float[np.ndarray, "modes modes"] | None:
        """A matrix that was learned to step the features; None estimates it from the training pairs."""
        return None

    def evaluate(self, data: TrajectoryData) -> Metrics:
        """Every score that the data allow; see the README for each."""
        self._results = self.evaluation(self.fitted(data), data)
        return self._results.metrics

    def figures(self, data: TrajectoryData) -> dict[str, Figure]:
        """Spectrum, leading functions, forecasts and, for labelled data, accuracy against the step."""
        return self._results.figures

    def arrays(self, data: TrajectoryData) -> dict[str, Any]:
        """Spectra, functions and forecasts."""
        return self._results.arrays
