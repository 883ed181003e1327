"""Koopman learning: losses that learn functions, and the operator estimated from them."""

from sciml_bench.koopman.auto_encoder_learning import DynamicalAutoEncoderLearning
from sciml_bench.koopman.direct_methods import ClassifierFeatures, LinearRegression
from sciml_bench.koopman.feature_pair import FeaturePair
from sciml_bench.koopman.fitted import FittedOperator
from sciml_bench.koopman.learning import KoopmanLearning
from sciml_bench.koopman.losses import (
    DPLoss,
    DynamicalAutoEncoderLoss,
    NestedLoRALoss,
    SpectralContrastiveLoss,
    VAMPLoss,
)
from sciml_bench.koopman.operator import KoopmanOperator

__all__ = [
    "ClassifierFeatures",
    "DPLoss",
    "DynamicalAutoEncoderLearning",
    "DynamicalAutoEncoderLoss",
    "FeaturePair",
    "FittedOperator",
    "KoopmanLearning",
    "KoopmanOperator",
    "LinearRegression",
    "NestedLoRALoss",
    "SpectralContrastiveLoss",
    "VAMPLoss",
]
