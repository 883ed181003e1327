"""Increments as a linear function of products of some rows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import FittedBaseline
from sciml_bench.suite.baselines.shared.dictionaries import Monomials
from sciml_bench.suite.baselines.shared.rows import scaled, unscaled


@dataclass(frozen=True, eq=False)
class FittedReservoir(FittedBaseline):
    """The next standardised row is the last one and products of some rows with their weights.

    Args:
        spec: of the record.
        n_rows: that are multiplied.
        degree: of the products.
        weights: of the products.
    """

    spec: RecordSpec
    n_rows: int
    degree: int
    weights: Float[np.ndarray, "products numbers"]

    @property
    def n_parameters(self) -> int:
        """The weights."""
        return self.weights.size

    @property
    def past_length(self) -> int:
        """The rows that are multiplied."""
        return self.n_rows

    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """One row after the other."""
        rows = scaled(last, self.spec)
        for _ in range(n_steps):
            products = Monomials(self.degree)(rows[:, -self.n_rows :].reshape(len(rows), -1))
            rows = np.concatenate([rows, rows[:, -1:] + (products @ self.weights)[:, None]], axis=1)
        return unscaled(rows[:, last.shape[1] :], self.spec)
