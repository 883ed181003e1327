"""ODEBench: systems of ordinary differential equations from textbooks, each seen from two initial states."""

from sciml_bench.data.odebench.odebench import OdeBench

__all__ = ["OdeBench"]
