"""Lorenz's model of convection, the first strange attractor.

dx/dt = sigma (y − x), dy/dt = x (rho − z) − y, dz/dt = x y − beta z
(Lorenz, Deterministic nonperiodic flow, J. Atmospheric Sciences 20, 1963). Its −y is easily lost.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation, Real

_CLASSICAL_PARAMETERS = (10.0, 28.0, 8 / 3)
# Viswanath, Lyapunov exponents from random Fibonacci sequences to the Lorenz equations, PhD thesis, Cornell 1998.
_CLASSICAL_LYAPUNOV_EXPONENT = 0.9056


@dataclass(frozen=True)
class Lorenz63(OrdinaryDifferentialEquation):
    """Chaos in three dimensions.

    Args:
        prandtl_number: sigma.
        rayleigh_number: rho, relative to the onset of convection.
        geometric_factor: beta, of the convection cells.

    Raises:
        ConfigurationError: a parameter is not positive.
    """

    prandtl_number: Real = 10.0
    rayleigh_number: Real = 28.0
    geometric_factor: Real = 8 / 3
    positive = ("prandtl_number", "rayleigh_number", "geometric_factor")
    dim: ClassVar[int] = 3
    default_time_step: ClassVar[float] = 0.01
    default_burn_in: ClassVar[float] = 20.0
    initial_deviation: ClassVar[tuple[float, ...]] = (8.0, 8.0, 8.0)
    known_facts: ClassVar[frozenset[str]] = frozenset({"fixed_points", "divergence", "lyapunov_time"})

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """A state in the middle of the attractor's height."""
        return np.array([1.0, 1.0, self.rayleigh_number - 1.0])

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        x, y, z = components
        return (self.prandtl_number * (y - x), x * (self.rayleigh_number - z) - y, x * y - self.geometric_factor * z)

    @property
    def fixed_points(self) -> Float[np.ndarray, "points dim"]:
        """The origin and, for rho > 1, the two rolls (±√(beta(rho−1)), ±√(beta(rho−1)), rho−1)."""
        origin = [0.0, 0.0, 0.0]
        if self.rayleigh_number <= 1:
            return np.array([origin])
        roll, height = np.sqrt(self.geometric_factor * (self.rayleigh_number - 1)), float(self.rayleigh_number - 1)
        return np.array([origin, [roll, roll, height], [-roll, -roll, height]])

    @property
    def divergence(self) -> float:
        """Rate of change of the logarithm of phase volume, −(sigma + 1 + beta), the same in every state."""
        return -float(self.prandtl_number + 1 + self.geometric_factor)

    @property
    def lyapunov_time(self) -> float:
        """1/0.9056 for the classical parameters.

        Raises:
            NotImplementedError: for other parameters.
        """
        if (self.prandtl_number, self.rayleigh_number, self.geometric_factor) != _CLASSICAL_PARAMETERS:
            raise self._unknown("lyapunov_time")
        return 1 / _CLASSICAL_LYAPUNOV_EXPONENT
