"""The Van der Pol oscillator: friction that feeds small oscillations and damps large ones; stiff where it is strong.

dx/dt = v, dv/dt = mu (1 − x²) v − x
(Van der Pol, On relaxation-oscillations, Philosophical Magazine 2, 1926).
"""

from dataclasses import dataclass
from math import log, pi
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation, Real

_SAMPLES_PER_PERIOD = 400
_STIFF = 150.0
"""Stiffness from which an implicit integrator is the quicker one: at 1 it is thirty times slower [measured]."""


@dataclass(frozen=True)
class VanDerPol(OrdinaryDifferentialEquation):
    """Position and velocity; by default it creeps for 800 units of time and jumps within a thousandth of one.

    Args:
        stiffness: mu, in 1/time.

    Raises:
        ConfigurationError: the stiffness is not positive.
    """

    stiffness: Real = 1000.0
    positive = ("stiffness",)
    dim: ClassVar[int] = 2
    initial_deviation: ClassVar[tuple[float, ...]] = (0.1, 0.0)
    known_facts: ClassVar[frozenset[str]] = frozenset({"energy", "energy_rate", "fixed_points"})

    @property
    def is_stiff(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the slow part is so long that explicit integrators take longer over it."""
        return self.stiffness >= _STIFF

    @property
    def default_time_step(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """A 400th of about a period; the period tends to 2π for small and to (3 − 2 ln 2) mu for large mu."""
        return (2 * pi + (3 - 2 * log(2)) * self.stiffness) / _SAMPLES_PER_PERIOD

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """At rest at the amplitude of the limit cycle, which is close to 2 for every stiffness."""
        return np.array([2.0, 0.0])

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        position, velocity = components
        return velocity, self.stiffness * (1 - position * position) * velocity - position

    def energy(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """(x² + v²)/2, that of the oscillator without friction."""
        return (x[..., 0] ** 2 + x[..., 1] ** 2) / 2

    def energy_rate(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Its rate of change along a motion, mu (1 − x²) v²."""
        return self.stiffness * (1 - x[..., 0] ** 2) * x[..., 1] ** 2

    @property
    def fixed_points(self) -> Float[np.ndarray, "points dim"]:
        """The origin, which every motion leaves towards the limit cycle."""
        return np.zeros((1, 2))
