"""Burgers' equation u_t / duration + u u_x = ν u_xx on a circle, from random initial fields."""

from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from sciml_bench.data.field_checks import require_integer, require_number
from sciml_bench.nsm.equations.equation import LinearPart
from sciml_bench.nsm.equations.evolution_equation import EvolutionEquation
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction
from sciml_bench.systems.burgers import Burgers as BurgersSystem


class Burgers(EvolutionEquation):
    """Waves that steepen into fronts, which the viscosity keeps from breaking.

    Args:
        viscosity: ν.
        duration: time that passes from t = 0 to t = 1.
        parameter_modes: waves that hold an initial field.
        **sampling: of training and test, see `ParametricData`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    name: ClassVar[str] = "Burgers' equation"
    axes = (Axis("t", "time"), Axis("x", "periodic"))
    degree: ClassVar[int] = 2

    def __init__(
        self,
        viscosity: float | int = 0.01,
        duration: float | int = 1.0,
        parameter_modes: int = 41,
        **sampling: Any,
    ) -> None:
        super().__init__(**sampling)
        self.viscosity = require_number("pde.viscosity", viscosity, "give a positive number")
        self.duration = require_number("pde.duration", duration, "give a positive number")
        self.system = BurgersSystem(viscosity=self.viscosity, duration=self.duration)
        self.parameter_modes = (
            require_integer("pde.parameter_modes", parameter_modes, 3, "give at least 3 waves that hold a field"),
        )
        self.linear_part = LinearPart(rate=1 / self.duration, diffusion=self.viscosity)

    def residual(
        self, solution: SampledFunction, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """u_t / duration + u u_x − ν u_xx."""
        steepening = solution.values * solution.derivative(1)
        return solution.derivative(0) / self.duration + steepening - self.viscosity * solution.derivative(1, 2)
