"""The Navier–Stokes equation of a plane flow in its vorticity: w_t / T + v·∇w = ν Δw + force on a periodic square."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from sciml_bench.core.checks import ConfiguredInteger
from sciml_bench.nsm.equations.evolution_equation import EvolutionEquation
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction, Values
from sciml_bench.systems.partial.navier_stokes import NavierStokesVorticity


class NavierStokes(EvolutionEquation):
    """Eddies on a periodic square; v = (∂_y ψ, −∂_x ψ) with −Δψ = w; see `systems.NavierStokesVorticity`.

    The paper's viscosities are 1e-2, 1e-3 and 1e-4 over a duration of 3, and 2e-3 over 50 with the forcing .1.

    Args:
        parameter_modes: waves per axis that hold an initial field.
        **settings: of the system and of the sampling, see `Equation`.

    Raises:
        ConfigurationError: a value is out of range; the message names the key `pde.<setting>`.
    """

    system: NavierStokesVorticity
    system_class = NavierStokesVorticity
    name: ClassVar[str] = "the Navier–Stokes equation"
    quantity: ClassVar[str] = "vorticity"
    axes = (Axis("t", "time"), Axis("x", "periodic"), Axis("y", "periodic"))
    zero_mean = True
    degree: ClassVar[int] = 2

    def __init__(self, parameter_modes: ConfiguredInteger = 15, **settings: Any) -> None:
        super().__init__(parameter_modes, **settings)
        self.depends_on_position = self.system.forcing != 0

    def residual(self, solution: SampledFunction, parameters: Values) -> Values:
        """w_t / T + v·∇w − ν Δw − force."""
        stream = solution.inverse_laplacian((1, 2))
        advection = stream.derivative(2) * solution.derivative(1) - stream.derivative(1) * solution.derivative(2)
        diffusion = solution.derivative(1, 2) + solution.derivative(2, 2)
        residual = solution.derivative(0) / self.system.duration + advection - self.system.viscosity * diffusion
        return residual - self._force(residual) if self.system.forcing else residual

    def _force(self, like: Tensor) -> Tensor:
        x, y = (torch.arange(n, dtype=like.dtype, device=like.device) / n for n in like.shape[-2:])
        phase = 2 * torch.pi * (x[:, None] + y)
        return self.system.forcing * (torch.sin(phase) + torch.cos(phase))
