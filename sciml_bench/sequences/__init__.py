"""Autoregressive models of sequences: windows in, windows out, rolled out on their own predictions."""

from sciml_bench.sequences.field_frames import FieldSequenceResNet
from sciml_bench.sequences.rollout_evaluation import RolloutEvaluation
from sciml_bench.sequences.sequence_forecaster import SequenceForecaster
from sciml_bench.sequences.sequence_forecasting import SequenceForecasting

__all__ = ["FieldSequenceResNet", "RolloutEvaluation", "SequenceForecaster", "SequenceForecasting"]
