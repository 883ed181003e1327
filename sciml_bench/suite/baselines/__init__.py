"""What a person would use instead of the paradigms, each in one file."""

from sciml_bench.suite.baselines.baseline import Baseline, BaselineTraining, FittedBaseline
from sciml_bench.suite.baselines.context_parroting import ContextParroting
from sciml_bench.suite.baselines.external_predictions import ExternalPredictions, FittedPredictions
from sciml_bench.suite.baselines.fitted.echo_state import FittedEchoState
from sciml_bench.suite.baselines.fitted.parroting import FittedParroting
from sciml_bench.suite.baselines.fitted.reservoir import FittedReservoir
from sciml_bench.suite.baselines.libraries import (
    BaggedModes,
    DynamicModes,
    EchoState,
    KernelKoopman,
    SlowFeatures,
    SparseIdentification,
)
from sciml_bench.suite.baselines.long_short_term_memory import LongShortTermMemory
from sciml_bench.suite.baselines.next_generation_reservoir import NextGenerationReservoir
from sciml_bench.suite.baselines.persistence import FittedPersistence, Persistence
from sciml_bench.suite.baselines.shared import FittedOperator, GaussianKernel, Monomials
from sciml_bench.suite.baselines.training_mean import FittedMean, TrainingMean

__all__ = [
    "BaggedModes",
    "Baseline",
    "BaselineTraining",
    "ContextParroting",
    "DynamicModes",
    "EchoState",
    "ExternalPredictions",
    "FittedBaseline",
    "FittedEchoState",
    "FittedMean",
    "FittedOperator",
    "FittedParroting",
    "FittedPersistence",
    "FittedPredictions",
    "FittedReservoir",
    "GaussianKernel",
    "KernelKoopman",
    "LongShortTermMemory",
    "Monomials",
    "NextGenerationReservoir",
    "Persistence",
    "SlowFeatures",
    "SparseIdentification",
    "TrainingMean",
]
