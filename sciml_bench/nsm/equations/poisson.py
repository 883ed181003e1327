"""Poisson's equation −Δu = s on the unit square, periodic or with u = 0 on the boundary."""

from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from sciml_bench.nsm.equations.equation import Equation, LinearPart
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction
from sciml_bench.systems.partial import poisson


class Poisson(Equation):
    """A potential for each random source s(x, y); the periodic one has no mean; see `systems.Poisson`.

    Args:
        **settings: see `Equation`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    system_class = poisson.Poisson
    name: ClassVar[str] = "Poisson's equation"
    parameter_modes_setting: ClassVar[str] = "pde.n_points"
    """The key that makes room for rougher sources."""
    linear_part = LinearPart(diffusion=1.0)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.zero_mean = self.system.boundary == "periodic"
        kind = "periodic" if self.zero_mean else "bounded"
        self.axes = (Axis("x", kind), Axis("y", kind))
        # an even grid of a circle ends with a cosine, for which an odd basis needs one mode more
        n_modes = self.system.n_points + 1 - self.system.n_points % 2 if self.zero_mean else self.system.n_points
        self.parameter_modes = (n_modes, n_modes)

    def residual(
        self, solution: SampledFunction, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """−Δu − s."""
        return -solution.derivative(0, 2) - solution.derivative(1, 2) - parameters
