"""Two point masses that attract each other by gravity, in the plane of their motion.

m₁ x₁″ = G m₁ m₂ (x₂ − x₁)/d³ = −m₂ x₂″ with d = |x₂ − x₁|: the barycentre moves uniformly, and the displacement
x₂ − x₁ on a conic section, which Kepler's equation E − e sin E = n (t − t_p) times (Danby, Fundamentals of Celestial
Mechanics, chapter 6).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.ordinary.ordinary_differential_equation import Motions, OrdinaryDifferentialEquation, Real

_MOST_NEWTON_STEPS = 50


@dataclass(frozen=True)
class TwoBody(OrdinaryDifferentialEquation):
    """Positions, then velocities: (x₁, y₁, x₂, y₂, x₁′, y₁′, x₂′, y₂′).

    Args:
        mass_1: m₁ of the first body.
        mass_2: m₂ of the second.
        gravity: G, in length³/(mass time²).

    Raises:
        ConfigurationError: a parameter is not positive.
    """

    mass_1: Real = 0.7
    mass_2: Real = 0.3
    gravity: Real = 1.0
    positive = ("mass_1", "mass_2", "gravity")
    dim: ClassVar[int] = 8
    default_time_step: ClassVar[float] = 0.05
    initial_deviation: ClassVar[tuple[float, ...]] = (0.0,) * 4 + (0.05,) * 4
    known_facts = frozenset({"angular_momentum", "closed_form", "energy", "invariant", "orbital_period"})
    conserved = ("energy", "angular_momentum")

    @property
    def attraction(self) -> float:
        """G (m₁ + m₂), what bends the displacement."""
        return self.gravity * (self.mass_1 + self.mass_2)

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """A circle of radius 1 around the barycentre at rest."""
        return self.orbit_state(1.0, 0.0, 0.0, 0.0)

    def orbit_state(
        self,
        semi_major_axis: float | int | Float[np.ndarray, "*batch"],
        eccentricity: float | int | Float[np.ndarray, "*batch"],
        orientation: float | int | Float[np.ndarray, "*batch"],
        anomaly: float | int | Float[np.ndarray, "*batch"],
    ) -> Float[np.ndarray, "*batch dim"]:
        """The state on an ellipse around a barycentre at rest.

        Args:
            semi_major_axis: of the ellipse of the displacement.
            eccentricity: from 0 to below 1.
            orientation: of the point of closest approach, in radians.
            anomaly: eccentric anomaly E, in radians.

        Raises:
            ConfigurationError: this is no ellipse.
        """
        size, flatness, turn, phase = np.broadcast_arrays(semi_major_axis, eccentricity, orientation, anomaly)
        if not (np.all(size > 0) and np.all(flatness >= 0) and np.all(flatness < 1)):
            raise ConfigurationError(
                f"semi_major_axis={semi_major_axis}, eccentricity={eccentricity}: an ellipse has a positive axis and "
                "an eccentricity from 0 to below 1"
            )
        minor = size * np.sqrt(1 - flatness**2)
        speed = np.sqrt(self.attraction / size) / (1 - flatness * np.cos(phase))
        across = np.stack([size * (np.cos(phase) - flatness), minor * np.sin(phase)], axis=-1)
        motion = np.stack([-speed * np.sin(phase), speed * minor / size * np.cos(phase)], axis=-1)
        cosine, sine = np.cos(turn), np.sin(turn)
        rotation = np.stack([np.stack([cosine, -sine], axis=-1), np.stack([sine, cosine], axis=-1)], axis=-2)
        across, motion = (np.einsum("...ij,...j->...i", rotation, vector) for vector in (across, motion))
        share = self.mass_2 / (self.mass_1 + self.mass_2)
        return np.concatenate([-share * across, (1 - share) * across, -share * motion, (1 - share) * motion], axis=-1)

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        x_1, y_1, x_2, y_2, *velocities = components
        x, y = x_2 - x_1, y_2 - y_1
        strength = self.gravity * (x * x + y * y) ** -1.5
        first, second = strength * self.mass_2, strength * self.mass_1
        return (*velocities, first * x, first * y, -second * x, -second * y)

    def energy(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """m₁ v₁²/2 + m₂ v₂²/2 − G m₁ m₂/d."""
        bodies = x.reshape(*x.shape[:-1], 2, 2, 2)
        kinetic = np.square(bodies[..., 1, :, :]).sum(axis=-1) @ np.array([self.mass_1, self.mass_2]) / 2
        distance = np.linalg.norm(bodies[..., 0, 1, :] - bodies[..., 0, 0, :], axis=-1)
        return np.asarray(kinetic - self.gravity * self.mass_1 * self.mass_2 / distance)

    def angular_momentum(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Σ m (x y′ − y x′), about the origin."""
        bodies = x.reshape(*x.shape[:-1], 2, 2, 2)
        position, velocity = bodies[..., 0, :, :], bodies[..., 1, :, :]
        turning = position[..., 0] * velocity[..., 1] - position[..., 1] * velocity[..., 0]
        return np.asarray(turning @ np.array([self.mass_1, self.mass_2]))

    invariant = angular_momentum

    def orbital_period(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Of a bound motion, by Kepler's third law.

        Raises:
            ConfigurationError: a state is not bound.
        """
        _, displacement, velocity = self._barycentre_and_displacement(x)
        return np.asarray(2 * np.pi * np.sqrt(self._semi_major_axis(displacement, velocity) ** 3 / self.attraction))

    def closed_form(self, x0: Float[np.ndarray, "*batch dim"], t: Float[np.ndarray, " time"]) -> Motions:
        """The bound motion from `x0` at `t[0]` on, by Lagrange's coefficients of Kepler's ellipse.

        Raises:
            ConfigurationError: a state is not bound.
        """
        centre, displacement, velocity = self._barycentre_and_displacement(x0)
        size = self._semi_major_axis(displacement, velocity)[..., None]
        rate = np.sqrt(self.attraction / size**3)
        start = np.linalg.norm(displacement, axis=-1)[..., None]
        # e cos E and e sin E at the start
        cosine = 1 - start / size
        sine = (displacement * velocity).sum(axis=-1)[..., None] / (rate * size**2)
        elapsed = t - t[0]
        passed = _solve_kepler(rate * elapsed, cosine, sine)
        distance = size * (1 - cosine * np.cos(passed) + sine * np.sin(passed))
        f = 1 - size / start * (1 - np.cos(passed))
        g = elapsed - (passed - np.sin(passed)) / rate
        f_rate = -rate * size**2 / (distance * start) * np.sin(passed)
        g_rate = 1 - size / distance * (1 - np.cos(passed))
        across = f[..., None] * displacement[..., None, :] + g[..., None] * velocity[..., None, :]
        motion = f_rate[..., None] * displacement[..., None, :] + g_rate[..., None] * velocity[..., None, :]
        drift = centre[..., None, 1, :]
        middle = centre[..., None, 0, :] + elapsed[:, None] * drift
        share = self.mass_2 / (self.mass_1 + self.mass_2)
        parts = (middle - share * across, middle + (1 - share) * across)
        rates = (drift - share * motion, drift + (1 - share) * motion)
        return np.concatenate([*parts, *rates], axis=-1)

    def _barycentre_and_displacement(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Position and velocity of the barycentre (…, 2, 2), displacement and its rate (…, 2)."""
        bodies = x.reshape(*x.shape[:-1], 2, 2, 2)
        share = self.mass_2 / (self.mass_1 + self.mass_2)
        relative = bodies[..., 1, :] - bodies[..., 0, :]
        return bodies[..., 0, :] + share * relative, relative[..., 0, :], relative[..., 1, :]

    def _semi_major_axis(self, displacement: np.ndarray, velocity: np.ndarray) -> np.ndarray:
        inverse = 2 / np.linalg.norm(displacement, axis=-1) - np.square(velocity).sum(axis=-1) / self.attraction
        if not np.all(inverse > 0):
            raise ConfigurationError("TwoBody: with an energy of 0 or more the bodies part for ever; use slower ones")
        return np.asarray(1 / inverse)


def _solve_kepler(mean: np.ndarray, cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """The change F of the eccentric anomaly with F − e cos E₀ sin F + e sin E₀ (1 − cos F) = `mean`, by Newton."""
    passed = mean + np.zeros_like(cosine)
    for _ in range(_MOST_NEWTON_STEPS):
        surplus = passed - cosine * np.sin(passed) + sine * (1 - np.cos(passed)) - mean
        step = surplus / (1 - cosine * np.cos(passed) + sine * np.sin(passed))
        passed = passed - np.clip(step, -1.0, 1.0)
        if np.all(np.abs(step) <= 4e-16 * (1 + np.abs(passed))):
            break
    return passed
