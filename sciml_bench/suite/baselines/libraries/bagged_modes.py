"""Dynamic mode decomposition optimised over a whole trajectory and bagged (BOP-DMD), by PyDMD.

Askham and Kutz (2018), Sashidhar and Kutz (2022): a sum of exponentials is fitted to all rows at once, which noise
disturbs less than a fit to pairs; averages over random parts of the rows make it steadier still.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.shared.dictionaries import Monomials
from sciml_bench.suite.baselines.shared.fitted_operator import FittedOperator
from sciml_bench.suite.baselines.shared.rows import library, sensible, training_rows, windows_of, without_warnings
from sciml_bench.suite.baselines.shared.selection import SelectedBaseline

_MOST = 2000


class BaggedModes(SelectedBaseline):
    """Modes and continuous-time eigenvalues of the last rows of the longest trajectory.

    Window, rank and whether modes may grow are chosen by forecasts within the validation part.

    Args:
        spec: of the record.
        n_rows: windows that are tried.
        ranks: numbers of modes that are tried.
        n_trials: random halves of the rows that are averaged over.
        most_rows: of the trajectory that are fitted.

    Raises:
        ConfigurationError: a number is too small.
    """

    def __init__(
        self,
        spec: RecordSpec,
        n_rows: Sequence[int] = (1, 10),
        ranks: Sequence[int] = (3, 5, 9),
        n_trials: ConfiguredInteger = 10,
        most_rows: ConfiguredInteger = 400,
    ) -> None:
        super().__init__(spec)
        self.n_rows = [require_integer("model.n_rows", rows, 1, "give windows of at least 1 row") for rows in n_rows]
        self.ranks = [require_integer("model.ranks", rank, 1, "give numbers of modes of at least 1") for rank in ranks]
        self.n_trials = require_integer("model.n_trials", n_trials, 1, "average over at least 1 trial")
        self.most_rows = require_integer("model.most_rows", most_rows, 10, "fit at least 10 rows")

    def candidates(self, record: Record) -> Iterator[FittedOperator]:
        """For every window and rank, with modes that may grow and without."""
        decomposition = library("pydmd").BOPDMD
        numbers = "numbers of the smallest window of model.n_rows"
        for n_rows in sensible(self.n_rows, lambda rows: rows * self.spec.dim, _MOST, numbers):
            longest = max(training_rows(record, n_rows + 1), key=len)[-self.most_rows :]
            windows = Monomials(1)(windows_of(longest, n_rows))  # a constant lets the motion go on around any point
            times = self.spec.time_step * np.arange(len(windows))
            for rank in sorted({min(rank, *windows.shape) for rank in self.ranks}):
                for allowed in (None, {"stable"}):
                    fitted = decomposition(
                        svd_rank=rank, num_trials=self.n_trials, trial_size=0.5, eig_constraints=allowed
                    )
                    with without_warnings():  # of trials that did not converge, which are left out
                        fitted.fit(windows.T, times)
                    steps = np.exp(fitted.eigs * self.spec.time_step)
                    yield FittedOperator.of_modes(self.spec, n_rows, fitted.modes, steps)
