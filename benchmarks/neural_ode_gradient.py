"""Claim: at an error of at most 2e-5, our gradient of a NeuralODE costs at most 1/50 of torchdiffeq's.

100 points of a trained network 2-50-50-2 in float64, mean squared error, forward and backward. The errors are the
largest deviations of the states from those of the same network by SciPy's DOP853 at 1e-12; that of the reference is in
its name. `compiled` and `fixed_step` are solvers of sciml_bench.node, and so is `adaptive`, which calls torchdiffeq.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor, nn
from torch.nn import functional
from torchdiffeq import odeint

from benchmarks.lotka_volterra_field import (
    N_TIMES,
    TIME_STEP,
    fitted_field,
    gradient,
    observed_motion,
    plain_network,
    weights_then_biases,
)
from benchmarks.measurement import Comparison, Outcome, compare_all, require_agreement
from benchmarks.presentation import main
from sciml_bench.node import AdaptiveSolver, Blackbox, CompiledSolver, FixedStepSolver

RTOL, ATOL = 1e-7, 1e-9
EQUAL_ACCURACY = 2e-5
TARGET = 50.0
OUR_SOLVERS = {
    "adaptive dopri5": AdaptiveSolver("dopri5", RTOL, ATOL),
    "fixed_step rk4, step 0.1": FixedStepSolver("rk4"),
    "fixed_step dormand_prince, step 0.1": FixedStepSolver("dormand_prince"),
    "fixed_step dormand_prince, step 0.05": FixedStepSolver("dormand_prince", TIME_STEP / 2),
    **{
        f"compiled {method}, step {TIME_STEP / parts:.3g}": CompiledSolver(method, TIME_STEP / parts)
        for method, numbers in (("rk4", (1, 2, 4)), ("dormand_prince", (1, 2, 3)))
        for parts in numbers
    },
}


@dataclass(frozen=True)
class Route:
    """One way to the gradient.

    Args:
        motion: computes the states (time, dim), differentiable.
        parameters: of the network, weights first.
    """

    motion: Callable[[], Tensor]
    parameters: Sequence[Tensor]


class AutonomousField(nn.Module):
    """A network as torchdiffeq wants it."""

    def __init__(self, network: nn.Sequential) -> None:
        super().__init__()
        self.network = network

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return self.network(x)


def measure(
    n_times: int = N_TIMES, nodes_per_layer: int = 50, iterations: int = 500, repetitions: int = 7
) -> list[Outcome]:
    field = fitted_field(nodes_per_layer=nodes_per_layer, iterations=iterations)
    times, observed = observed_motion(n_times)
    network = plain_network(field)
    reference = torchdiffeq_route(network, times, observed[0], "dopri5")
    routes = {
        "torchdiffeq rk4, step 0.1": torchdiffeq_route(network, times, observed[0], "rk4"),
        **{name: our_route(solver, field, times, observed[0]) for name, solver in OUR_SOLVERS.items()},
    }
    exact = exact_motion(network, times, observed[0])
    errors = {name: largest_deviation(route, exact) for name, route in routes.items()}

    def gradient_by(route: Route) -> Callable[[], np.ndarray]:
        return lambda: gradient(lambda: functional.mse_loss(route.motion(), observed), route.parameters)

    for name, route in routes.items():
        if errors[name] <= EQUAL_ACCURACY:
            require_agreement(f"gradient, {name}", gradient_by(route)(), gradient_by(reference)(), 1e-3)
    comparisons = compare_all(
        {name: gradient_by(route) for name, route in routes.items()},
        f"torchdiffeq dopri5 {RTOL:.0e}/{ATOL:.0e}, error {largest_deviation(reference, exact):.1e}",
        gradient_by(reference),
        repetitions,
    )
    with_errors = [replace(comparison, error=errors[comparison.claim]) for comparison in comparisons]
    return [replace(row, claim=f"gradient, {row.claim}") for row in fastest_marked(with_errors)]


def fastest_marked(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same with the target at the fastest of those that are accurate enough, which its claim says."""
    accurate = [row for row in comparisons if row.error is not None and row.error <= EQUAL_ACCURACY]
    fastest = min(accurate, key=lambda row: row.ours.median, default=None)
    return [
        replace(row, claim=f"{row.claim}: fastest to {EQUAL_ACCURACY:.0e}", target=TARGET) if row is fastest else row
        for row in comparisons
    ]


def torchdiffeq_route(network: nn.Sequential, times: np.ndarray, start: Tensor, method: str) -> Route:
    """What a person would write; a method with fixed steps goes from one time to the next."""
    function, grid = AutonomousField(network), torch.from_numpy(times)
    return Route(
        lambda: odeint(function, start, grid, rtol=RTOL, atol=ATOL, method=method),  # pyright: ignore[reportArgumentType]
        weights_then_biases(network),
    )


def our_route(
    solver: AdaptiveSolver | FixedStepSolver | CompiledSolver, field: Blackbox, times: np.ndarray, start: Tensor
) -> Route:
    return Route(lambda: solver(field, start[None], times[None]).states[0], list(field.parameters()))


def exact_motion(network: nn.Sequential, times: np.ndarray, start: Tensor) -> np.ndarray:
    """States (time, dim) of the network's own motion."""
    with torch.no_grad():
        solution = solve_ivp(
            lambda _, x: network(torch.from_numpy(x)).numpy(),
            (times[0], times[-1]),
            start.numpy(),
            "DOP853",
            times,
            rtol=1e-12,
            atol=1e-12,
        )
    return solution.y.T


def largest_deviation(route: Route, exact: np.ndarray) -> float:
    return float(np.abs(route.motion().detach().numpy() - exact).max())


if __name__ == "__main__":
    main(measure)
