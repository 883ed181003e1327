"""One run from a composed configuration to a finished run folder, the same for every paradigm."""

from sciml_bench.training.run import run

__all__ = ["run"]
