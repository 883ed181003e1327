"""Train networks to read the parameters of populations, from how well these parameters explain the observations.

The loss is the mean absolute error of the block's solution and of the smoothed state, both against the observations
(Pervez, Locatello, Gavves, ICML 2024); no parameter is ever shown to the networks.
"""

import math
from typing import Any, ClassVar, cast

import lightning.pytorch as pl
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.data import ObservationSpec
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.parameters.logistic_network import LogisticEstimate, LogisticNetwork
from sciml_bench.mechnn.parameters.parameter_recovery import (
    SCORED,
    ParameterRecovery,
    RecoveredParameters,
    require_populations,
)

LEARNING_RATE_DECAYS = ("constant", "cosine")


class LogisticTraining(Method):
    """Adam on batches of trajectories; the best epoch is that of the smallest loss on validation trajectories.

    Args:
        model: the networks.
        spec: of the data.
        learning_rate: of Adam.
        learning_rate_decay: `constant`, or `cosine` from the learning rate to zero over the fit.
        smoothing_weight: of the smoothed state's error beside that of the solution.
        n_epochs: what `trainer.max_epochs=null` stands for.

    Raises:
        ConfigurationError: a value is out of range, or another model.
    """

    monitor: ClassVar[str | None] = "validation_loss"
    shown: ClassVar[tuple[str, ...]] = ("loss",)
    headline: tuple[str, ...] = ("growth_rate_median_error_unseen", "capacity_median_error_unseen")

    def __init__(
        self,
        model: nn.Module | BasisLibrary,
        spec: ObservationSpec,
        *,
        learning_rate: float | int = 4e-3,
        learning_rate_decay: str = "cosine",
        smoothing_weight: float | int = 1.0,
        n_epochs: int = 60,
    ) -> None:
        super().__init__()
        if not isinstance(model, LogisticNetwork):
            raise ConfigurationError("training=logistic_network trains model=logistic_network")
        if not learning_rate > 0:
            raise ConfigurationError(f"training.learning_rate={learning_rate}: give a number greater than 0")
        if learning_rate_decay not in LEARNING_RATE_DECAYS:
            raise ConfigurationError(
                f"training.learning_rate_decay={learning_rate_decay}: choose one of {', '.join(LEARNING_RATE_DECAYS)}"
            )
        if smoothing_weight < 0:
            raise ConfigurationError(f"training.smoothing_weight={smoothing_weight}: give a number of at least 0")
        self.model, self.spec, self.n_epochs = model, spec, n_epochs
        self.learning_rate, self.learning_rate_decay = float(learning_rate), learning_rate_decay
        self.smoothing_weight = float(smoothing_weight)
        self._losses: list[Tensor] = []
        self._results: ParameterRecovery | None = None

    @property
    def planned_epochs(self) -> int | None:
        """`n_epochs`."""
        return self.n_epochs

    def setup(self, stage: str) -> None:
        """Take the validation trajectories; Lightning calls it before the fit."""
        data = require_populations(cast(Any, self.trainer).datamodule, "logistic_network")
        self._validation = torch.from_numpy(data.populations("validation").observed).float()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)

    def loss(self, estimate: LogisticEstimate, observed: Float[Tensor, "batch time"]) -> Float[Tensor, ""]:
        """Mean absolute errors of the solution and of the smoothed state."""
        smoothing = (estimate.smoothed - observed).abs().mean()
        return (estimate.states - observed).abs().mean() + self.smoothing_weight * smoothing

    def learning_rate_in(self, step: int, n_steps: int) -> float:
        """The learning rate of a step, a function of its number alone, so that a resumed fit needs no state.

        Args:
            step: of the optimiser, from 0.
            n_steps: of the whole fit.
        """
        if self.learning_rate_decay == "constant":
            return self.learning_rate
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, step / n_steps)))

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set the learning rate."""
        trainer = cast(pl.Trainer, self.trainer)
        rate = self.learning_rate_in(trainer.global_step, int(trainer.estimated_stepping_batches))
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = rate

    def training_step(self, batch: Float[Tensor, "batch time"], batch_index: int) -> Tensor:
        """The loss of a batch."""
        loss = self.loss(self.model(batch), batch)
        self._losses.append(loss.detach())
        return loss

    def on_train_epoch_end(self) -> None:
        """Log the mean loss of the epoch's steps, and the loss on the validation trajectories."""
        with torch.no_grad():
            validation = self._validation.to(self.device)
            validation_loss = float(self.loss(self.model(validation), validation))
        self.log_epoch({"loss": float(torch.stack(self._losses).mean()), "validation_loss": validation_loss})
        self._losses.clear()

    def recovered(self, observed: Float[Tensor, "batch time"]) -> RecoveredParameters:
        """What the networks infer from some trajectories.

        Args:
            observed: noise included.
        """
        with torch.no_grad():
            estimate = self.model(observed)
        parts = (estimate.growth_rates, estimate.capacities, estimate.states, estimate.smoothed)
        return RecoveredParameters(*(part.double().numpy() for part in parts))

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """Relative errors of the parameters, on trajectories learned from and unseen; see `ParameterRecovery`."""
        populations = require_populations(data, "logistic_network")
        truth = {split: populations.populations(split) for split in SCORED}
        recovered = {split: self.recovered(torch.from_numpy(part.observed).float()) for split, part in truth.items()}
        self._results = ParameterRecovery(truth, recovered)
        metrics = self._results.metrics
        if self.best_epoch is not None:
            metrics["best_epoch"] = float(self.best_epoch + 1)
        return metrics

    def figures(self, data: pl.LightningDataModule) -> dict[str, Figure]:
        """Inferred against true parameters, and some trajectories."""
        return {} if self._results is None else self._results.figures

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """True and inferred parameters, and the unseen trajectories."""
        return {} if self._results is None else self._results.arrays
