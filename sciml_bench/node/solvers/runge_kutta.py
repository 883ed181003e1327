"""Explicit Runge–Kutta methods as tables, and the time steps that take them through given times.

x_{n+1} = x_n + h Σ_i b_i k_i,   k_i = f(t_n + c_i h, x_n + h Σ_{j<i} a_ij k_j)
(Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, section II.1).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.core.budget import require_memory, weigh_time
from sciml_bench.core.errors import ConfigurationError


@dataclass(frozen=True, eq=False)
class RungeKuttaTable:
    """One explicit method.

    Args:
        order: of convergence.
        nodes: c, the fractions of the step at which stages are taken.
        matrix: a, strictly lower triangular.
        weights: b.
    """

    order: int
    nodes: Float[np.ndarray, " stages"]
    matrix: Float[np.ndarray, "stages stages"]
    weights: Float[np.ndarray, " stages"]

    @property
    def n_stages(self) -> int:
        """Evaluations of the vector field per step."""
        return len(self.weights)


def _table(order: int, rows: list[list[float | int]], weights: list[float | int]) -> RungeKuttaTable:
    matrix = np.zeros((len(weights), len(weights)))
    for number, row in enumerate(rows, start=1):
        matrix[number, : len(row)] = row
    return RungeKuttaTable(order, matrix.sum(axis=1), matrix, np.array(weights))


TABLES: dict[str, RungeKuttaTable] = {
    # Kutta 1901
    "rk4": _table(4, [[1 / 2], [0, 1 / 2], [0, 0, 1]], [1 / 6, 1 / 3, 1 / 3, 1 / 6]),
    # Dormand and Prince 1980, the fifth-order weights; its seventh stage serves the error estimate alone
    "dormand_prince": _table(
        5,
        [
            [1 / 5],
            [3 / 40, 9 / 40],
            [44 / 45, -56 / 15, 32 / 9],
            [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
            [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
        ],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ),
}
"""The methods by the name a configuration gives them."""


_BYTES_PER_STEP = 80
"""Of a trajectory: its size, its start, and the times of its stages [measured: peak memory of a plan of 0.5 and 1
million steps; a gradient with two components keeps 490]."""
_SECONDS_PER_STEP = 5e-6
"""Of a small field in compiled code [measured: 4 to 6 µs for 2 layers of 50 nodes, 0.8 for 2 of 10]."""


def require_step(max_step: float | int | None) -> None:
    """Check that the longest step is positive."""
    if max_step is not None and not max_step > 0:
        raise ConfigurationError(f"solver.max_step={max_step}: give a time greater than 0, or null")


@dataclass(frozen=True, eq=False)
class TimeSteps:
    """Equal steps within every interval between two times, so that every given time is met exactly.

    Args:
        times: where states are wanted, one grid per trajectory.
        per_interval: steps in every interval, the same for all trajectories, which step together.
    """

    times: Float[np.ndarray, "batch time"]
    per_interval: Int[np.ndarray, " intervals"]

    @classmethod
    def no_longer_than(
        cls, max_step: float | int | None, times: Float[np.ndarray, "batch time"], refinement: int = 1
    ) -> "TimeSteps":
        """Steps of at most `max_step`, one per interval if it is None; `refinement` times as many as needed."""
        require_step(max_step)
        longest = np.diff(times, axis=1).max(axis=0)
        needed = np.ones(len(longest)) if max_step is None else np.ceil(longest / max_step * (1 - 1e-9))
        n_steps = float(needed.sum()) * refinement
        asked, remedy = f"solver.max_step={max_step}: {n_steps:.3g} steps through the times", "give longer ones"
        require_memory(asked, n_steps * len(times) * _BYTES_PER_STEP, remedy)
        weigh_time(asked, n_steps * _SECONDS_PER_STEP, remedy)
        return cls(times, np.maximum(1, needed).astype(np.int64) * refinement)

    @cached_property
    def sizes(self) -> Float[np.ndarray, "batch steps"]:
        """Length of every step."""
        return np.repeat(np.diff(self.times, axis=1) / self.per_interval, self.per_interval, axis=1)

    @cached_property
    def starts(self) -> Float[np.ndarray, "batch steps"]:
        """Time at the beginning of every step."""
        within = np.concatenate([np.arange(n) for n in self.per_interval] or [np.zeros(0)])
        return np.repeat(self.times[:, :-1], self.per_interval, axis=1) + self.sizes * within

    @cached_property
    def arrivals(self) -> Int[np.ndarray, " steps"]:
        """The number of the time that a step ends at; −1 for steps that end within an interval."""
        arrivals = np.full(int(self.per_interval.sum()), -1, dtype=np.int64)
        arrivals[np.cumsum(self.per_interval) - 1] = np.arange(1, self.times.shape[1])
        return arrivals

    def stage_times(self, table: RungeKuttaTable) -> Float[np.ndarray, "batch steps stages"]:
        """Time of every stage of every step."""
        return self.starts[..., None] + self.sizes[..., None] * table.nodes


class Plan(NamedTuple):
    """The steps through some times and the times of their stages; not to be changed."""

    steps: TimeSteps
    stage_times: Float[np.ndarray, "batch steps stages"]

    @classmethod
    def of(
        cls, method: str, max_step: float | int | None, times: Float[np.ndarray, "batch time"], refinement: int = 1
    ) -> "Plan":
        """The plan for some times, remembered from call to call: a fit asks for the same ones in every epoch."""
        return _remembered_plan(method, max_step, np.ascontiguousarray(times).tobytes(), times.shape, refinement)


@lru_cache(maxsize=32)
def _remembered_plan(
    method: str, max_step: float | int | None, times: bytes, shape: tuple[int, int], refinement: int
) -> Plan:
    steps = TimeSteps.no_longer_than(max_step, np.frombuffer(times).reshape(shape), refinement)
    return Plan(steps, steps.stage_times(TABLES[method]))
