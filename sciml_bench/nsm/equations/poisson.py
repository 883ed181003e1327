"""Poisson's equation −Δu = s on the unit square, periodic or with u = 0 on the boundary."""

from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import (
    ConfiguredInteger,
    ConfiguredNumber,
    require_choice,
    require_integer,
    require_number,
)
from sciml_bench.nsm.equations.equation import Equation, LinearPart, Parameters
from sciml_bench.nsm.equations.setting_checks import require_resolved_fields
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction
from sciml_bench.systems.partial.poisson import Poisson as PoissonSystem


class Poisson(Equation):
    """A potential for each random source s(x, y); the periodic one has no mean.

    Args:
        boundary: `periodic` or `dirichlet`.
        length_scale: of the sources, in sides of the square.
        n_points: on which sources are drawn, per axis.
        **sampling: of training and test, see `ParametricData`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    name: ClassVar[str] = "Poisson's equation"
    parameter_modes_setting: ClassVar[str] = "pde.n_points"
    """The key that makes room for rougher sources."""
    linear_part = LinearPart(diffusion=1.0)

    def __init__(
        self,
        boundary: Any = "periodic",
        length_scale: ConfiguredNumber = 0.2,
        n_points: ConfiguredInteger = 16,
        **sampling: Any,
    ) -> None:
        super().__init__(**sampling)
        boundary = require_choice("pde.boundary", boundary, ("periodic", "dirichlet"))
        length = require_number("pde.length_scale", length_scale, "give a positive number of sides of the square")
        n_points = require_integer("pde.n_points", n_points, 3, "give at least 3 points per axis")
        self.system = PoissonSystem(boundary=boundary, length_scale=length, n_points=n_points)
        require_resolved_fields(length_scale, self.system.unresolved_part, n_points, "pde.n_points")
        kind = "periodic" if boundary == "periodic" else "bounded"
        self.axes = (Axis("x", kind), Axis("y", kind))
        self.zero_mean = boundary == "periodic"
        # an even grid of a circle ends with a cosine, for which an odd basis needs one mode more
        n_modes = n_points + 1 - n_points % 2 if self.zero_mean else n_points
        self.parameter_modes = (n_modes, n_modes)

    def residual(
        self, solution: SampledFunction, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """−Δu − s."""
        return -solution.derivative(0, 2) - solution.derivative(1, 2) - parameters

    @property
    def identity(self) -> str:
        """The system."""
        return repr(self.system)

    def draw_parameters(self, n_samples: int, seed: int) -> Parameters:
        """Sources (batch, x, y)."""
        return self.system.random_parameters(n_samples, seed)

    def solve(self, parameters: Parameters, resolution: int, n_times: int) -> Float[np.ndarray, "batch x y"]:
        """One division per wave, or a Legendre–Galerkin method."""
        return self.system.reference(np.asarray(parameters, dtype=np.float64), resolution)
