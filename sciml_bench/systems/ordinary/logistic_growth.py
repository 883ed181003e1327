"""Logistic growth: exponential at first, then up to what the surroundings carry.

du/dt = r u (1 − u/K) (Verhulst, Notice sur la loi que la population suit dans son accroissement, 1838).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import Motions, OrdinaryDifferentialEquation, Real


def logistic_curves(
    growth_rates: Float[np.ndarray, "*batch"],
    capacities: Float[np.ndarray, "*batch"],
    starts: Float[np.ndarray, "*batch"],
    times: Float[np.ndarray, " time"],
) -> Float[np.ndarray, "*batch time"]:
    """Many populations in closed form, u(t) = K y₀ / (y₀ + (K − y₀) e^{−rt}).

    Args:
        growth_rates: r, in 1/time.
        capacities: K.
        starts: y₀, at time 0.
        times: since the start.
    """
    capacity, start = capacities[..., None], starts[..., None]
    return capacity * start / (start + (capacity - start) * np.exp(-growth_rates[..., None] * times))


@dataclass(frozen=True)
class LogisticGrowth(OrdinaryDifferentialEquation):
    """A population that grows into its surroundings.

    Args:
        growth_rate: r, of a small population, in 1/time.
        capacity: K, the population that neither grows nor shrinks.

    Raises:
        ConfigurationError: a parameter is not positive.
    """

    growth_rate: Real = 3.0
    capacity: Real = 3.0
    positive = ("growth_rate", "capacity")
    dim: ClassVar[int] = 1
    default_time_step: ClassVar[float] = 0.05
    # Five deviations away from extinction.
    initial_deviation: ClassVar[tuple[float, ...]] = (0.01,)
    known_facts: ClassVar[frozenset[str]] = frozenset({"closed_form", "fixed_points"})

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """A population that has hardly begun to grow."""
        return np.array([0.05])

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        (population,) = components
        return (self.growth_rate * population * (1 - population / self.capacity),)

    def closed_form(self, x0: Float[np.ndarray, "*batch dim"], t: Float[np.ndarray, " time"]) -> Motions:
        """The solution that is `x0` at `t[0]`."""
        batch = x0.shape[:-1]
        rate, capacity = np.full(batch, float(self.growth_rate)), np.full(batch, float(self.capacity))
        return logistic_curves(rate, capacity, x0[..., 0].astype(np.float64), t - t[0])[..., None]

    @property
    def fixed_points(self) -> Float[np.ndarray, "points dim"]:
        """Extinction, which repels, and the capacity, which attracts."""
        return np.array([[0.0], [float(self.capacity)]])
