"""The Navier–Stokes equation of a plane flow in its vorticity: w_t / T + v·∇w = ν Δw + force on a periodic square."""

from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_number
from sciml_bench.nsm.equations.equation import LinearPart
from sciml_bench.nsm.equations.evolution_equation import EvolutionEquation, require_solver
from sciml_bench.nsm.equations.setting_checks import (
    require_finite_number,
    require_parameter_modes,
    require_resolved_fields,
)
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction
from sciml_bench.systems.partial.navier_stokes import NavierStokesVorticity


class NavierStokes(EvolutionEquation):
    """Eddies on a periodic square; v = (∂_y ψ, −∂_x ψ) with −Δψ = w.

    Args:
        viscosity: ν; the paper's are 1e-2, 1e-3 and 1e-4, forced 2e-3.
        duration: T, time that passes from t = 0 to t = 1; the paper's are 3, forced 50.
        forcing: strength of forcing · (sin 2π(x + y) + cos 2π(x + y)); the paper's are 0 and .1.
        length_scale: of the initial fields, in sides of the square.
        solver_resolution: points per axis of the reference solver.
        solver_step: its largest step, in units of the flow's time.
        parameter_modes: waves per axis that hold an initial field.
        **sampling: of training and test, see `ParametricData`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    name: ClassVar[str] = "the Navier–Stokes equation"
    quantity: ClassVar[str] = "vorticity"
    axes = (Axis("t", "time"), Axis("x", "periodic"), Axis("y", "periodic"))
    zero_mean = True
    degree: ClassVar[int] = 2

    def __init__(
        self,
        viscosity: ConfiguredNumber = 0.01,
        duration: ConfiguredNumber = 3.0,
        forcing: ConfiguredNumber = 0.0,
        length_scale: ConfiguredNumber = 0.8,
        solver_resolution: ConfiguredInteger = 64,
        solver_step: ConfiguredNumber = 0.05,
        parameter_modes: ConfiguredInteger = 15,
        **sampling: Any,
    ) -> None:
        super().__init__(**sampling)
        self.viscosity = require_number("pde.viscosity", viscosity, "give a positive number")
        self.duration = require_number("pde.duration", duration, "give a positive number")
        self.forcing = require_finite_number("pde.forcing", forcing, "give a finite number, 0 for a free flow")
        length = require_number("pde.length_scale", length_scale, "give a positive number of sides of the square")
        n_points, step = require_solver(solver_resolution, solver_step)
        self.system = NavierStokesVorticity(
            viscosity=self.viscosity,
            duration=self.duration,
            forcing=self.forcing,
            length_scale=length,
            resolution=n_points,
            largest_step=step,
        )
        require_resolved_fields(length_scale, self.system.unresolved_part, self.system.n_points)
        waves = require_parameter_modes(parameter_modes)
        self.parameter_modes = (waves, waves)
        self.depends_on_position = self.forcing != 0
        self.linear_part = LinearPart(rate=1 / self.duration, diffusion=self.viscosity)

    def residual(
        self, solution: SampledFunction, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """w_t / T + v·∇w − ν Δw − force."""
        stream = solution.inverse_laplacian((1, 2))
        advection = stream.derivative(2) * solution.derivative(1) - stream.derivative(1) * solution.derivative(2)
        diffusion = solution.derivative(1, 2) + solution.derivative(2, 2)
        residual = solution.derivative(0) / self.duration + advection - self.viscosity * diffusion
        return residual - self._force(residual) if self.forcing else residual

    def _force(self, like: Tensor) -> Tensor:
        x, y = (torch.arange(n, dtype=like.dtype, device=like.device) / n for n in like.shape[-2:])
        phase = 2 * torch.pi * (x[:, None] + y)
        return self.forcing * (torch.sin(phase) + torch.cos(phase))
