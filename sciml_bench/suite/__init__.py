"""Tasks × methods: what compares everything that applies on the same record, split, clock and scores."""

from sciml_bench.suite.comparison import compare
from sciml_bench.suite.discovery_task import DiscoveryTask
from sciml_bench.suite.forecast_task import ForecastTask
from sciml_bench.suite.odebench_task import OdeBenchTask
from sciml_bench.suite.spectrum_task import SpectrumTask

__all__ = ["DiscoveryTask", "ForecastTask", "OdeBenchTask", "SpectrumTask", "compare"]
