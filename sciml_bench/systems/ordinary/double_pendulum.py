"""The double pendulum: two point masses on massless rods, which conserves its energy and is chaotic where that is high.

With the angles θ1, θ2 from the downward vertical, d = θ1 − θ2 and the mass ratio r = m2/(m1 + m2), Lagrange's equations
divided by (m1 + m2) l1 and m2 l2 read

l1 θ1'' + r cos(d) l2 θ2'' = −r sin(d) l2 θ2'² − g sin θ1
cos(d) l1 θ1'' + l2 θ2'' = sin(d) l1 θ1'² − g sin θ2

(Landau and Lifshitz, Mechanics, section 5, problem 1).
"""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation, Real


@dataclass(frozen=True)
class DoublePendulum(OrdinaryDifferentialEquation):
    """Angles and angular velocities (θ1, θ2, ω1, ω2), in radians and radians per second, without friction.

    The default masses and lengths are a fit of point masses to the first second of the real pendulum of Schmidt and
    Lipson (Distilling free-form natural laws from experimental data, Science 324, 2009), which they follow to a tenth
    of its spread.

    Args:
        mass_1: m1 of the upper mass, in kg; the motion depends on the ratio of the masses alone.
        mass_2: m2 of the lower mass, in kg.
        length_1: l1 of the upper rod, in m.
        length_2: l2 of the lower rod, in m.
        gravity: g, in m/s².

    Raises:
        ConfigurationError: a parameter is not positive.
    """

    mass_1: Real = 1.0
    mass_2: Real = 0.9
    length_1: Real = 0.15
    length_2: Real = 0.13
    gravity: Real = 9.81
    positive = ("mass_1", "mass_2", "length_1", "length_2", "gravity")
    dim: ClassVar[int] = 4
    time_unit: ClassVar[str] = "s"
    default_time_step: ClassVar[float] = 0.01
    initial_deviation: ClassVar[tuple[float, ...]] = (0.1, 0.1, 0.5, 0.5)
    known_facts: ClassVar[frozenset[str]] = frozenset({"energy", "fixed_points", "normal_frequencies"})
    conserved = ("energy",)

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """Where the record of the real pendulum starts, to two decimals."""
        return np.array([-1.13, -1.30, -0.54, -6.16])

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        angle_1, angle_2, velocity_1, velocity_2 = components
        ratio = self.mass_2 / (self.mass_1 + self.mass_2)
        sine_1, _ = _sine_and_cosine(angle_1)
        sine_2, _ = _sine_and_cosine(angle_2)
        sine, cosine = _sine_and_cosine(angle_1 - angle_2)
        force_1 = -ratio * sine * self.length_2 * velocity_2 * velocity_2 - self.gravity * sine_1
        force_2 = sine * self.length_1 * velocity_1 * velocity_1 - self.gravity * sine_2
        determinant = 1 - ratio * cosine * cosine
        return (
            velocity_1,
            velocity_2,
            (force_1 - ratio * cosine * force_2) / (determinant * self.length_1),
            (force_2 - cosine * force_1) / (determinant * self.length_2),
        )

    def energy(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Kinetic plus potential energy in joule, zero where both masses are at the height of the suspension."""
        angle_1, angle_2 = x[..., 0], x[..., 1]
        speed_1, speed_2 = self.length_1 * x[..., 2], self.length_2 * x[..., 3]
        mass = self.mass_1 + self.mass_2
        coupling = self.mass_2 * speed_1 * speed_2 * np.cos(angle_1 - angle_2)
        kinetic = mass * speed_1**2 / 2 + self.mass_2 * speed_2**2 / 2 + coupling
        height_1, height_2 = -self.length_1 * np.cos(angle_1), -self.length_2 * np.cos(angle_2)
        return kinetic + self.gravity * (mass * height_1 + self.mass_2 * height_2)

    @property
    def fixed_points(self) -> Float[np.ndarray, "points dim"]:
        """Every rod hanging or upright, at rest; only the first, both hanging, is stable."""
        return np.array([[angle_1, angle_2, 0.0, 0.0] for angle_1 in (0.0, pi) for angle_2 in (0.0, pi)])

    @property
    def normal_frequencies(self) -> Float[np.ndarray, "2"]:
        """The two angular frequencies of small oscillations in radians per second, the slow one first.

        Their squares solve l1 l2 (1 − r) w² − g (l1 + l2) w + g² = 0.
        """
        product = self.length_1 * self.length_2 * self.mass_1 / (self.mass_1 + self.mass_2)
        total = self.length_1 + self.length_2
        fast = self.gravity * (total + np.sqrt(total**2 - 4 * product)) / (2 * product)
        # By the product of the roots: their difference would cancel where one mass is light.
        slow = self.gravity**2 / (product * fast)
        return np.sqrt(np.array([slow, fast]))


def _sine_and_cosine(angle: Any) -> tuple[Any, Any]:
    """Of a float, an array or a tensor; NumPy would take ten times as long for a float as the standard library."""
    if isinstance(angle, torch.Tensor):
        return torch.sin(angle), torch.cos(angle)
    if isinstance(angle, np.ndarray):
        return np.sin(angle), np.cos(angle)
    return sin(angle), cos(angle)
