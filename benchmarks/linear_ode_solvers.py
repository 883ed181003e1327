"""Error against cost: the block beside the integrators of SciPy and torchdiffeq, on oscillators with known motion.

The block and the integrators with fixed steps become more accurate by smaller steps, the adaptive ones by a smaller
tolerance. The block solves for u, u′ and u″ at once, an integrator for u and u′. Seconds are those of one thread, of
the quickest of several runs: python -m benchmarks.linear_ode_solvers [--output FIGURE.png]
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp
from torchdiffeq import odeint

from sciml_bench.drawing.style import PALETTE, save_figure, styled
from sciml_bench.mechnn import solve_linear_ode, with_taylor_order
from sciml_bench.systems import DrivenOscillator

OSCILLATORS = {"harmonic": DrivenOscillator(), "driven": DrivenOscillator(2.0, 0.3, 1.0, 1.3)}
N_STEPS, TIME_STEP = 500, 0.05
ORDERS, REFINEMENTS, TOLERANCES = (2, 3, 4, 5), (1.0, 0.5, 0.25, 0.125), (1e-3, 1e-6, 1e-9, 1e-12)
SCIPY, FIXED, ADAPTIVE = ("RK45", "DOP853"), ("rk4",), ("dopri5",)
REPETITIONS, LONG_RUN = 3, 0.2
LABELS = ("u", "du/dt", "d²u/dt²")

Motion = Float[np.ndarray, "time 3"]


@dataclass(frozen=True)
class SolverScore:
    """One solver at one accuracy setting (a step size or a tolerance), on one problem; largest errors over time."""

    problem: str
    solver: str
    setting: float
    seconds: float
    evaluations: int
    errors: tuple[float, float, float]


def block_solution(system: DrivenOscillator, times: np.ndarray, order: int) -> tuple[Motion, int]:
    clock = torch.from_numpy(times)
    equation = torch.tensor([system.angular_frequency**2, system.damping_rate, 1.0], dtype=torch.float64)
    coefficients = with_taylor_order(equation.expand(1, 1, len(times), 1, 3), order)
    drive = system.drive_amplitude * torch.cos(system.drive_frequency * clock)
    start = torch.from_numpy(system.default_initial_state)[None, None, None]
    with torch.no_grad():
        found = solve_linear_ode(coefficients, drive[None, None], start, clock.diff()[None, :, None])
    return found.states[0, :, 0, :3].numpy(), len(times)


def scipy_solution(
    system: DrivenOscillator, times: np.ndarray, method: str, tolerance: float | int
) -> tuple[Motion, int]:
    def equation(t: float, state: np.ndarray) -> tuple[float, float]:
        position, velocity = state.tolist()
        drive = system.drive_amplitude * np.cos(system.drive_frequency * t)
        return velocity, drive - system.damping_rate * velocity - system.angular_frequency**2 * position

    start, ends = system.default_initial_state, (times[0], times[-1])
    found: Any = solve_ivp(equation, ends, start, method=method, t_eval=times, rtol=tolerance, atol=tolerance)
    return with_acceleration(system, times, found.y.T), int(found.nfev)


def torchdiffeq_solution(
    system: DrivenOscillator, times: np.ndarray, method: str, tolerance: float | int | None
) -> tuple[Motion, int]:
    count = 0
    own, damping = system.angular_frequency**2, system.damping_rate
    matrix = torch.tensor([[0.0, 1.0], [-own, -damping]], dtype=torch.float64)
    drive = torch.tensor([0.0, system.drive_amplitude], dtype=torch.float64)

    def equation(t: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        undriven = matrix @ state  # as few operations as possible: each costs more than its arithmetic
        return undriven + drive * torch.cos(system.drive_frequency * t) if system.drive_amplitude else undriven

    accuracy = {} if tolerance is None else {"rtol": tolerance, "atol": tolerance}
    start = torch.from_numpy(system.default_initial_state)
    with torch.no_grad():
        found: Any = odeint(equation, start, torch.from_numpy(times), method=method, **accuracy)
    return with_acceleration(system, times, found.numpy()), count


def with_acceleration(system: DrivenOscillator, times: np.ndarray, states: np.ndarray) -> Motion:
    rates = system.vector_field(torch.from_numpy(times), torch.from_numpy(np.ascontiguousarray(states)))
    return np.concatenate([states, rates.numpy()[:, 1:]], axis=1)


def compared(
    n_steps: int = N_STEPS,
    orders: Sequence[int] = ORDERS,
    refinements: Sequence[float | int] = REFINEMENTS,
    tolerances: Sequence[float | int] = TOLERANCES,
    repetitions: int = REPETITIONS,
) -> list[SolverScore]:
    """Solve every problem by every solver at every setting."""
    scores = []
    for name, system in OSCILLATORS.items():
        end = n_steps * TIME_STEP
        grids = [(TIME_STEP * factor, np.linspace(0, end, round(n_steps / factor) + 1)) for factor in refinements]
        observed = np.linspace(0, end, n_steps + 1)

        def score(
            solver: str,
            setting: float,
            times: np.ndarray,
            solve: Callable[[], tuple[Motion, int]],
            name: str = name,
            system: DrivenOscillator = system,
        ) -> None:
            motion = system.closed_form(system.default_initial_state, times)
            seconds, (found, evaluations) = timed(solve, repetitions)
            difference = np.abs(found - with_acceleration(system, times, motion)).max(axis=0)
            errors = cast(tuple[float, float, float], tuple(difference.tolist()))
            scores.append(SolverScore(name, solver, setting, seconds, evaluations, errors))

        for step, times in grids:
            for order in orders:
                score(f"block_order_{order}", step, times, lambda s=system, t=times, k=order: block_solution(s, t, k))
            for method in FIXED:
                solve = lambda s=system, t=times, m=method: torchdiffeq_solution(s, t, m, None)  # noqa: E731
                score(f"torchdiffeq_{method}", step, times, solve)
        for accuracy in map(float, tolerances):
            for method in SCIPY:
                solve = lambda s=system, t=observed, m=method, a=accuracy: scipy_solution(s, t, m, a)  # noqa: E731
                score(f"scipy_{method}", accuracy, observed, solve)
            for method in ADAPTIVE:
                solve = lambda s=system, t=observed, m=method, a=accuracy: torchdiffeq_solution(s, t, m, a)  # noqa: E731
                score(f"torchdiffeq_{method}", accuracy, observed, solve)
    return scores


def timed(solve: Callable[[], tuple[Motion, int]], repetitions: int) -> tuple[float, tuple[Motion, int]]:
    """The quickest run after a first one, which may have compiled something; long runs are not repeated much."""
    runs: list[float] = []
    while True:
        started = time.process_time()  # the machine may have other work
        found = solve()
        runs.append(time.process_time() - started)
        if len(runs) > repetitions or min(runs[1:], default=0) > LONG_RUN:
            return min(runs), found


def error_against_seconds(scores: Sequence[SolverScore]) -> Figure:
    """One row of panels per problem, one column per derivative; the block solid, the others dashed."""
    problems = list(dict.fromkeys(score.problem for score in scores))
    solvers = list(dict.fromkeys(score.solver for score in scores))
    with styled():
        figure = Figure(figsize=(10.5, 1.2 + 2.9 * len(problems)))
        axes = figure.subplots(len(problems), len(LABELS), sharex=True, sharey=True, squeeze=False)
        for row, problem in zip(axes, problems, strict=True):
            for column, (axis, label) in enumerate(zip(row, LABELS, strict=True)):
                for number, solver in enumerate(solvers):
                    chosen = [each for each in scores if (each.problem, each.solver) == (problem, solver)]
                    points = sorted((each.seconds, max(each.errors[column], 1e-16)) for each in chosen)
                    line, color = "o-" if solver.startswith("block") else "s--", PALETTE[number % len(PALETTE)]
                    axis.plot(*zip(*points, strict=True), line, color=color, markersize=4, label=solver)
                axis.set(xscale="log", yscale="log", title=f"{problem}: {label}")
            row[0].set_ylabel("largest error")
        for axis in axes[-1]:
            axis.set_xlabel("CPU seconds, one thread")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), ncols=4, fontsize=8, loc="outside upper center")
    return figure


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="write error against seconds here, as PNG")
    asked = parser.parse_args()
    torch.set_num_threads(1)  # SciPy has one
    scores = compared()
    for score in scores:
        errors = "  ".join(f"{error:.1e}" for error in score.errors)
        print(
            f"{score.problem:9s} {score.solver:20s} {score.setting:8.1e}  {1000 * score.seconds:8.2f} ms  "
            f"{score.evaluations:6d} evaluations  errors {errors}",
            flush=True,
        )
    if asked.output is not None:
        save_figure(error_against_seconds(scores), asked.output)


if __name__ == "__main__":
    main()
