"""What the numerical solver costs that is no more accurate than it has to be."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.errors import SolverError
from sciml_bench.data.views.fresh_parameters import Parameters
from sciml_bench.nsm.equations.equation import Solver
from sciml_bench.scores.operators.field_errors import relative_l2

_TIMED_CALLS, _LONG = 3, 1.0


def least_seconds(call: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the wall and of the CPU, of each the least of three calls; what takes a second is done once."""
    walls, cpus = [], []
    while len(walls) < _TIMED_CALLS and sum(walls) < _LONG:
        started = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - started[0])
        cpus.append(time.process_time() - started[1])
    return min(walls), min(cpus)


def solver_seconds(
    solvers: Sequence[Solver], parameters: Parameters, truth: Float[np.ndarray, "batch *grid"], error: float
) -> float:
    """Wall seconds of one solution by the cheapest solver that is accurate enough.

    Args:
        solvers: the cheapest first; the last one is the reference and does for any error.
        parameters: solved together.
        truth: their reference solutions.
        error: mean relative L² error that is allowed.
    """
    truths, chosen = torch.from_numpy(truth).double(), solvers[-1]
    for solver in solvers[:-1]:
        try:
            found = torch.from_numpy(solver(parameters, truth.shape[-1]))
        except SolverError:  # steps too long for these fields
            continue
        if float(relative_l2(found, truths).mean()) <= error:
            chosen = solver
            break
    return least_seconds(lambda: chosen(parameters, truth.shape[-1]))[0] / len(parameters)
