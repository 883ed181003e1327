"""Burgers' equation u_t / duration + u u_x = ν u_xx on a circle, from random initial fields."""

from typing import ClassVar

from sciml_bench.nsm.equations.evolution_equation import EvolutionEquation
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction, Values
from sciml_bench.systems.partial import burgers


class Burgers(EvolutionEquation):
    """Waves that steepen into fronts, which the viscosity keeps from breaking; see `systems.Burgers`."""

    system_class = burgers.Burgers
    name: ClassVar[str] = "Burgers' equation"
    axes = (Axis("t", "time"), Axis("x", "periodic"))
    degree: ClassVar[int] = 2

    def residual(self, solution: SampledFunction, parameters: Values) -> Values:
        """u_t / duration + u u_x − ν u_xx."""
        steepening = solution.values * solution.derivative(1)
        diffusion = self.system.viscosity * solution.derivative(1, 2)
        return solution.derivative(0) / self.system.duration + steepening - diffusion
