"""The next-generation reservoir: ridge regression of increments on products of delayed rows.

Gauthier, Bollt, Griffith and Barbosa, Next generation reservoir computing (Nature Communications 2021).
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from sciml_bench.core.checks import require_integer, require_number
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.fitted.reservoir import FittedReservoir
from sciml_bench.suite.baselines.shared.dictionaries import Monomials
from sciml_bench.suite.baselines.shared.rows import delayed, sensible, training_rows
from sciml_bench.suite.baselines.shared.selection import SelectedBaseline

_MOST = 1000


class NextGenerationReservoir(SelectedBaseline):
    """Products of up to `degree` numbers of some rows; rows, degree and ridge are chosen within the validation part.

    Args:
        spec: of the record.
        n_rows: numbers of rows that are tried.
        degrees: of the products, that are tried where there are at most 1000 of them.
        ridges: per training row, in standardised units.

    Raises:
        ConfigurationError: a number is out of range.
    """

    def __init__(
        self,
        spec: RecordSpec,
        n_rows: Sequence[int] = (1, 2, 3),
        degrees: Sequence[int] = (2, 3, 4),
        ridges: Sequence[float | int] = (1e-12, 1e-9, 1e-6, 1e-3),
    ) -> None:
        super().__init__(spec)
        self.n_rows = [require_integer("model.n_rows", rows, 1, "give at least 1 row") for rows in n_rows]
        self.degrees = [require_integer("model.degrees", degree, 1, "give degrees of at least 1") for degree in degrees]
        self.ridges = [require_number("model.ridges", ridge, "give positive numbers") for ridge in ridges]

    def candidates(self, record: Record) -> Iterator[FittedReservoir]:
        """For every number of rows, degree and ridge."""
        choices, asked = list(itertools.product(self.n_rows, self.degrees)), "products of the smallest of model.degrees"
        dim = self.spec.dim
        for n_rows, degree in sensible(choices, lambda each: Monomials(each[1]).number(each[0] * dim), _MOST, asked):
            earlier, later = delayed(training_rows(record, n_rows + 1), n_rows)
            left, sizes, right = np.linalg.svd(Monomials(degree)(earlier), full_matrices=False)
            turned = left.T @ (later - earlier)[:, -dim:]
            for ridge in self.ridges:
                weights = right.T @ ((sizes / (sizes**2 + ridge * len(left)))[:, None] * turned)
                yield FittedReservoir(self.spec, n_rows, degree, weights)
