"""Overdamped Langevin motion between two wells, the smallest model of a rare event (Kramers, Physica 7, 284, 1940)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.base import Real
from sciml_bench.systems.markov.scalar_langevin import DEPTH_AT_THE_ENDS, ScalarLangevin


@dataclass(frozen=True)
class DoubleWell(ScalarLangevin):
    """V(x) = barrier · (x² − 1)², with wells at −1 and 1; reversible.

    With the defaults the generator's eigenvalues are 0, −0.24186, −10.4847, −18.4399, −27.8799, ….

    Args:
        barrier: height between the wells, in units of energy; the temperature is sigma² / (2 gamma) = 1.
    """

    noise_strength: Real = 2.0**0.5
    time_step: Real = 0.1
    barrier: Real = 3.0

    def __post_init__(self) -> None:
        self._require_positive("barrier")
        super().__post_init__()

    def energy(self, x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
        """The potential V(x)."""
        return self.barrier * (x * x - 1) ** 2

    def force(self, x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
        """−V'(x)."""
        return 4 * self.barrier * x * (1 - x * x)

    def _curvature(self, x: np.ndarray) -> np.ndarray:
        return 4 * self.barrier * (3 * x * x - 1)

    def _advance_float(self, x: float, noise: Sequence[float]) -> float:
        mobility = 4 * self.barrier * self._inner_step / self.friction
        for kick in noise:
            x += kick + mobility * x * (1 - x * x)
        return x

    def _half_width(self, depth: float = DEPTH_AT_THE_ENDS) -> float:
        return float(np.sqrt(1 + np.sqrt(depth / (self.inverse_temperature * self.barrier))))
