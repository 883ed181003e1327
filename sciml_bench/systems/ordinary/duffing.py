"""The Duffing oscillator: a particle in a quartic potential with friction and, if wanted, a periodic force.

x'' = −delta x' − alpha x − beta x³ + gamma cos(omega t)
(Guckenheimer and Holmes, Nonlinear Oscillations, Dynamical Systems, and Bifurcations of Vector Fields, section 2.2).
"""

from dataclasses import dataclass
from math import cos, sqrt
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation, Real


@dataclass(frozen=True)
class Duffing(OrdinaryDifferentialEquation):
    """Position and velocity in two wells, damped and not driven by default.

    Args:
        damping: delta, in 1/time, at least 0.
        linear_stiffness: alpha, in 1/time²; negative for two wells.
        cubic_stiffness: beta, in 1/(time² length²), positive, so that motion stays bounded.
        driving_amplitude: gamma, in length/time².
        driving_frequency: omega, in radians per time.

    Raises:
        ConfigurationError: a parameter out of its range.
    """

    damping: Real = 0.3
    linear_stiffness: Real = -1.0
    cubic_stiffness: Real = 1.0
    driving_amplitude: Real = 0.0
    driving_frequency: Real = 1.2
    dim: ClassVar[int] = 2
    default_time_step: ClassVar[float] = 0.05
    initial_deviation: ClassVar[tuple[float, ...]] = (1.0, 1.0)
    known_facts: ClassVar[frozenset[str]] = frozenset({"energy", "energy_rate", "fixed_points", "divergence"})

    def __post_init__(self) -> None:
        self._require_finite("damping", "linear_stiffness", "driving_amplitude", "driving_frequency")
        self._require_positive("cubic_stiffness")
        if self.damping < 0:
            raise self._bad_parameter("damping", "give a number of at least 0")

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """At rest on top of the barrier, around which `sample` draws its initial states."""
        return np.zeros(2)

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        position, velocity = components
        phase = self.driving_frequency * t
        drive = self.driving_amplitude * (torch.cos(phase) if isinstance(phase, torch.Tensor) else cos(phase))
        spring = position * (self.linear_stiffness + self.cubic_stiffness * position * position)
        return velocity, drive - self.damping * velocity - spring

    def energy(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """v²/2 + alpha x²/2 + beta x⁴/4, without the drive; conserved where there is neither damping nor drive."""
        square = x[..., 0] ** 2
        return x[..., 1] ** 2 / 2 + self.linear_stiffness * square / 2 + self.cubic_stiffness * square**2 / 4

    def energy_rate(
        self, t: Float[np.ndarray, "*batch"], x: Float[np.ndarray, "*batch dim"]
    ) -> Float[np.ndarray, "*batch"]:
        """Its rate of change along a motion, −delta v² + gamma v cos(omega t)."""
        velocity = x[..., 1]
        return velocity * (self.driving_amplitude * np.cos(self.driving_frequency * t) - self.damping * velocity)

    @property
    def fixed_points(self) -> Float[np.ndarray, "points dim"]:
        """The origin and, for negative alpha, the wells ±√(−alpha/beta), all at rest.

        Raises:
            NotImplementedError: the drive leaves nothing at rest.
        """
        if self.driving_amplitude != 0:
            raise self._unknown("fixed_points")
        if self.linear_stiffness >= 0:
            return np.zeros((1, 2))
        well = sqrt(-self.linear_stiffness / self.cubic_stiffness)
        return np.array([[0.0, 0.0], [well, 0.0], [-well, 0.0]])

    @property
    def divergence(self) -> float:
        """Rate of change of the logarithm of phase area, −delta, the same in every state."""
        return -float(self.damping)
