"""Methods without epochs, for comparison: features that are given, and an operator in closed form."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.spec import DataSpec
from sciml_bench.koopman.evaluation import HEADLINE, Evaluation
from sciml_bench.koopman.fitted import FittedOperator
from sciml_bench.koopman.operator import KoopmanOperator
from sciml_bench.koopman.oracle import trained_oracle


class DirectKoopman(Method):
    """An operator estimated on features that need no training; a subclass says which.

    Args:
        model: not used; the feature map of this method is fixed.
        spec: what the data are.
        operator: factory of the operator estimator.
        evaluation: which scores are computed, and up to which step.
    """

    headline: tuple[str, ...] = HEADLINE

    def __init__(
        self,
        model: nn.Module,
        spec: DataSpec,
        *,
        operator: Callable[[], KoopmanOperator],
        evaluation: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.spec = spec
        self.operator_factory = operator
        self.evaluation = Evaluation(**(evaluation or {}))

    def feature_map(self, data: TrajectoryData) -> Callable[[Tensor], Tensor]:
        """The map from states to features."""
        raise NotImplementedError

    def fit_directly(self, data: TrajectoryData) -> None:
        """Stream the training pairs into the estimator."""
        features = self.feature_map(data)
        self._fitted = FittedOperator.fit(self.operator_factory(), data, features, features)

    def evaluate(self, data: TrajectoryData) -> Metrics:
        """Every score that the data allow."""
        self._results = self.evaluation(self._fitted, data)
        return self._results.metrics

    def figures(self, data: TrajectoryData) -> dict[str, Figure]:
        """As for learned features."""
        return self._results.figures

    def arrays(self, data: TrajectoryData) -> dict[str, Any]:
        """As for learned features."""
        return self._results.arrays


class LinearRegression(DirectKoopman):
    """The states themselves as features: dynamic mode decomposition with Tikhonov regularisation."""

    def feature_map(self, data: TrajectoryData) -> Callable[[Tensor], Tensor]:
        """Flatten."""

        def flattened(states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
            return states.flatten(1)

        return flattened


class ClassifierFeatures(DirectKoopman):
    """Class probabilities of a classifier trained on the labels: what one can do who already knows the answer.

    Raises:
        ConfigurationError: the data have no labels.
    """

    def feature_map(self, data: TrajectoryData) -> Callable[[Tensor], Tensor]:
        """Train the classifier (the oracle of the evaluation) on the training images."""
        labels, n_classes = data.labels("train"), data.n_classes
        if labels is None or n_classes is None:
            raise ConfigurationError("training=classifier_features needs labelled data, such as data=ordered_digits")
        images = data.splits["train"].flattened.reshape(-1, *data.spec.state_shape)
        classifier = trained_oracle(images, np.concatenate(labels), n_classes)

        @torch.no_grad()
        def probabilities(states: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
            return torch.softmax(classifier(states), dim=1)

        return probabilities
