"""Losses that learn functions in which the dynamics are linear: pure functions and the Modules around them."""

from sciml_bench.koopman.losses.dp import DPLoss, dp_loss
from sciml_bench.koopman.losses.dynamical_auto_encoder import DynamicalAutoEncoderLoss
from sciml_bench.koopman.losses.generator import GeneratorLoss, generator_loss
from sciml_bench.koopman.losses.nested_lora import NestedLoRALoss, nested_lora_loss
from sciml_bench.koopman.losses.singular_values import LearnedSingularValues
from sciml_bench.koopman.losses.spectral_contrastive import SpectralContrastiveLoss, spectral_contrastive_loss
from sciml_bench.koopman.losses.vamp import VAMPLoss, vamp_loss

__all__ = [
    "DPLoss",
    "DynamicalAutoEncoderLoss",
    "GeneratorLoss",
    "LearnedSingularValues",
    "NestedLoRALoss",
    "SpectralContrastiveLoss",
    "VAMPLoss",
    "dp_loss",
    "generator_loss",
    "nested_lora_loss",
    "spectral_contrastive_loss",
    "vamp_loss",
]
