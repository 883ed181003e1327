"""Train networks to read the parameters of populations, from how well these parameters explain the observations.

The loss is the mean absolute error of the block's solution and of the smoothed state, both against the observations
(Pervez, Locatello, Gavves, ICML 2024); no parameter is ever shown to the networks.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from sciml_bench.core.checks import require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.core.method import Method
from sciml_bench.core.stored.learned_file import LearnedModule
from sciml_bench.data import Trajectories, WholeTrajectoriesView
from sciml_bench.mechnn.parameters.logistic_network import LogisticEstimate, LogisticNetwork
from sciml_bench.mechnn.parameters.parameter_recovery import GrowthEstimator, RecoveredParameters, populations

HEADLINE = ("growth_rate_median_error_test", "capacity_median_error_test")


@dataclass(frozen=True, eq=False)
class LogisticNetworkEstimator(LearnedModule, GrowthEstimator):
    """Networks that read the parameters from the observations.

    Args:
        model: the networks, trained.
    """

    model: LogisticNetwork

    @torch.no_grad()
    def explained(self, trajectories: Trajectories) -> RecoveredParameters:
        """By the networks."""
        estimate = self.model(torch.from_numpy(populations(trajectories)).float())
        parts = (estimate.growth_rates, estimate.capacities, estimate.states, estimate.smoothed)
        return RecoveredParameters(*(part.double().numpy() for part in parts))


class LogisticTraining(Method):
    """Adam on batches of trajectories; the best epoch is that of the smallest loss on validation trajectories.

    Args:
        model: the networks.
        view: whole trajectories, in batches.
        learning_rate: of Adam.
        smoothing_weight: of the smoothed state's error beside that of the solution.
        n_epochs: what `trainer.max_epochs=null` stands for.

    Raises:
        ConfigurationError: a value is out of range, or another model or other data.
    """

    monitor: ClassVar[str | None] = "validation_loss"
    headline: tuple[str, ...] = HEADLINE

    def __init__(
        self,
        model: nn.Module,
        view: WholeTrajectoriesView,
        *,
        learning_rate: float | int = 4e-3,
        smoothing_weight: float | int = 1.0,
        n_epochs: int = 60,
    ) -> None:
        super().__init__(view)
        if not isinstance(model, LogisticNetwork):
            raise ConfigurationError("training=logistic_network trains model=logistic_network")
        require_populations(view, "logistic_network")
        self.model = model
        self.learning_rate = require_number("training.learning_rate", learning_rate, "give a number greater than 0")
        self.smoothing_weight = require_number(
            "training.smoothing_weight", smoothing_weight, "give a number of at least 0", positive=False
        )
        self.n_epochs = require_integer("training.n_epochs", n_epochs, 1, "train at least 1 epoch")
        self._observed = torch.from_numpy(populations(view.record.splits["train"])).float()
        self._validation = torch.from_numpy(populations(view.record.splits["validation"])).float()

    def loss(self, batch: Int[Tensor, " batch"]) -> Float[Tensor, ""]:
        """Of some trajectories, given by their numbers."""
        observed = self._observed[batch.cpu()].to(self.progress.device)
        return self.estimate_loss(self.model(observed), observed)

    def estimate_loss(self, estimate: LogisticEstimate, observed: Float[Tensor, "batch time"]) -> Float[Tensor, ""]:
        """Mean absolute errors of the solution and of the smoothed state."""
        smoothing = (estimate.smoothed - observed).abs().mean()
        return (estimate.states - observed).abs().mean() + self.smoothing_weight * smoothing

    def end_epoch(self) -> dict[str, float]:
        """The loss on the validation trajectories."""
        with torch.no_grad():
            validation = self._validation.to(self.progress.device)
            return {"validation_loss": float(self.estimate_loss(self.model(validation), validation))}

    def learned(self) -> LogisticNetworkEstimator:
        """The networks."""
        return LogisticNetworkEstimator(self.model)


def require_populations(view: WholeTrajectoriesView, training: str) -> None:
    """Stop where the data have no parameters to recover.

    Args:
        view: of the run.
        training: the choice, for the message.

    Raises:
        NotApplicableError: other data.
    """
    parts = view.record.splits
    known = {"growth_rate", "capacity"} <= set(parts["train"].parameters or {})
    if not known or "validation" not in parts or "test" not in parts:
        raise NotApplicableError(
            f"training={training} infers growth rates and capacities of data=logistic_growth, with held-out "
            "trajectories for validation and test"
        )
