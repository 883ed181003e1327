"""The loop of a gradient training: a fit by Lightning, what it calls at every turn, and its checkpoints."""

from sciml_bench.training.loop.each_record import EachRecord, LearnedFromEach

__all__ = ["EachRecord", "LearnedFromEach"]
