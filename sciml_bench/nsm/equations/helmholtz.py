"""Helmholtz' equation −Δu − κ² u = s on a periodic square: all of an equation in one file, as an example.

Waves of a given frequency that sources s excite; κ is in radians per side of the square.
"""

from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.equations.equation import Equation, LinearPart, Parameters
from sciml_bench.nsm.equations.setting_checks import require_resolved_fields
from sciml_bench.nsm.grid import Axis
from sciml_bench.nsm.sampled_functions import SampledFunction
from sciml_bench.systems.numerics.gaussian_random_field import periodic_gaussian_field, periodic_unresolved_part
from sciml_bench.systems.numerics.trigonometric_interpolation import interpolate_periodic

_CLOSEST_RESONANCE = 0.05


class Helmholtz(Equation):
    """The response of a periodic square to random sources without mean.

    Args:
        wave_number: κ; at 2π√(m² + n²) the square resonates and there is no solution.
        length_scale: of the sources, in sides of the square.
        n_points: on which sources are drawn, per axis.
        **sampling: of training and test, see `ParametricData`.

    Raises:
        ConfigurationError: a value is out of range, or κ is too close to a resonance.
    """

    name: ClassVar[str] = "Helmholtz' equation"
    axes = (Axis("x", "periodic"), Axis("y", "periodic"))
    zero_mean = True
    parameter_modes_setting: ClassVar[str] = "pde.n_points"
    """The key that makes room for rougher sources."""

    def __init__(
        self,
        wave_number: ConfiguredNumber = 4.0,
        length_scale: ConfiguredNumber = 0.2,
        n_points: ConfiguredInteger = 16,
        **sampling: Any,
    ) -> None:
        super().__init__(**sampling)
        self.wave_number = require_number("pde.wave_number", wave_number, "give a positive number")
        self.length_scale = require_number("pde.length_scale", length_scale, "give a positive number")
        self.n_points = require_integer("pde.n_points", n_points, 3, "give at least 3 points per axis")
        unresolved = periodic_unresolved_part(self.n_points, self.length_scale)
        require_resolved_fields(length_scale, unresolved, self.n_points, "pde.n_points")
        # an even grid of a circle ends with a cosine, for which an odd basis needs one mode more
        n_modes = self.n_points + 1 - self.n_points % 2
        self.parameter_modes = (n_modes, n_modes)
        self.linear_part = LinearPart(diffusion=1.0, decay=-(self.wave_number**2))
        frequencies = np.arange(self.n_points)
        resonances = 2 * np.pi * np.hypot(frequencies[:, None], frequencies).ravel()
        nearest = float(resonances[np.abs(resonances - self.wave_number).argmin()])
        if nearest and abs(self.wave_number - nearest) < _CLOSEST_RESONANCE * nearest:
            raise ConfigurationError(
                f"pde.wave_number={wave_number}: the square resonates at {nearest:.4g}; keep 5 % away from it"
            )

    def residual(
        self, solution: SampledFunction, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """−Δu − κ² u − s."""
        laplacian = solution.derivative(0, 2) + solution.derivative(1, 2)
        return -laplacian - self.wave_number**2 * solution.values - parameters

    @property
    def identity(self) -> str:
        """Wave number and length scale."""
        return f"Helmholtz(wave_number={self.wave_number!r}, length_scale={self.length_scale!r})"

    def draw_parameters(self, n_samples: int, seed: int) -> Parameters:
        """Sources (batch, x, y) without mean."""
        rng = np.random.default_rng(seed)
        return periodic_gaussian_field(n_samples, self.n_points, 2, self.length_scale, rng, zero_mean=True)

    def solve(self, parameters: Parameters, resolution: int, n_times: int) -> Float[np.ndarray, "batch x y"]:
        """One division per wave, on a grid that holds all waves of the sources."""
        n = max(64, 2 * parameters.shape[1])
        fine = interpolate_periodic(np.asarray(parameters, dtype=np.float64), n, 2)
        waves = 2 * np.pi * np.fft.fftfreq(n, 1 / n)
        symbol = waves[:, None] ** 2 + waves**2 - self.wave_number**2
        spectrum = np.fft.fft2(fine) / symbol
        return interpolate_periodic(np.fft.ifft2(spectrum).real, resolution, 2)
