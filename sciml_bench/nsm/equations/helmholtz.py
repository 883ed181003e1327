"""Helmholtz' equation −Δu − κ² u = s on a periodic square: the shortest equation, as an example."""

from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from sciml_bench.nsm.equations.equation import Equation, LinearPart
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction
from sciml_bench.systems.partial import helmholtz


class Helmholtz(Equation):
    """The response of a periodic square to random sources without mean; see `systems.Helmholtz`.

    Args:
        **settings: see `Equation`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    system_class = helmholtz.Helmholtz
    name: ClassVar[str] = "Helmholtz' equation"
    axes = (Axis("x", "periodic"), Axis("y", "periodic"))
    zero_mean = True
    parameter_modes_setting: ClassVar[str] = "pde.n_points"
    """The key that makes room for rougher sources."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # an even grid of a circle ends with a cosine, for which an odd basis needs one mode more
        n_modes = self.system.n_points + 1 - self.system.n_points % 2
        self.parameter_modes = (n_modes, n_modes)
        self.linear_part = LinearPart(diffusion=1.0, decay=-(self.system.wave_number**2))

    def residual(
        self, solution: SampledFunction, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """−Δu − κ² u − s."""
        laplacian = solution.derivative(0, 2) + solution.derivative(1, 2)
        return -laplacian - self.system.wave_number**2 * solution.values - parameters
