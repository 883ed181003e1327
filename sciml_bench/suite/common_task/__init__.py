"""The scores and the predictions of the Common Task Framework for Science, and what they are compared with."""

from sciml_bench.suite.common_task.evaluation import CommonTaskEvaluation
from sciml_bench.suite.common_task.references import (
    FittedPerfectModel,
    FittedSplineSmoothing,
    FittedUnchangedInput,
    PerfectModel,
    SplineSmoothing,
    UnchangedInput,
)

__all__ = [
    "CommonTaskEvaluation",
    "FittedPerfectModel",
    "FittedSplineSmoothing",
    "FittedUnchangedInput",
    "PerfectModel",
    "SplineSmoothing",
    "UnchangedInput",
]
