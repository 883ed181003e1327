"""The scores and the predictions of the Common Task Framework for Science."""

from sciml_bench.suite.common_task.evaluation import CommonTaskEvaluation

__all__ = ["CommonTaskEvaluation"]
