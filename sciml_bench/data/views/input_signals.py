"""u(t): what acts on a system from outside, between the rows at which it is known."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.data.trajectories import HOLD


class InputSignals:
    """The inputs of several trajectories as functions of time, held at their first and last value outside.

    Args:
        times: of the rows, increasing, one grid per trajectory.
        values: of the inputs at these times.
        interpolation: `linear` or `hold`, as in `Trajectories`.
    """

    def __init__(
        self, times: Float[np.ndarray, "batch time"], values: Float[np.ndarray, "batch time dim_in"], interpolation: str
    ) -> None:
        self.times, self.values, self.interpolation = times, values, interpolation
        self._at_stages: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def held(self) -> bool:
        """Whether inputs jump from row to row."""
        return self.interpolation == HOLD

    def __len__(self) -> int:
        return len(self.times)

    def of(self, rows: Sequence[int]) -> "InputSignals":
        """Those of some trajectories, in this order and as often as they are named."""
        return InputSignals(self.times[list(rows)], self.values[list(rows)], self.interpolation)

    def at(self, instants: Float[np.ndarray, " batch"]) -> Float[np.ndarray, "batch dim_in"]:
        """u at one time of every trajectory; at a jump, the value after it."""
        return self._read(instants[:, None])[:, 0]

    def slopes(self, instants: Float[np.ndarray, " batch"]) -> Float[np.ndarray, "batch dim_in"]:
        """du/dt at one time of every trajectory."""
        place = self._intervals(instants[:, None])[:, 0]
        batch = np.arange(len(self))
        inside = (instants >= self.times[:, 0]) & (instants < self.times[:, -1]) & (not self.held)
        ends = np.minimum(place + 1, self.times.shape[1] - 1)
        steps = np.where(ends > place, self.times[batch, ends] - self.times[batch, place], 1.0)
        change = self.values[batch, ends] - self.values[batch, place]
        return np.where(inside[:, None], change / steps[:, None], 0.0)

    def at_stages(
        self, times: Float[np.ndarray, "batch steps stages"]
    ) -> Float[np.ndarray, "batch steps stages dim_in"]:
        """u at the stages of steps none of which crosses a row; the last call is remembered.

        A held input keeps its value to the end of a step, where the next row's begins.
        """
        known = self._at_stages
        if known is None or not (known[0] is times or np.array_equal(known[0], times)):
            asked = np.broadcast_to(times[:, :, :1], times.shape) if self.held else times
            values = self._read(asked.reshape(len(self), -1)).reshape(*times.shape, -1)
            known = self._at_stages = (times, values)
        return known[1]

    def within_intervals(self) -> Float[np.ndarray, "batch intervals ends dim_in"]:
        """u at the beginning and at the end of the interval after every row but the last."""
        first = self.values[:, :-1]
        return np.stack([first, first if self.held else self.values[:, 1:]], axis=2)

    def _intervals(self, times: np.ndarray) -> np.ndarray:
        """The row at which the interval of every time begins."""
        found = [np.searchsorted(grid, row, side="right") - 1 for grid, row in zip(self.times, times, strict=True)]
        return np.clip(np.stack(found), 0, self.times.shape[1] - 1)

    def _read(self, times: np.ndarray) -> Float[np.ndarray, "batch query dim_in"]:
        batch, place = np.arange(len(self))[:, None], self._intervals(times)
        values = self.values[batch, place]
        if self.held:
            return values
        ends = np.minimum(place + 1, self.times.shape[1] - 1)
        steps = np.where(ends > place, self.times[batch, ends] - self.times[batch, place], 1.0)
        share = np.clip((times - self.times[batch, place]) / steps, 0.0, 1.0)[..., None]
        return (1 - share) * values + share * self.values[batch, ends]
