"""VAMP and TICA of monomials of the present rows, by deeptime, as forecasters: least squares back to the states.

Wu and Noé (2020), Pérez-Hernández et al. (2013).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredWord, require_choice, require_integer
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.shared.dictionaries import Monomials
from sciml_bench.suite.baselines.shared.fitted_operator import FittedOperator
from sciml_bench.suite.baselines.shared.rows import delayed, library, sensible, training_rows, windows_of
from sciml_bench.suite.baselines.shared.selection import SelectedBaseline

_METHODS, _MOST = {"vamp": "VAMP", "tica": "TICA"}, 1000


class SlowFeatures(SelectedBaseline):
    """Features over one row: VAMP's singular functions with a matrix of least squares, or TICA's eigenfunctions.

    The degree of the monomials, and whether it steps (a path) or takes powers (an expectation), are chosen by forecasts
    within the validation part.

    Args:
        spec: of the record.
        method: `vamp` or `tica`.
        degrees: of the monomials, that are tried where they are at most 1000.
        n_rows: of a window.

    Raises:
        ConfigurationError: no such method, or a number is too small.
    """

    def __init__(
        self,
        spec: RecordSpec,
        method: ConfiguredWord = "vamp",
        degrees: Sequence[int] = (1, 2, 3, 4, 5),
        n_rows: ConfiguredInteger = 1,
    ) -> None:
        super().__init__(spec)
        self.method = _METHODS[require_choice("model.method", method, _METHODS)]
        self.degrees = [require_integer("model.degrees", degree, 1, "give degrees of at least 1") for degree in degrees]
        self.n_rows = require_integer("model.n_rows", n_rows, 1, "give windows of at least 1 row")

    def candidates(self, record: Record) -> Iterator[FittedOperator]:
        """For every degree, as powers and stepwise."""
        make = getattr(library("deeptime.decomposition"), self.method)
        pieces = training_rows(record, self.n_rows + 1)
        (earlier, later), numbers = delayed(pieces, self.n_rows), pieces[0].shape[1]
        tried, asked = list(map(Monomials, self.degrees)), "monomials of the smallest of model.degrees"
        for monomials in sensible(tried, lambda each: each.number(earlier.shape[1]), _MOST, asked):
            functions = [monomials(windows_of(piece, self.n_rows))[:, 1:] for piece in pieces]
            model = make(lagtime=1, **({"scaling": None} if self.method == "TICA" else {}))
            found = model.fit_from_timeseries(functions).fetch_model()
            left, values = found.singular_vectors_left.real, np.append(1.0, np.real(found.singular_values))
            left, values = left[:, : len(values) - 1], values[: left.shape[1] + 1]
            # the constant is a feature of its own; the others have no mean
            lift = np.eye(1 + left.shape[0], 1 + left.shape[1])
            lift[0, 1:], lift[1:, 1:] = -found.mean_0 @ left, left
            features, ahead = monomials(earlier) @ lift, monomials(later) @ lift
            step = np.diag(values) if self.method == "TICA" else np.linalg.lstsq(features, ahead)[0]
            decode = step @ np.linalg.lstsq(features, earlier[:, -numbers:])[0]
            for stepwise in (False, True):
                yield FittedOperator(self.spec, self.n_rows, monomials, lift, step, decode, values, stepwise)
