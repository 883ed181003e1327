"""Dynamic mode decomposition of states, or of windows of them (higher order), by PyDMD.

Schmid (2010); Le Clainche and Vega (2017) for windows. The library forecasts its own snapshots; here the present is
projected onto its modes.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from sciml_bench.core.checks import require_integer
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.shared.dictionaries import Monomials
from sciml_bench.suite.baselines.shared.fitted_operator import FittedOperator
from sciml_bench.suite.baselines.shared.rows import delayed, library, sensible, training_rows, without_warnings
from sciml_bench.suite.baselines.shared.selection import SelectedBaseline

_MOST = 4000


class DynamicModes(SelectedBaseline):
    """The linear map of windows of rows onto the next ones that fits best, of some rank.

    Window and rank are chosen by forecasts within the validation part.

    Args:
        spec: of the record.
        n_rows: windows that are tried; [1] is the plain method.
        ranks: numbers of modes that are tried, -1 for all.

    Raises:
        ConfigurationError: a window without a row, or no mode.
    """

    def __init__(self, spec: RecordSpec, n_rows: Sequence[int] = (1,), ranks: Sequence[int] = (-1,)) -> None:
        super().__init__(spec)
        self.n_rows = [require_integer("model.n_rows", rows, 1, "give windows of at least 1 row") for rows in n_rows]
        self.ranks = [
            require_integer("model.ranks", rank, -1, "give numbers of modes, or -1 for all") for rank in ranks
        ]

    def candidates(self, record: Record) -> Iterator[FittedOperator]:
        """For every window and rank."""
        decomposition = library("pydmd").DMD
        numbers = "numbers of the smallest window of model.n_rows"
        for n_rows in sensible(self.n_rows, lambda rows: rows * self.spec.dim, _MOST, numbers):
            windows = delayed(training_rows(record, n_rows + 1), n_rows)
            earlier, later = map(Monomials(1), windows)  # a constant lets the motion go on around any point
            if earlier.shape[0] > earlier.shape[1]:  # the same maps follow from square matrices, for all ranks
                basis, earlier = np.linalg.qr(earlier)
                later = basis.T @ later
            ranks = {rank for rank in self.ranks if rank < min(earlier.shape)} or {-1}
            # all modes last: thousands take a minute, which a budget then is not spent on
            for rank in sorted(ranks, key=lambda rank: (rank < 0, rank)):
                with without_warnings():  # of the condition of snapshots, which windows always have
                    fitted = decomposition(svd_rank=rank).fit(earlier.T, later.T)
                yield FittedOperator.of_modes(self.spec, n_rows, fitted.modes, fitted.eigs)
