"""Our own numerical solvers with few points and few steps, as fast as they can be at some error.

An equation with time is advanced in m equal steps on n points per axis; where the solution is wanted at more times than
these, a cubic spline in time fills in. A coarse grid may lose what it cannot hold, which the solver by itself refuses:
here the error tells. Poisson's equation is solved from its source at n points per axis.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from benchmarks.measurement import cost_of
from sciml_bench.core.errors import SolverError
from sciml_bench.nsm.equations import Equation, Poisson
from sciml_bench.systems.numerics.trigonometric_interpolation import interpolate_periodic

RESOLUTIONS = (8, 16, 32, 64, 128, 256)
FEWEST_STEPS, MOST_STEPS = 2, 1024
_REFERENCE_ERROR = 1e-6
"""Of the reference solutions; what is as good as they are cannot be told apart."""
_STEADY = 0.9
"""An error that twice the steps leave above this part of it is that of the grid, not of the steps."""

Solve = Callable[[], np.ndarray]


@dataclass(frozen=True)
class SolverSetting:
    """A numerical solver as coarse as it says, and how it did.

    Args:
        resolution: points per space axis.
        n_steps: in time; None for an equation without time.
        error: mean relative L² over the parameters; not a number where the steps were unstable.
        seconds: CPU seconds of one solution in the batch.
        coarsest: whether no larger step was stable at this resolution.
    """

    resolution: int
    n_steps: int | None
    error: float
    seconds: float
    coarsest: bool = False

    @property
    def name(self) -> str:
        """As in a table."""
        steps = "" if self.n_steps is None else f", {self.n_steps} steps"
        return f"own solver, {self.resolution} points{steps}"


@lru_cache(maxsize=64)
def spline_matrix(n_steps: int, n_times: int) -> np.ndarray:
    """From values at the ends of equal steps to values at equally spaced times."""
    at_steps = np.linspace(0.0, 1.0, n_steps + 1)
    return CubicSpline(at_steps, np.eye(n_steps + 1))(np.linspace(0.0, 1.0, n_times))


def coarse_solve(
    equation: Equation, parameters: np.ndarray, resolution: int, n_steps: int | None, n_points: int
) -> Solve:
    """A call that solves for all parameters at once, on the points of the tests.

    Args:
        equation: whose solver.
        parameters: sources or initial fields.
        resolution: of the solver, points per space axis.
        n_steps: in time; None for an equation without time.
        n_points: of the result, per space axis.
    """
    system = equation.system
    if n_steps is None:

        def potential() -> np.ndarray:
            sources = interpolate_periodic(parameters, resolution, 2)
            # samples at few points have a mean of their own
            return system.reference(sources - sources.mean(axis=(1, 2), keepdims=True), n_points)

        return potential
    coarse = replace(system, solver_resolution=resolution, solver_step=system.duration / n_steps)
    n_times = equation.sampling.test_time_points

    def at_equal_times(n: int) -> np.ndarray:
        return coarse.reference(parameters, np.linspace(0.0, 1.0, n), n_points, refuse_unresolved=False)

    if n_steps >= n_times - 1:
        return lambda: at_equal_times(n_times)

    def evolution() -> np.ndarray:
        at_steps = at_equal_times(n_steps + 1)
        flat = at_steps.reshape(*at_steps.shape[:2], -1)
        return (spline_matrix(n_steps, n_times) @ flat).reshape(len(flat), n_times, *at_steps.shape[2:])

    return evolution


def measured(
    equation: Equation, parameters: np.ndarray, truth: np.ndarray, resolution: int, n_steps: int | None
) -> SolverSetting:
    """The error and the seconds of one setting."""
    solve = coarse_solve(equation, parameters, resolution, n_steps, truth.shape[-1])
    try:
        with np.errstate(all="ignore"):
            error = mean_relative_l2(solve(), truth)
    except SolverError:
        return SolverSetting(resolution, n_steps, float("nan"), float("nan"))
    seconds = steady_seconds(solve) / len(parameters)
    return SolverSetting(resolution, n_steps, error if error < 1 else float("nan"), seconds)


def sweep(
    equation: Equation, parameters: np.ndarray, truth: np.ndarray, resolutions: tuple[int, ...] = RESOLUTIONS
) -> Iterator[SolverSetting]:
    """At each resolution, from the largest stable step to where smaller ones gain nothing."""
    for resolution in resolutions:
        if isinstance(equation, Poisson):
            setting = measured(equation, parameters, truth, resolution, None)
            if np.isfinite(setting.error):
                yield setting
            continue
        before, n_steps = float("nan"), FEWEST_STEPS
        while n_steps <= MOST_STEPS:
            setting = measured(equation, parameters, truth, resolution, n_steps)
            if np.isfinite(setting.error):
                yield replace(setting, coarsest=not np.isfinite(before))
                if setting.error > _STEADY * before or setting.error < _REFERENCE_ERROR:
                    break
            before = setting.error
            n_steps *= 2


def steady_seconds(solve: Callable[[], object]) -> float:
    """CPU seconds of a call that was made before: a median, unless a call takes long."""
    once = cost_of(solve).cpu
    if once > 1:
        return once
    n_calls = max(1, round(0.05 / max(once, 1e-6)))
    return float(np.median([cost_of(solve, n_calls).cpu for _ in range(3)]))


def cheapest(settings: list[SolverSetting], error: float) -> SolverSetting | None:
    """Of those whose error is at most the given one."""
    good = [setting for setting in settings if setting.error <= error]
    return min(good, key=lambda setting: setting.seconds, default=None)


def mean_relative_l2(found: np.ndarray, truth: np.ndarray) -> float:
    """Over the batch, as in the evaluation of a run."""
    difference = (found - truth).reshape(len(truth), -1)
    return float((np.linalg.norm(difference, axis=1) / np.linalg.norm(truth.reshape(len(truth), -1), axis=1)).mean())
