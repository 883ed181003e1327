"""Reaction and diffusion on a circle, u_t − ν u_xx = growth · u (1 − u), from random initial fields."""

from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_number
from sciml_bench.nsm.equations.equation import LinearPart
from sciml_bench.nsm.equations.evolution_equation import EvolutionEquation, require_solver
from sciml_bench.nsm.equations.setting_checks import require_parameter_modes, require_resolved_fields
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction
from sciml_bench.systems.partial.reaction_diffusion import ReactionDiffusion as ReactionDiffusionSystem


class ReactionDiffusion(EvolutionEquation):
    """A population that grows where it is, and spreads; the paper's viscosities are .005, .01, .05 and .1.

    Args:
        viscosity: ν.
        growth: rate of the reaction.
        length_scale: of the initial fields, in lengths of the circle.
        solver_resolution: points of the reference solver.
        solver_step: its largest step, in time.
        parameter_modes: waves that hold an initial field; the default holds those of the length scale .2 to 1e-6.
        **sampling: of training and test, see `ParametricData`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    name: ClassVar[str] = "the reaction–diffusion equation"
    axes = (Axis("t", "time"), Axis("x", "periodic"))
    degree: ClassVar[int] = 2

    def __init__(
        self,
        viscosity: ConfiguredNumber = 0.01,
        growth: ConfiguredNumber = 5.0,
        length_scale: ConfiguredNumber = 0.2,
        solver_resolution: ConfiguredInteger = 256,
        solver_step: ConfiguredNumber = 1 / 256,
        parameter_modes: ConfiguredInteger = 41,
        **sampling: Any,
    ) -> None:
        super().__init__(**sampling)
        self.viscosity = require_number("pde.viscosity", viscosity, "give a positive number")
        self.growth = require_number("pde.growth", growth, "give a positive number")
        length = require_number("pde.length_scale", length_scale, "give a positive number of lengths of the circle")
        n_points, step = require_solver(solver_resolution, solver_step)
        self.system = ReactionDiffusionSystem(
            viscosity=self.viscosity,
            growth=self.growth,
            length_scale=length,
            resolution=n_points,
            largest_step=step,
        )
        require_resolved_fields(length_scale, self.system.unresolved_part, self.system.n_points)
        self.parameter_modes = (require_parameter_modes(parameter_modes),)
        self.linear_part = LinearPart(rate=1.0, diffusion=self.viscosity)

    def residual(
        self, solution: SampledFunction, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """u_t − ν u_xx − growth · u (1 − u)."""
        u = solution.values
        return solution.derivative(0) - self.viscosity * solution.derivative(1, 2) - self.growth * u * (1 - u)
