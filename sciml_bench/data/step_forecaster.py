"""What forecasters in discrete time share: they continue the last rows of every trajectory, step by step."""

import time
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.data.capabilities import (
    OK,
    Forecast,
    Horizon,
    horizon_steps,
    inputs_ahead,
    require_ahead,
    require_past,
)
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories


class StepForecaster:
    """Base of what steps on the clock of its record and takes no inputs; a subclass implements `continued`."""

    spec: RecordSpec
    kind = "path"

    @property
    def past_length(self) -> int:
        """Rows of the past that it needs."""
        return 1

    def rows_used(self, past: Trajectories) -> int:
        """How many of the last rows of the past `continued` is given: as many as it needs, unless it can use more."""
        return self.past_length

    def continued(
        self, last: Float[np.ndarray, "batch rows *state"], n_steps: int
    ) -> Float[np.ndarray, "batch time *state"]:
        """The states after the last row; nan after a trajectory has left every bound.

        Args:
            last: the last rows of the past, in the user's units.
            n_steps: how many states.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement continued()")

    def forecast(self, past: Trajectories, horizon: Horizon, inputs: Any = None) -> Forecast:
        """The states after the last row of every trajectory, in steps of the record's clock.

        Args:
            past: at least `past_length` rows of each.
            horizon: steps of the clock, or times on it.
            inputs: none.

        Raises:
            DataError: other states, too few of them, or another clock.
            ConfigurationError: steps back, times off the clock, or inputs, which it does not take.
        """
        require_past(past, self.spec, self.past_length)
        require_ahead(horizon)
        inputs_ahead(past, self.spec, [0] * past.n_trajectories, inputs)  # it takes none
        n_steps, n_rows, started = horizon_steps(past, horizon), self.rows_used(past), time.perf_counter()
        last = np.stack([read_block(part, part.shape[0] - n_rows, part.shape[0]) for part in past.states])
        with np.errstate(over="ignore", invalid="ignore"):
            states = self.continued(last.astype(np.float64), n_steps).astype(np.float64)
        status = tuple(OK if np.isfinite(path).all() else "the forecast left every bound" for path in states)
        ends = np.array([past.time_at(number, -1) for number in range(past.n_trajectories)])
        times = ends[:, None] + past.time_step * np.arange(1, n_steps + 1)
        return Forecast(states, times, self.kind, status, {"seconds": time.perf_counter() - started})
