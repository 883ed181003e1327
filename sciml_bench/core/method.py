"""What run() asks of a paradigm: a LightningModule that can evaluate itself and draw what it found."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from lightning.pytorch import LightningDataModule, LightningModule
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, TrainingError
from sciml_bench.core.types import Metrics


class Method(LightningModule):
    """The base of every paradigm's LightningModule.

    A method without epochs defines `fit_directly(data)`; run() then calls it in place of `Trainer.fit`. A method that
    can go on from the last observation defines `forecast_from_end(data, n_steps) -> Mapping[str, array]`; run() calls
    it for `generate=<n_steps>` after the evaluation and writes what it returns to forecast.npz.

    A method that trains several seeds as one batch (an ensemble) defines `joined`, `n_members`, `member_state` and
    `monitored_members`, and `hand_over` where its members count something.
    """

    monitor: ClassVar[str | None] = None
    """The logged quantity that selects the best weights; None keeps the last ones."""

    monitor_mode: ClassVar[str] = "min"

    shown: ClassVar[tuple[str, ...]] = ("loss",)
    """The logged quantities that the progress bar shows."""

    headline: tuple[str, ...] = ()
    """The metrics that are shown when a run has finished."""

    gradient_clip_val: float | None = None
    """Norm at which a method with its own optimisation loop clips gradients; set by run()."""

    best_epoch: int | None = None
    """The epoch whose weights were selected, counted from 0; set together with these weights, before `evaluate`."""

    @property
    def planned_epochs(self) -> int | None:
        """The number of epochs that `trainer.max_epochs=null` stands for, such as the length of a schedule."""
        return None

    def evaluate(self, data: LightningDataModule) -> Metrics:
        """Score the fitted weights on held-out data.

        Returns:
            finite numbers under documented names.
        """
        raise NotImplementedError

    def figures(self, data: LightningDataModule) -> Mapping[str, Any]:
        """Draw what was learned; called after `evaluate`."""
        return {}

    def arrays(self, data: LightningDataModule) -> dict[str, Any]:
        """What a person would want to analyse later; called after `evaluate`."""
        return {}

    def require_finite(self, loss: float, step: int) -> None:
        """End the fit at a loss that is not finite, before its gradient reaches the weights.

        Args:
            loss: of the step.
            step: number of the optimiser step.

        Raises:
            TrainingError: the loss is NaN or infinite.
        """
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} in epoch {self.current_epoch}, step {step}; the last good checkpoint is kept; "
                "try a smaller training.learning_rate or trainer.gradient_clip_val=1"
            )

    def log_epoch(self, values: Mapping[str, float | int]) -> None:
        """Log numbers that are known once per epoch; to be called in `on_train_epoch_end`.

        Lightning's own `log` also averages over batches and processes and takes about half a millisecond per quantity,
        as much as a whole epoch of a small vector field.

        Args:
            values: name and value of each quantity, the same names in every epoch.
        """
        trainer = self.trainer
        trainer.callback_metrics.update(
            {name: torch.tensor(float(value), dtype=torch.float64) for name, value in values.items()}
        )
        for logger in trainer.loggers:
            logger.log_metrics({**values, "epoch": trainer.current_epoch}, step=trainer.global_step)

    def record_entries(self) -> dict[str, Any]:
        """What record.json should tell beside the cost of the fit, in plain values; called after the fit and
        again after the evaluation.

        Counters belong into the method's own checkpoint hooks, so that they survive a resume; in its `state_dict` they
        would go back with the weights to the best epoch.
        """
        return {}

    # ---- ensembles ------------------------------------------------------------------------------------------------

    @classmethod
    def joined(cls, methods: Sequence["Method"]) -> "Method":
        """One method that trains all the given ones as a batch, each from its own weights as it would alone.

        The global random state is one for all members in every epoch, so a joined method must not draw random numbers
        per member from it. The given methods stay usable: their parameters are copied, not shared, because each of them
        later receives its own best weights and is evaluated.

        Args:
            methods: one per seed, built from the same configuration and for the same data.

        Raises:
            ConfigurationError: this method trains one seed at a time.
        """
        raise ConfigurationError(
            f"{cls.__name__} trains one seed at a time; leave `ensemble` out and sweep with --multirun seed=0,1,2"
        )

    @property
    def n_members(self) -> int:
        """How many seeds are trained as one batch."""
        return 1

    def member_state(self, index: int) -> dict[str, Tensor]:
        """The weights of one member, as the method of a single seed loads them.

        Args:
            index: position among the joined methods.
        """
        return self.state_dict()

    @property
    def monitored_members(self) -> Sequence[float] | None:
        """The value of `monitor` for each member at the weights that are present when an epoch has ended.

        None where one seed is trained: the value is then the logged one.
        """
        return None

    def hand_over(self, index: int, member: "Method") -> None:
        """Give the method of a single seed what its weights do not tell, such as counters, before it is evaluated.

        Args:
            index: position among the joined methods.
            member: the method that was joined there.
        """
