"""Poisson's equation −Δu = s on the unit square, periodic or with u = 0 on the boundary."""

from typing import Any, ClassVar

from sciml_bench.nsm.equations.equation import Equation, LinearPart
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction, Values
from sciml_bench.systems.partial import poisson


class Poisson(Equation):
    """A potential for each random source s(x, y); the periodic one has no mean; see `systems.Poisson`."""

    system_class = poisson.Poisson
    name: ClassVar[str] = "Poisson's equation"
    linear_part = LinearPart(diffusion=1.0)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.zero_mean = self.system.boundary == "periodic"
        kind = "periodic" if self.zero_mean else "bounded"
        self.axes = (Axis("x", kind), Axis("y", kind))

    def residual(self, solution: SampledFunction, parameters: Values) -> Values:
        """−Δu − s."""
        return -solution.derivative(0, 2) - solution.derivative(1, 2) - parameters
