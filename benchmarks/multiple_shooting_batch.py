"""Claim: all segments of multiple shooting as one batch of RK4 steps cost at most a third of a loop over them.

The same 100 points and network as in `neural_ode_gradient`, forward and backward; every segment starts at its first
point, and the loss is the mean over all points. The loop takes every segment by itself and as long as it is; the batch
fills the shorter ones up. Of the other solvers the figures are only reported: an adaptive one takes the steps that the
most demanding segment needs, and the compiled one integrates row by row in any case.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.lotka_volterra_field import N_TIMES, fitted_field, gradient, observed_motion
from benchmarks.measurement import Outcome, compare, require_agreement
from benchmarks.presentation import main
from sciml_bench.node import AdaptiveSolver, Blackbox, CompiledSolver, FixedStepSolver
from sciml_bench.node.fitting.multiple_shooting import Segments
from sciml_bench.node.fitting.trajectory_batch import TrajectoryBatch
from sciml_bench.node.solvers.solve import Solver

SOLVERS: dict[str, tuple[Solver, float | None]] = {
    "fixed_step rk4": (FixedStepSolver("rk4"), 3.0),
    "adaptive dopri5": (AdaptiveSolver(), None),
    "compiled dormand_prince": (CompiledSolver(), None),
}
"""With the ratio that is claimed of each."""
NUMBERS_OF_SEGMENTS = (5, 10)


def measure(
    n_times: int = N_TIMES, nodes_per_layer: int = 50, iterations: int = 500, repetitions: int = 7
) -> list[Outcome]:
    field = fitted_field(nodes_per_layer=nodes_per_layer, iterations=iterations)
    outcomes: list[Outcome] = []
    for n_segments in NUMBERS_OF_SEGMENTS:
        segments = cut(n_times, n_segments)
        for name, (solver, target) in SOLVERS.items():
            as_batch = gradient_of(loss_as_batch, solver, field, segments)
            in_loop = gradient_of(loss_in_loop, solver, field, segments)
            require_agreement(f"gradient of {n_segments} segments, {name}", as_batch(), in_loop(), 1e-3)
            claim = f"{n_segments} segments as one batch, {name}"
            outcomes.append(compare(claim, "loop", as_batch, in_loop, target=target, repetitions=repetitions))
    return outcomes


def cut(n_times: int, n_segments: int) -> Segments:
    """The observed motion in segments."""
    times, states = observed_motion(n_times)
    whole = TrajectoryBatch(times[None], states[:1], states[None], torch.ones(1, n_times, dtype=torch.bool))
    return Segments.of(whole, n_segments)


def gradient_of(
    loss: Callable[[Solver, Blackbox, Segments], Tensor], solver: Solver, field: Blackbox, segments: Segments
) -> Callable[[], np.ndarray]:
    return lambda: gradient(lambda: loss(solver, field, segments), list(field.parameters()))


def loss_as_batch(solver: Solver, field: Blackbox, segments: Segments) -> Tensor:
    batch = segments.batch
    solution = solver(field, batch.initial_states[None], batch.times)
    return batch.mean_squared_error(solution.states)[0]


def loss_in_loop(solver: Solver, field: Blackbox, segments: Segments) -> Tensor:
    batch, total, n_points = segments.batch, torch.zeros(()), 0
    for row, end in enumerate(segments.ends.tolist()):
        counts = batch.counts[row, : end + 1]
        solution = solver(field, batch.initial_states[row : row + 1], batch.times[row : row + 1, : end + 1])
        squares = (solution.states[0] - batch.states[row, : end + 1]).square()
        total, n_points = total + squares[counts].sum(), n_points + squares[counts].numel()
    return total / n_points


if __name__ == "__main__":
    main(measure)
