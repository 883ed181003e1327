"""What a person would use instead of the paradigms, each in one file."""

from sciml_bench.suite.baselines.baseline import Baseline, BaselineTraining, FittedBaseline
from sciml_bench.suite.baselines.context_parroting import ContextParroting, FittedParroting
from sciml_bench.suite.baselines.references import FittedMean, FittedPersistence, Persistence, TrainingMean

__all__ = [
    "Baseline",
    "BaselineTraining",
    "ContextParroting",
    "FittedBaseline",
    "FittedMean",
    "FittedParroting",
    "FittedPersistence",
    "Persistence",
    "TrainingMean",
]
