"""Learning features of the evolution operator by gradient descent on a loss of pairs of features.

One method serves every loss that is a function of (f, g); the dynamical auto-encoder changes only what it must.

From several lags the same features are learned, by the sum of the losses of f(x_t) and g(x_{t+lag}). A score of their
span, such as VAMP, is taken at each lag by itself. A low-rank approximation K(lag) ≈ Σ s_i f_i ⊗ g_i has its own
singular values at each: those of the shortest lag are in the scale of the features, the others are smaller by learned
factors. One set of functions serves all lags of a reversible process alone, whose eigenfunctions do not change.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredNumber, ConfiguredWord, require_choice, require_number
from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.core.method import Method
from sciml_bench.core.processes.sums import added_over_processes
from sciml_bench.data.views import LaggedPairsView
from sciml_bench.koopman.evaluation import HEADLINE
from sciml_bench.koopman.feature_pair import FeaturePair
from sciml_bench.koopman.koopman_model import EXPECTATION, FORECAST_KINDS, KoopmanModel
from sciml_bench.koopman.losses.singular_values import LearnedSingularValues
from sciml_bench.koopman.operator import KoopmanOperator, checked_operator
from sciml_bench.koopman.oracle import oracle_of
from sciml_bench.networks import RandomAffine

IMAGE_AXES = 3
"""Of one state: channels, height, width."""

Batch = tuple[Any, ...]
"""States now, later (with an axis for several lags) and, where rows count differently, weights."""


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
        ConfigurationError: an option is out of range, or a batch has fewer pairs than there are modes; several lags for
            a low-rank approximation with two encoders.
        NotApplicableError: weighted rows, and a loss or a normalisation that takes no weights.
    """

    monitor = "loss_validation"
    headline: tuple[str, ...] = HEADLINE
    batches_per_call = 16
    takes_inputs: ClassVar[bool] = True
    takes_weights: ClassVar[bool] = True
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
        self.model, self.objective, self.decays = model, loss, nn.ModuleList()
        taken = inspect.signature(loss.forward).parameters
        if view.spec.weighted and ("weights" not in taken or model.normalization == "second_moment"):
            what = type(loss).__name__ if "weights" not in taken else "model.normalization=second_moment"
            raise NotApplicableError(f"data.weights: {what} takes no weights; leave them out, or choose another")
        if len(view.lags) > 1 and "decay" in taken:
            if model.lagged != "shared":
                raise ConfigurationError(
                    f"training.view.lags={list(view.lags)}: the functions of a low-rank approximation are the same at "
                    "all lags where the process is reversible: set model.lagged=shared, or choose training=vamp"
                )
            factors = (LearnedSingularValues(model.n_modes, constant_first=model.center) for _ in view.lags[1:])
            self.decays.extend(factors)
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
        now, later, *weights = batch
        now, one_lag = self.augmentation(now), len(self.view.lags) == 1
        later = later if one_lag else later.flatten(0, 1)
        later = self.augmentation(later)
        return self.pair_loss(now, later if one_lag else later.unflatten(0, (len(now), -1)), *weights)

    def samples_in(self, batch: Batch) -> float | int:
        """Their number, or the sum of their weights."""
        now, _, *weights = batch
        return float(weights[0].sum()) if weights else len(now)

    def validation_loss(self, batch: Batch) -> tuple[Tensor, float | int] | None:
        """Of held-out pairs as they are; a single one, at most the last of a split, has no second moments."""
        now, *_ = batch
        (n_pairs,) = added_over_processes([len(now)], now.device)
        return None if n_pairs < 2 else (self.pair_loss(*batch), self.samples_in(batch))

    def pair_loss(
        self,
        now: Float[Tensor, "batch *state"],
        later: Float[Tensor, "batch *lags_and_state"],
        weights: Float[Tensor, " batch"] | None = None,
    ) -> Tensor:
        """The loss of states now and later, summed over the lags.

        Args:
            now: first states.
            later: the states one lag later, with an axis (batch, lags, *state) of several.
            weights: of the pairs.
        """
        given = {} if weights is None else {"weights": weights}
        f, lagged = self.features_of(now, later)
        decays = [{"decay": decay()} for decay in self.decays] or [{}] * (len(lagged) - 1)
        losses = [self.objective(f, g, **given, **decay) for g, decay in zip(lagged, [{}, *decays], strict=True)]
        return functools.reduce(torch.add, losses)

    def features_of(
        self, now: Float[Tensor, "batch *state"], later: Float[Tensor, "batch *lags_and_state"]
    ) -> tuple[Float[Tensor, "batch modes"], Sequence[Float[Tensor, "batch modes"]]]:
        """f of the states now and g of the later ones at every lag; the arguments are those of `pair_loss`."""
        if len(self.view.lags) == 1:
            f, g = self.model(now, later)
            return f, [g]
        g = self.model.encode_lagged(later.flatten(0, 1)).unflatten(0, later.shape[:2])
        return self.model.encode(now), g.unbind(1)

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
