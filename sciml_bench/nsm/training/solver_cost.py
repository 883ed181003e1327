"""What the numerical solver costs that is no more accurate than it has to be."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.errors import SolverError
from sciml_bench.data.views.fresh_parameters import Parameters
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.scores.field_errors import relative_l2

TIMED_CALLS = 3


def least_seconds(call: Callable[[], Any]) -> float:
    """Wall seconds of the fastest of three calls."""
    seconds = []
    for _ in range(TIMED_CALLS):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def solver_seconds(
    equation: Equation, parameters: Parameters, truth: Float[np.ndarray, "batch *grid"], error: float
) -> float:
    """Wall seconds of one solution by the cheapest settings of the reference solver that are as accurate.

    Args:
        equation: whose solver.
        parameters: solved together.
        truth: their reference solutions.
        error: mean relative L² error that is allowed; the settings of the reference itself do for any.
    """
    truths, n_times = torch.from_numpy(truth).double(), equation.sampling.test_time_points
    *coarser, reference = equation.solvers(n_times)
    for solver in coarser:
        try:
            found = torch.from_numpy(solver(parameters, truth.shape[-1]))
        except SolverError:  # steps too long for these fields
            continue
        if float(relative_l2(found, truths).mean()) <= error:
            break
    else:
        solver = reference
    return least_seconds(lambda: solver(parameters, truth.shape[-1])) / len(parameters)
