"""What baselines have in common: rows without gaps, windows, the choice of settings, and a fitted operator."""

from sciml_bench.suite.baselines.shared.dictionaries import GaussianKernel, Monomials
from sciml_bench.suite.baselines.shared.fitted_operator import FittedOperator

__all__ = ["FittedOperator", "GaussianKernel", "Monomials"]
