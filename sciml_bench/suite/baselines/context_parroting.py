"""Context parroting: copy what followed the moment of the past that resembles the present most.

Zhang and Gilpin (2025) found that this simplest of all forecasters matches foundation models of time series on chaotic
systems, which makes it what every learned model has to beat.
"""

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import DataError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import Baseline
from sciml_bench.suite.baselines.fitted.parroting import FittedParroting


class ContextParroting(Baseline):
    """Keeps the training trajectories and looks the present up in them.

    Args:
        spec: of the record.
        n_rows: of the past that have to match.

    Raises:
        ConfigurationError: fewer than one row.
    """

    def __init__(self, spec: RecordSpec, n_rows: ConfiguredInteger = 4) -> None:
        super().__init__(spec)
        self.n_rows = require_integer("model.n_rows", n_rows, 1, "match at least 1 row")

    def fit(self, record: Record) -> FittedParroting:
        """Keep the trajectories that are long enough to be copied from.

        Raises:
            DataError: there is none.
        """
        parts = [read_block(part) for part in record.splits["train"].filled().states if part.shape[0] > self.n_rows]
        if not parts:
            raise DataError(f"model.n_rows={self.n_rows}: no training trajectory is longer; give fewer rows")
        return FittedParroting(self.spec, self.n_rows, tuple(parts))
