"""A reservoir that follows the rows, and then its own forecasts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import FittedBaseline
from sciml_bench.suite.baselines.shared.rows import scaled, unscaled


@dataclass(frozen=True, eq=False)
class FittedEchoState(FittedBaseline):
    """r ← tanh(W r + W_in x + c), and the next standardised row is W_outᵀ r + b.

    Args:
        spec: of the record.
        n_rows: that are followed before it forecasts.
        recurrent: W.
        inward: W_in.
        offset: c.
        outward: W_out.
        bias: b.
    """

    spec: RecordSpec
    n_rows: int
    recurrent: Float[np.ndarray, "units units"]
    inward: Float[np.ndarray, "units numbers"]
    offset: Float[np.ndarray, " units"]
    outward: Float[np.ndarray, "units numbers"]
    bias: Float[np.ndarray, " numbers"]

    @property
    def n_parameters(self) -> int:
        """Those of the readout: the reservoir is drawn."""
        return self.outward.size + self.bias.size

    @property
    def past_length(self) -> int:
        """The rows that are followed."""
        return self.n_rows

    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """It follows the past, and then itself."""
        state, given = np.zeros((len(last), len(self.recurrent))), scaled(last, self.spec)
        told = np.empty((len(last), n_steps, given.shape[2]))
        for row in range(given.shape[1] - 1 + n_steps):
            ahead = row - given.shape[1] + 1
            now = given[:, row] if ahead <= 0 else told[:, ahead - 1]
            state = np.tanh(state @ self.recurrent.T + now @ self.inward.T + self.offset)
            if ahead >= 0:
                told[:, ahead] = state @ self.outward + self.bias
        return unscaled(told, self.spec)
