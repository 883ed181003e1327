"""What acts on the states of an operator with inputs within every lag: the rows of the inputs, one after the other."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import LaggedPairsSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views.lagged_pairs import n_acting_rows


class ActingInputs:
    """The inputs of a record, cut into lags.

    Args:
        spec: of the record and the lag of its pairs.
    """

    def __init__(self, spec: LaggedPairsSpec) -> None:
        self.spec = spec

    def within_lags(self, inputs: Float[np.ndarray, "rows dim_in"]) -> Float[np.ndarray, "starts lagged_inputs"]:
        """What acts from every row on until one lag later, as far as the rows reach.

        Args:
            inputs: of consecutive rows.
        """
        width = n_acting_rows(self.spec.input_interpolation, self.spec.lag)
        windows = np.lib.stride_tricks.sliding_window_view(inputs, width, axis=0)
        return windows.swapaxes(1, 2).reshape(len(windows), -1)

    def scaled(self, acting: Float[np.ndarray, "*axes lagged_inputs"]) -> Float[np.ndarray, "*axes lagged_inputs"]:
        """What acts within a lag, in the units of the operator: deviation 1, and mean 0 where the states have it.

        Args:
            acting: rows of the inputs one after the other, in the user's units.
        """
        if self.spec.input_mean is None or self.spec.input_deviation is None:
            return acting
        repeats = acting.shape[-1] // self.spec.dim_in
        mean = 0.0 if self.spec.standardization is None else np.tile(self.spec.input_mean, repeats)
        return (acting - mean) / np.tile(self.spec.input_deviation, repeats)

    def after(
        self, past: Trajectories, ahead: Sequence[np.ndarray], n_lags: int
    ) -> Float[np.ndarray, "starts lags lagged_inputs"]:
        """What acts within every lag from the last rows of a past on, one lag of them per trajectory.

        Args:
            past: at least one lag of rows of each trajectory.
            ahead: the inputs of the rows to come, of each.
            n_lags: how many lags.
        """
        lag, places = self.spec.lag, np.arange(self.spec.lag)[:, None] + self.spec.lag * np.arange(n_lags)
        parts = []
        for number, rows in enumerate(ahead):
            part = (past.inputs or ())[number]
            known = np.concatenate([read_block(part, part.shape[0] - lag, part.shape[0] - 1), rows])
            # rows of the last lag beyond the horizon, which is cut off
            held = np.concatenate([known, np.repeat(known[-1:], (n_lags + 1) * lag - len(known), axis=0)])
            parts.append(self.within_lags(held)[places])
        return np.concatenate(parts)
