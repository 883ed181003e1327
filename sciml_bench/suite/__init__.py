"""Tasks × methods: what compares everything that applies on the same record, split, clock and scores."""

from sciml_bench.suite.comparison import compare
from sciml_bench.suite.forecast_task import ForecastTask

__all__ = ["ForecastTask", "compare"]
