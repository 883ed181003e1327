"""The block as a solver of one known linear ODE, without anything to learn."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import ObservationSpec
from sciml_bench.mechnn.linear_ode.layer import with_taylor_order
from sciml_bench.mechnn.linear_ode.solve import solve_linear_ode
from sciml_bench.systems import DrivenOscillator


class LinearODEBlock(nn.Module):
    """Position, velocity and acceleration of an oscillator at given times, by one least-squares problem.

    Args:
        spec: of the data.
        taylor_orders: highest derivatives in Taylor's formula, each of which is one solver; at least 2.
        solver: of the block, see `solve_linear_ode`.

    Raises:
        ConfigurationError: no order, or one below that of the equation.
    """

    def __init__(
        self, spec: ObservationSpec, *, taylor_orders: list[int] | tuple[int, ...] = (2, 3, 4, 5), solver: str = "auto"
    ) -> None:
        super().__init__()
        if not taylor_orders or min(taylor_orders) < 2:
            raise ConfigurationError(
                f"model.taylor_orders={list(taylor_orders)}: give numbers of at least 2, the order of an oscillator"
            )
        self.taylor_orders, self.solver = tuple(taylor_orders), solver

    def forward(
        self,
        system: DrivenOscillator,
        start: Float[Tensor, "2"],
        times: Float[Tensor, " time"],
        taylor_order: int,
    ) -> Float[Tensor, "time derivatives"]:
        """u, u′ and u″.

        Args:
            system: the oscillator.
            start: position and velocity at the first time.
            times: increasing.
            taylor_order: highest derivative in Taylor's formula.
        """
        equation = torch.tensor([system.angular_frequency**2, system.damping_rate, 1.0], dtype=torch.float64)
        coefficients = with_taylor_order(equation.expand(1, 1, len(times), 1, 3), taylor_order)
        drive = system.drive_amplitude * torch.cos(system.drive_frequency * times)
        steps = times.diff()[None, :, None]
        solution = solve_linear_ode(coefficients, drive[None, None], start[None, None, None], steps, solver=self.solver)
        return solution.states[0, :, 0, :3]
