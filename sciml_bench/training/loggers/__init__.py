"""Where the logged quantities go beside the run folder's own files; a person's own logger is a class like these."""

from sciml_bench.training.loggers.files import CSVLogging, TensorBoardLogging
from sciml_bench.training.loggers.logging import Logging
from sciml_bench.training.loggers.weights_and_biases import WeightsAndBiasesLogging

__all__ = ["CSVLogging", "Logging", "TensorBoardLogging", "WeightsAndBiasesLogging"]
