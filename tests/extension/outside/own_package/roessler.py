"""The Rössler attractor, the simplest chaotic flow: its only nonlinear term is z x (Phys. Lett. A 57, 1976)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_bench.systems import OrdinaryDifferentialEquation


@dataclass(frozen=True)
class Roessler(OrdinaryDifferentialEquation):
    """A spiral that folds back onto itself.

    Args:
        growth: a, of the spiral, in 1/time.
        inflow: b, of z.
        threshold: c, the x from which on z grows.
    """

    growth: float = 0.2
    inflow: float = 0.2
    threshold: float = 5.7
    dim: ClassVar[int] = 3

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        x, y, z = components
        return -y - z, x + self.growth * y, self.inflow + z * (x - self.threshold)
