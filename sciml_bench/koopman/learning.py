"""Learning features of the evolution operator by gradient descent on a loss of pairs of features.

One method serves every loss that is a function of (f, g); the dynamical auto-encoder changes only what it must.
"""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredNumber, ConfiguredWord, require_choice, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.processes.sums import added_over_processes
from sciml_bench.data.views import LaggedPairsView
from sciml_bench.koopman.evaluation import HEADLINE
from sciml_bench.koopman.feature_pair import FeaturePair
from sciml_bench.koopman.koopman_model import EXPECTATION, FORECAST_KINDS, KoopmanModel
from sciml_bench.koopman.operator import KoopmanOperator, checked_operator
from sciml_bench.koopman.oracle import oracle_of
from sciml_bench.networks import RandomAffine

IMAGE_AXES = 3
"""Of one state: channels, height, width."""

Batch = tuple[Tensor, Tensor]


class KoopmanLearning(Method):
    """Train a pair of feature maps with a loss of their values, then estimate the operator from them.

    The losses are those of a system on which nothing acts; what inputs add is estimated with the operator.

    Args:
        model: the feature maps f and g.
        view: the pairs.
        loss: called with (f, g), both (batch, modes).
        learning_rate: of Adam with decoupled weight decay.
        weight_decay: of the same.
        augmentation: a module that distorts states at random in training, or None.
        operator: factory of the operator estimator that is fitted to the learned features.
        forecast: what a forecast is, `expectation` or `path`, as in `KoopmanModel`.

    Raises:
        ConfigurationError: an option is out of range, or a batch has fewer pairs than there are modes.
    """

    monitor = "loss_validation"
    headline: tuple[str, ...] = HEADLINE
    batches_per_call = 16
    takes_inputs: ClassVar[bool] = True
    joins_processes: ClassVar[bool] = True
    measures_energy: ClassVar[bool] = False
    """Whether the Dirichlet form of the features is among the moments."""

    def __init__(
        self,
        model: FeaturePair,
        view: LaggedPairsView,
        *,
        loss: nn.Module,
        learning_rate: ConfiguredNumber,
        weight_decay: ConfiguredNumber = 0.0,
        augmentation: nn.Module | None = None,
        operator: Callable[[], KoopmanOperator],
        forecast: ConfiguredWord = EXPECTATION,
    ) -> None:
        super().__init__(view)
        view.train_loader()  # a batch that is larger than the data is told before anything is trained
        self.forecast_kind = require_choice("training.forecast", forecast, FORECAST_KINDS)
        self.learning_rate = require_number("training.learning_rate", learning_rate, "give a positive number")
        remedy = "give a number that is not negative"
        self.weight_decay = require_number("training.weight_decay", weight_decay, remedy, positive=False)
        if view.batch_size < model.n_modes:
            raise ConfigurationError(
                f"training.view.batch_size={view.batch_size} is smaller than model.n_modes={model.n_modes}, so the "
                "second moments of a batch are singular; choose larger batches or fewer model.n_modes"
            )
        if "validation" in view.splits and len(view.pairs("validation")) < 2:
            raise ConfigurationError("the validation split has under 2 pairs; make data.split.validation larger or 0")
        if isinstance(augmentation, RandomAffine) and len(view.spec.state_shape) != IMAGE_AXES:
            raise ConfigurationError(
                "training.augmentation distorts images (channels, height, width); these states have the shape "
                f"{view.spec.state_shape}: set training.augmentation=null"
            )
        self.model, self.objective = model, loss
        has_lagged_encoder = model.lagged != "shared"
        self.operator_factory = checked_operator(
            operator, model.n_modes, bool(view.spec.dim_in), has_lagged_encoder, self.measures_energy
        )
        self.augmentation = augmentation if augmentation is not None else nn.Identity()

    def optimizer(self) -> torch.optim.Optimizer:
        """Adam with decoupled weight decay."""
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        return torch.optim.AdamW(parameters, lr=self.learning_rate, weight_decay=self.weight_decay, fused=True)

    def loss(self, batch: Batch) -> Tensor:
        """Of a batch of pairs, each state distorted by itself."""
        now, later = batch
        return self.pair_loss(self.augmentation(now), self.augmentation(later))

    def validation_loss(self, batch: Batch) -> tuple[Tensor, int] | None:
        """Of held-out pairs as they are; a single one, at most the last of a split, has no second moments."""
        now, later = batch
        (n_pairs,) = added_over_processes([len(now)], now.device)
        return None if n_pairs < 2 else (self.pair_loss(now, later), len(now))

    def pair_loss(self, now: Float[Tensor, "batch *state"], later: Float[Tensor, "batch *state"]) -> Tensor:
        """The loss of states now and later."""
        return self.objective(*self.model(now, later))

    def learned(self) -> KoopmanModel:
        """The operator estimated from the features of all training pairs, in evaluation mode and float64."""
        self.eval()
        oracle = oracle_of(self.view.record)
        parts = self.model, self.decoder(), self.learned_step()
        return KoopmanModel.estimated(self.operator_factory(), self.view, *parts, oracle, self.forecast_kind)

    def decoder(self) -> nn.Module | None:
        """A map from predicted features to states; None predicts the states themselves, linearly."""
        return None

    def learned_step(self) -> Float[np.ndarray, "modes modes"] | None:
        """A matrix that was learned to step the features; None estimates it from the training pairs."""
        return None
