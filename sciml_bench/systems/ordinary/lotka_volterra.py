"""The Lotka–Volterra equations of predator and prey, whose motion runs along the level lines of an invariant.

dx/dt = alpha x − beta x y, dy/dt = gamma x y − delta y
(Volterra, Fluctuations in the abundance of a species considered mathematically, Nature 118, 1926).
"""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation, Real


@dataclass(frozen=True)
class LotkaVolterra(OrdinaryDifferentialEquation):
    """Numbers of prey x and predators y, both positive.

    Args:
        prey_growth: alpha, in 1/time.
        predation: beta, in 1/(time · predator).
        predator_gain: gamma, in 1/(time · prey).
        predator_death: delta, in 1/time.

    Raises:
        ConfigurationError: a parameter is not positive.
    """

    prey_growth: Real = 1.3
    predation: Real = 0.9
    predator_gain: Real = 0.8
    predator_death: Real = 1.8
    positive = ("prey_growth", "predation", "predator_gain", "predator_death")
    dim: ClassVar[int] = 2
    default_time_step: ClassVar[float] = 0.1
    # Eight deviations away from extinction.
    initial_deviation: ClassVar[tuple[float, ...]] = (0.05, 0.5)
    known_facts: ClassVar[frozenset[str]] = frozenset({"invariant", "fixed_points", "small_orbit_period"})
    conserved = ("invariant",)

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """The initial state of Ko, Koh, Park and Jhe, Homotopy-based training of NeuralODEs, NeurIPS 2023."""
        return np.array([0.44249296, 4.6280594])

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        prey, predators = components
        encounters = prey * predators
        return (
            self.prey_growth * prey - self.predation * encounters,
            self.predator_gain * encounters - self.predator_death * predators,
        )

    def invariant(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """V = gamma x − delta ln x + beta y − alpha ln y; infinite at extinction, NaN where a number is negative."""
        prey, predators = x[..., 0], x[..., 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            of_prey = self.predator_gain * prey - self.predator_death * np.log(prey)
            return of_prey + self.predation * predators - self.prey_growth * np.log(predators)

    @property
    def fixed_points(self) -> Float[np.ndarray, "points dim"]:
        """Extinction and coexistence (delta/gamma, alpha/beta), which is also the time average of every orbit."""
        coexistence = [self.predator_death / self.predator_gain, self.prey_growth / self.predation]
        return np.array([[0.0, 0.0], coexistence])

    @property
    def small_orbit_period(self) -> float:
        """Period of the orbits close to coexistence, 2π/√(alpha delta); larger orbits take longer."""
        return 2 * pi / sqrt(self.prey_growth * self.predator_death)
