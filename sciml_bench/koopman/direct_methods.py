"""Methods without epochs, for comparison: features that are given, and an operator in closed form."""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Int
from torch import nn

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredWord, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.core.method import DirectMethod
from sciml_bench.data.views import LaggedPairsView
from sciml_bench.koopman.evaluation import HEADLINE
from sciml_bench.koopman.given_features import ClassProbabilities, FlattenedStates, Monomials
from sciml_bench.koopman.koopman_model import EXPECTATION, FORECAST_KINDS, KoopmanModel
from sciml_bench.koopman.operator import KoopmanOperator, checked_operator
from sciml_bench.koopman.oracle import oracle_of, trained_oracle

MOST_MONOMIALS = 2000
"""Features of which the moments are kept."""


class GivenFeatures(DirectMethod):
    """An operator estimated on features that need no training; a subclass says which.

    Args:
        model: not used; the feature map of this method is fixed.
        view: the pairs.
        operator: factory of the operator estimator.
        forecast: what a forecast is, `expectation` or `path`, as in `KoopmanModel`.

    Raises:
        ConfigurationError: several lags.
    """

    headline: tuple[str, ...] = HEADLINE
    takes_weights: ClassVar[bool] = True

    def __init__(
        self,
        model: nn.Module,
        view: LaggedPairsView,
        *,
        operator: Callable[[], KoopmanOperator],
        forecast: ConfiguredWord = EXPECTATION,
    ) -> None:
        super().__init__(view)
        if len(view.lags) > 1:
            raise ConfigurationError(
                f"training.view.lags={list(view.lags)}: the features are given, and the operator has one lag; set "
                "training.view.lag"
            )
        self.forecast_kind = require_choice("training.forecast", forecast, FORECAST_KINDS)
        self.operator_factory = checked_operator(operator, self.n_features, bool(view.spec.dim_in))

    @property
    def n_features(self) -> int:
        """How many numbers the map gives: as many as a state has, unless a subclass says otherwise."""
        return math.prod(self.view.spec.state_shape)

    def features(self) -> nn.Module:
        """The map from states to features."""
        raise NotImplementedError(f"{type(self).__name__} must define features()")

    def fit(self) -> None:
        """Stream the training pairs into the estimator."""
        oracle = oracle_of(self.view.record)
        kind = self.forecast_kind
        self._learned = KoopmanModel.estimated(
            self.operator_factory(), self.view, self.features(), oracle=oracle, forecast_kind=kind
        )

    def learned(self) -> KoopmanModel:
        """What was fitted."""
        return self._learned

    def n_parameters(self) -> int:
        """Those of the operator; features are given."""
        return self._learned.operator.n_parameters_


class LinearRegression(GivenFeatures):
    """The states themselves as features: dynamic mode decomposition with Tikhonov regularisation."""

    takes_inputs: ClassVar[bool] = True

    def features(self) -> FlattenedStates:
        """Flatten."""
        return FlattenedStates()


class PolynomialRegression(GivenFeatures):
    """Monomials of the states as features: extended dynamic mode decomposition (Williams et al., 2015).

    Args:
        degree: of the monomials.
        model, view, **options: as in `GivenFeatures`.

    Raises:
        ConfigurationError: the degree is below 1.
        NotApplicableError: so many monomials that their moments fill the memory.
    """

    takes_inputs: ClassVar[bool] = True

    def __init__(
        self, model: nn.Module, view: LaggedPairsView, *, degree: ConfiguredInteger = 3, **options: Any
    ) -> None:
        self.degree = require_integer("training.degree", degree, 1, "give a degree of at least 1")
        super().__init__(model, view, **options)
        if self.n_features > MOST_MONOMIALS:
            raise NotApplicableError(
                f"training.degree={degree}: states of {view.spec.dim} numbers have {self.n_features} monomials, more "
                f"than {MOST_MONOMIALS}; take a smaller degree, or training=linear_ridge"
            )

    @property
    def n_features(self) -> int:
        """The number of products."""
        return math.comb(self.view.spec.dim + self.degree, self.degree)

    def features(self) -> Monomials:
        """Products of the components."""
        return Monomials(self.view.spec.dim, self.degree)


class ClassifierFeatures(GivenFeatures):
    """Class probabilities of a classifier trained on the labels: what one can do who already knows the answer.

    Raises:
        NotApplicableError: the data are no labelled images.
    """

    @classmethod
    def require_states(cls, state_shape: tuple[int, ...]) -> None:
        """Images alone."""
        if len(state_shape) != 3:
            raise NotApplicableError(
                f"training=classifier_features needs labelled images, such as data=ordered_digits; the states have the "
                f"shape {state_shape}"
            )

    @property
    def n_features(self) -> int:
        """The number of classes."""
        return self._labels()[1]

    def features(self) -> ClassProbabilities:
        """Train the classifier (the oracle of the evaluation) on the training images."""
        train, (labels, n_classes) = self.view.splits["train"], self._labels()
        images = train.flattened.reshape(-1, *train.state_shape)
        return ClassProbabilities(trained_oracle(images, labels, n_classes))

    def _labels(self) -> tuple[Int[np.ndarray, " rows"], int]:
        labels, n_classes = self.view.splits["train"].labels, self.view.spec.n_classes
        if labels is None or n_classes is None:
            raise NotApplicableError("training=classifier_features needs labelled images, such as data=ordered_digits")
        return np.concatenate(labels), n_classes
