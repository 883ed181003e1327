"""What can be said of a person's record before anything learns from it: clock, noise, period, drift."""

from sciml_bench.data.first_look.look import FirstLook, first_look

__all__ = ["FirstLook", "first_look"]
