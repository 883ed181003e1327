"""From learned features to an operator: estimates in closed form, their spectrum and their predictions."""

from sciml_bench.koopman.operator.moments import LaggedMoments
from sciml_bench.koopman.operator.operator import KoopmanOperator, checked_operator
from sciml_bench.koopman.operator.solution import DynamicalModes

__all__ = ["DynamicalModes", "KoopmanOperator", "LaggedMoments", "checked_operator"]
