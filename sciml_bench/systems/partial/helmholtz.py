"""Helmholtz' equation −Δu − κ² u = s on a periodic square: one division per wave.

Waves of a given frequency that sources s excite; κ is in radians per side of the square.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber
from sciml_bench.systems.numerics.trigonometric_interpolation import interpolate_periodic
from sciml_bench.systems.partial.partial_differential_equation import PartialDifferentialEquation

_CLOSEST_RESONANCE = 0.05
_FEWEST_WAVES = 64


@dataclass(frozen=True)
class Helmholtz(PartialDifferentialEquation):
    """The response of a periodic square to sources without mean; the source is the parameter.

    Args:
        wave_number: κ; at 2π√(m² + n²) the square resonates and there is no solution.
        length_scale: ℓ of the random sources, in sides of the square.
        n_points: of the random sources, per axis.

    Raises:
        ConfigurationError: a parameter is not positive, too few points, or κ is too close to a resonance.
    """

    wave_number: ConfiguredNumber = 4.0
    length_scale: ConfiguredNumber = 0.2
    n_points: ConfiguredInteger = 16
    n_dims = 2
    positive = ("wave_number",)

    def __post_init__(self) -> None:
        super().__post_init__()
        frequencies = np.arange(self.n_points)
        resonances = 2 * np.pi * np.hypot(frequencies[:, None], frequencies).ravel()
        nearest = float(resonances[np.abs(resonances - self.wave_number).argmin()])
        if nearest and abs(self.wave_number - nearest) < _CLOSEST_RESONANCE * nearest:
            raise self._bad_parameter("wave_number", f"the square resonates at {nearest:.4g}; keep 5 % away from it")

    def reference(self, parameters: Float[np.ndarray, "batch *grid"], n_points: int) -> Float[np.ndarray, "batch x y"]:
        """The solution at the points j / n_points, from a grid that holds all waves of the sources.

        Args:
            parameters: sources on a grid of any size, continued by trigonometric interpolation.
            n_points: per axis.

        Raises:
            DataError: sources of the wrong shape, or not finite.
            ConfigurationError: `n_points` is below 1.
        """
        sources = self._checked_fields(parameters)
        self._require_at_least_one(n_points=n_points)
        n = max(_FEWEST_WAVES, 2 * sources.shape[1])
        waves = 2 * np.pi * np.fft.fftfreq(n, 1 / n)
        symbol = waves[:, None] ** 2 + waves**2 - self.wave_number**2
        spectrum = np.fft.fft2(interpolate_periodic(sources, n, 2)) / symbol
        return interpolate_periodic(np.fft.ifft2(spectrum).real, n_points, 2)
