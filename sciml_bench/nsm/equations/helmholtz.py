"""Helmholtz' equation −Δu − κ² u = s on a periodic square: the shortest equation, as an example."""

from typing import Any, ClassVar

from sciml_bench.nsm.equations.equation import Equation, LinearPart
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction, Values
from sciml_bench.systems.partial import helmholtz


class Helmholtz(Equation):
    """The response of a periodic square to random sources without mean; see `systems.Helmholtz`."""

    system_class = helmholtz.Helmholtz
    name: ClassVar[str] = "Helmholtz' equation"
    axes = (Axis("x", "periodic"), Axis("y", "periodic"))
    zero_mean = True

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.linear_part = LinearPart(diffusion=1.0, decay=-(self.system.wave_number**2))

    def residual(self, solution: SampledFunction, parameters: Values) -> Values:
        """−Δu − κ² u − s."""
        laplacian = solution.derivative(0, 2) + solution.derivative(1, 2)
        return -laplacian - self.system.wave_number**2 * solution.values - parameters
