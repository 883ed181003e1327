"""The problem of `linear_ode_block`, the ways to its gradient, and what each of them takes in time and memory.

Peak memory is what the kernel saw (Linux): the highest resident set during the call, less what was resident before it,
after unused memory was given back.
"""

import ctypes
import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.block_elimination import BlockElimination
from benchmarks.measurement import Cost, cost_of
from sciml_bench.mechnn import solve_linear_ode

BATCH, ORDER = 16, 2
ELIMINATION = "block elimination"
SMALL = 10
PROCESS = Path("/proc/self")


@dataclass(frozen=True)
class CostWithMemory:
    """Of one way to the gradient.

    Args:
        cost: of a call.
        peak: bytes more than before the call; None where the system does not tell.
    """

    cost: Cost
    peak: int | None


def oscillators(n_steps: int) -> list[Tensor]:
    """Damped and driven, all different: coefficients, right side, initial values, steps around 0.05."""
    generator = torch.Generator().manual_seed(n_steps)

    def uniform(*shape: int) -> Tensor:
        return 2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1

    time = 0.05 * torch.arange(n_steps, dtype=torch.float64)
    coefficients = torch.ones(BATCH, 1, n_steps, 1, ORDER + 1, dtype=torch.float64)
    coefficients[:, 0, :, 0, 0] += 0.3 * torch.sin(time + 3 * uniform(BATCH, 1))
    coefficients[..., 1] = 0.2 + 0.1 * uniform(BATCH, 1, 1, 1)
    right_side = torch.cos(1.5 * time + 3 * uniform(BATCH, 1, 1))
    step_sizes = 0.05 * (1 + 0.1 * uniform(BATCH, n_steps - 1, 1))
    return [value.requires_grad_() for value in (coefficients, right_side, uniform(BATCH, 1, 1, ORDER), step_sizes)]


def states_by(solver: str, inputs: list[Tensor]) -> Tensor:
    """(batch, steps, states, orders), differentiable."""
    if solver == ELIMINATION:
        states: Tensor = BlockElimination.apply(*inputs)  # pyright: ignore[reportAssignmentType]
        return states
    return solve_linear_ode(*inputs, solver=solver).states


def gradient_by(solver: str, inputs: list[Tensor]) -> Callable[[], tuple[Tensor, ...]]:
    """Forward and backward: the gradient of the mean square of all states in all inputs."""
    return lambda: torch.autograd.grad(states_by(solver, inputs).square().mean(), inputs)


def cost_with_memory(solver: str, n_steps: int, calls: int = 1) -> CostWithMemory:
    """Of a problem made for it, mean over the calls; the first of several does not count."""
    gradient_by(solver, oscillators(SMALL))()  # loads what is loaded only once
    function = gradient_by(solver, oscillators(n_steps))
    if calls > 1:
        function()
    before = _start_watching()
    cost = cost_of(function, calls)
    return CostWithMemory(cost, None if before is None else _resident("VmHWM") - before)


def _start_watching() -> int | None:
    """Forget the highest resident set so far; bytes resident now, without garbage that a collection would free."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
        (PROCESS / "clear_refs").write_text("5")
        return _resident("VmRSS")
    except (OSError, AttributeError):
        return None


def _resident(field: str) -> int:
    (line,) = [line for line in (PROCESS / "status").read_text().splitlines() if line.startswith(f"{field}:")]
    return 1024 * int(line.split()[1])
