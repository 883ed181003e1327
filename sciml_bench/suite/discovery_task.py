"""The scores of a discovery task: the equations beside the true ones, and what they forecast."""

from dataclasses import dataclass
from typing import Any

from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.data.capabilities import EquationDiscoverer, require_ability
from sciml_bench.data.record import Record
from sciml_bench.mechnn import EquationEvaluation
from sciml_bench.suite.forecast_task import ForecastTask


@dataclass(frozen=True)
class DiscoveryTask(ForecastTask):
    """As a forecast task, whose settings it has, and beside it the equations themselves."""

    def require_record(self, record: Record, method: Method) -> None:
        """Stop before a fit that could not be scored.

        Raises:
            NotApplicableError: what the method learns has no equations.
            DataError: nothing is held out that is long enough.
        """
        require_ability(method.gives, EquationDiscoverer)
        super().require_record(record, method)

    def __call__(self, learned: Any, record: Record) -> Results:
        """The scores of `EquationEvaluation` and of the forecasts from all starts, which win where they share a name.

        Args:
            learned: equations.
            record: loaded.

        Raises:
            NotApplicableError: it has no equations.
            DataError: the test part has no room for one start.
        """
        require_ability(learned, EquationDiscoverer)
        return EquationEvaluation()(learned, record).joined(super().__call__(learned, record))
