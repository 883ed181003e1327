"""What run() asks of a paradigm: a LightningModule that can evaluate itself and draw what it found."""

import math
from typing import Any, ClassVar

from lightning.pytorch import LightningDataModule, LightningModule
from matplotlib.figure import Figure

from sciml_bench.core.errors import TrainingError
from sciml_bench.core.types import Metrics


class Method(LightningModule):
    """The base of every paradigm's LightningModule.

    A method without epochs defines `fit_directly(data)`; run() then calls it in place of `Trainer.fit`.
    """

    monitor: ClassVar[str | None] = None
    """The logged quantity that selects the best weights; None keeps the last ones."""

    monitor_mode: ClassVar[str] = "min"

    shown: ClassVar[tuple[str, ...]] = ("loss",)
    """The logged quantities that the progress bar shows."""

    headline: ClassVar[tuple[str, ...]] = ()
    """The metrics that are shown when a run has finished."""

    gradient_clip_val: float | None = None
    """Norm at which a method with its own optimisation loop clips gradients; set by run()."""

    def evaluate(self, data: LightningDataModule) -> Metrics:
        """Score the fitted weights on held-out data.

        Returns:
            finite numbers under documented names.
        """
        raise NotImplementedError

    def figures(self, data: LightningDataModule) -> dict[str, Figure]:
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
