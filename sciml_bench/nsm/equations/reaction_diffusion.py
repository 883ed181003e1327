"""Reaction and diffusion on a circle, u_t / duration − ν u_xx = growth · u (1 − u), from random initial fields."""

from typing import ClassVar

from sciml_bench.nsm.equations.evolution_equation import EvolutionEquation
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction, Values
from sciml_bench.systems.partial import reaction_diffusion


class ReactionDiffusion(EvolutionEquation):
    """A population that grows where it is, and spreads; see `systems.ReactionDiffusion`.

    The paper's viscosities are .005, .01, .05 and .1; 41 waves hold initial fields of the length scale .2 to 1e-6.
    """

    system: reaction_diffusion.ReactionDiffusion
    system_class = reaction_diffusion.ReactionDiffusion
    name: ClassVar[str] = "the reaction–diffusion equation"
    axes = (Axis("t", "time"), Axis("x", "periodic"))
    degree: ClassVar[int] = 2

    def residual(self, solution: SampledFunction, parameters: Values) -> Values:
        """u_t / duration − ν u_xx − growth · u (1 − u)."""
        u, system = solution.values, self.system
        change = solution.derivative(0) / system.duration - system.viscosity * solution.derivative(1, 2)
        return change - system.growth * u * (1 - u)
