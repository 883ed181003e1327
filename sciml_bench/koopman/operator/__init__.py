"""From learned features to an operator: estimates in closed form, their spectrum and their predictions."""

from sciml_bench.koopman.operator.modes import DynamicalModes
from sciml_bench.koopman.operator.moments import LaggedMoments
from sciml_bench.koopman.operator.operator import KoopmanOperator

__all__ = ["DynamicalModes", "KoopmanOperator", "LaggedMoments"]
