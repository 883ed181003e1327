"""Error against cost: the block beside the integrators of SciPy and torchdiffeq, on oscillators with known motion.

The block and the integrators with fixed steps become more accurate by smaller steps, the adaptive ones by a smaller
tolerance; each is drawn as a curve. The block solves for u, u′ and u″ at once, an integrator for u and u′.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.data import LinearOscillators, ObservationSpec
from sciml_bench.mechnn.linear_ode.block import LinearODEBlock
from sciml_bench.mechnn.reference_solvers import (
    ADAPTIVE_METHODS,
    FIXED_STEP_METHODS,
    SCIPY_METHODS,
    scipy_solution,
    torchdiffeq_solution,
)
from sciml_bench.systems import DrivenOscillator

DERIVATIVES = ("u", "du", "ddu")
# A run of so many seconds is not repeated more than once; the first one may have compiled something.
_LONG_RUN = 0.2


@dataclass(frozen=True)
class SolverScore:
    """One solver at one accuracy setting, on one problem.

    Args:
        problem: its name.
        solver: name of the solver.
        setting: the step size, or the tolerance of an adaptive solver.
        seconds: of the processor, one thread; of the quickest of several runs.
        evaluations: of the equation; the block evaluates it once per step.
        errors: largest absolute error over time of u, u′ and u″.
    """

    problem: str
    solver: str
    setting: float
    seconds: float
    evaluations: int
    errors: tuple[float, float, float]


class SolverComparison(Method):
    """A table of `SolverScore`, for every oscillator of the data.

    Args:
        model: the block, with its Taylor orders.
        spec: of the data.
        refinements: by what the data's time step is multiplied; the first is the one of the metrics.
        tolerances: of the adaptive solvers; the first is the one of the metrics.
        scipy: methods of SciPy's solve_ivp.
        torchdiffeq: methods of torchdiffeq.
        repetitions: runs after the first one, of which the quickest counts; fewer where they are long.

    Raises:
        ConfigurationError: another model, an unknown method, or a value out of range.
    """

    headline: tuple[str, ...] = ("harmonic_block_order_2_error_u", "harmonic_block_order_4_error_u")

    def __init__(
        self,
        model: nn.Module,
        spec: ObservationSpec,
        *,
        refinements: Sequence[float | int] = (1.0, 0.5, 0.25, 0.125),
        tolerances: Sequence[float | int] = (1e-6, 1e-3, 1e-9, 1e-12),
        scipy: Sequence[str] = ("RK45", "DOP853"),
        torchdiffeq: Sequence[str] = ("rk4", "dopri5"),
        repetitions: int = 3,
    ) -> None:
        super().__init__()
        if not isinstance(model, LinearODEBlock):
            raise ConfigurationError("training=solver_comparison compares model=linear_ode_block with other solvers")
        for key, found, known in (
            ("scipy", scipy, SCIPY_METHODS),
            ("torchdiffeq", torchdiffeq, FIXED_STEP_METHODS + ADAPTIVE_METHODS),
        ):
            for method in found:
                if method not in known:
                    raise ConfigurationError(f"training.{key}: {method} is unknown; choose from {', '.join(known)}")
        for key, values in (("refinements", refinements), ("tolerances", tolerances)):
            if not values or not min(values) > 0:
                raise ConfigurationError(f"training.{key}={list(values)}: give positive numbers")
        if repetitions < 1:
            raise ConfigurationError(f"training.repetitions={repetitions}: give at least 1")
        self.model, self.spec = model, spec
        self.refinements, self.tolerances = tuple(map(float, refinements)), tuple(map(float, tolerances))
        self.scipy, self.torchdiffeq, self.repetitions = tuple(scipy), tuple(torchdiffeq), repetitions
        self.scores: list[SolverScore] = []

    def fit_directly(self, data: pl.LightningDataModule) -> None:
        """Solve every problem by every solver at every setting.

        Raises:
            ConfigurationError: other data.
        """
        if not isinstance(data, LinearOscillators):
            raise ConfigurationError("training=solver_comparison needs problems with known motion: data=oscillators")
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # SciPy has one
        try:
            self.scores = [score for name, system in data.systems.items() for score in self._scores(name, system, data)]
        finally:
            torch.set_num_threads(threads)

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """`<problem>_<solver>_error_u`, `…_du`, `…_ddu`, `…_seconds` and `…_evaluations`.

        The first refinement and the first tolerance count; the others are in the arrays.
        """
        metrics: Metrics = {}
        for score in self.scores:
            name = f"{score.problem}_{score.solver}"
            if f"{name}_seconds" in metrics:
                continue
            metrics |= {f"{name}_error_{part}": error for part, error in zip(DERIVATIVES, score.errors, strict=True)}
            metrics |= {f"{name}_seconds": score.seconds, f"{name}_evaluations": float(score.evaluations)}
        return metrics

    def figures(self, data: pl.LightningDataModule) -> dict[str, Figure]:
        """Error against seconds and against evaluations."""
        from sciml_bench.drawing.solver_comparison import error_against_cost

        return {
            "error_against_seconds": error_against_cost(self.scores, "seconds"),
            "error_against_evaluations": error_against_cost(self.scores, "evaluations"),
        }

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """The whole table, one row per problem, solver and setting."""
        names = ("problem", "solver", "setting", "seconds", "evaluations")
        columns = {name: np.array([getattr(score, name) for score in self.scores]) for name in names}
        errors = np.array([score.errors for score in self.scores])
        return columns | {f"error_{part}": errors[:, index] for index, part in enumerate(DERIVATIVES)}

    def _scores(self, name: str, system: DrivenOscillator, data: LinearOscillators) -> list[SolverScore]:
        start, end_time = system.default_initial_state, data.n_steps * data.time_step
        grids = {
            data.time_step * factor: np.linspace(0, end_time, round(data.n_steps / factor) + 1)
            for factor in self.refinements
        }
        observed = np.linspace(0, end_time, data.n_steps + 1)
        scores = []

        def score(solver: str, setting: float, times: np.ndarray, solve: Callable[[], tuple[np.ndarray, int]]) -> None:
            motion = system.closed_form(start, times)
            clock, states = torch.from_numpy(times), torch.from_numpy(motion)
            acceleration = system.vector_field(clock, states).numpy()[:, 1:]
            seconds, (found, evaluations) = self._timed(solve)
            difference = np.abs(found - np.concatenate([motion, acceleration], axis=1))
            errors = cast(tuple[float, float, float], tuple(difference.max(axis=0).tolist()))
            scores.append(SolverScore(name, solver, setting, seconds, evaluations, errors))

        def block(times: np.ndarray, order: int) -> tuple[np.ndarray, int]:
            clock = torch.from_numpy(times)
            with torch.no_grad():
                return self.model(system, torch.from_numpy(start), clock, order).numpy(), len(times)

        for order in self.model.taylor_orders:
            for step, times in grids.items():
                score(f"block_order_{order}", step, times, lambda t=times, k=order: block(t, k))
        for method in self.scipy:
            for accuracy in self.tolerances:
                score(
                    f"scipy_{method}",
                    accuracy,
                    observed,
                    lambda m=method, a=accuracy: scipy_solution(system, start, observed, m, a),
                )
        for method in self.torchdiffeq:
            fixed = method in FIXED_STEP_METHODS
            cases = [(h, t, None) for h, t in grids.items()] if fixed else [(a, observed, a) for a in self.tolerances]
            for setting, times, accuracy in cases:
                score(
                    f"torchdiffeq_{method}",
                    setting,
                    times,
                    lambda m=method, t=times, a=accuracy: torchdiffeq_solution(system, start, t, m, a),
                )
        return scores

    def _timed(self, solve: Callable[[], tuple[np.ndarray, int]]) -> tuple[float, tuple[np.ndarray, int]]:
        runs: list[float] = []
        while True:
            started = time.process_time()  # the machine may have other work
            found = solve()
            runs.append(time.process_time() - started)
            if len(runs) > self.repetitions or min(runs[1:], default=0) > _LONG_RUN:
                return min(runs), found
