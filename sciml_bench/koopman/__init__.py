"""Koopman learning: losses that learn functions, and the operator estimated from them."""

from sciml_bench.koopman.auto_encoder_learning import DynamicalAutoEncoderLearning, PerceptronDecoder
from sciml_bench.koopman.direct_methods import ClassifierFeatures, LinearRegression, PolynomialRegression
from sciml_bench.koopman.evaluation import Evaluation
from sciml_bench.koopman.feature_pair import FeaturePair
from sciml_bench.koopman.generator_learning import GeneratorLearning
from sciml_bench.koopman.given_features import ClassProbabilities, FlattenedStates, Monomials, SharedEncoder
from sciml_bench.koopman.koopman_model import KoopmanModel
from sciml_bench.koopman.learning import KoopmanLearning
from sciml_bench.koopman.losses import (
    DPLoss,
    DynamicalAutoEncoderLoss,
    GeneratorLoss,
    NestedLoRALoss,
    SpectralContrastiveLoss,
    VAMPLoss,
)
from sciml_bench.koopman.operator import KoopmanOperator
from sciml_bench.koopman.oracle import Oracle

__all__ = [
    "ClassProbabilities",
    "ClassifierFeatures",
    "DPLoss",
    "DynamicalAutoEncoderLearning",
    "DynamicalAutoEncoderLoss",
    "Evaluation",
    "FeaturePair",
    "FlattenedStates",
    "GeneratorLearning",
    "GeneratorLoss",
    "KoopmanLearning",
    "KoopmanModel",
    "KoopmanOperator",
    "LinearRegression",
    "Monomials",
    "NestedLoRALoss",
    "Oracle",
    "PerceptronDecoder",
    "PolynomialRegression",
    "SharedEncoder",
    "SpectralContrastiveLoss",
    "VAMPLoss",
]
