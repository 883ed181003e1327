"""The vocabulary every other room of the house shares: errors, array types, seeds, sampling, files."""

from sciml_bench.core.schedules import ConstantRate, CosineDecay, ExponentialDecay, HalvedOnPlateau, OneCycle

__all__ = ["ConstantRate", "CosineDecay", "ExponentialDecay", "HalvedOnPlateau", "OneCycle"]
