"""One run from a composed configuration to a finished run folder, the same for every paradigm."""

from sciml_bench.training.restore import restore
from sciml_bench.training.run import run
from sciml_bench.training.script import composed

__all__ = ["composed", "restore", "run"]
