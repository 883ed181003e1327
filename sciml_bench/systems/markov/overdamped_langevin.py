"""Overdamped Langevin motion dX = −∇V(X)/γ dt + σ/γ dW, in any dimension: what does not depend on the potential."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.base import Real
from sciml_bench.systems.markov.scalar_markov_process import ReversibleProcess


@dataclass(frozen=True)
class OverdampedLangevin(ReversibleProcess):
    """A particle in a potential, with friction and noise; reversible. A subclass knows the generator's eigenvalues.

    Args:
        friction: gamma.
        noise_strength: sigma; the temperature is sigma² / (2 gamma).
        time_step: lag between two samples, in time.
        n_substeps: Euler–Maruyama steps within `time_step`.

    Raises:
        ConfigurationError: a parameter is not positive.
    """

    friction: Real = 1.0
    noise_strength: Real = 2.0
    time_step: Real = 0.05
    n_substeps: int = 100

    def __post_init__(self) -> None:
        self._require_positive("friction", "noise_strength", "time_step")
        self._require_at_least_one(n_substeps=self.n_substeps)

    def _require_short_steps(self, largest_curvature: float, longest: float) -> None:
        """Stop at an inner step of more than `longest` inverse stiffnesses, of which 2 make Euler's method unstable."""
        steps = self.time_step * largest_curvature / self.friction / longest
        if self.n_substeps < steps:
            raise self._bad_parameter(
                "n_substeps",
                f"the inner step {self._inner_step:.1e} is too long for the wells; give at least {ceil(steps)}",
            )

    @property
    def _inner_step(self) -> float:
        return self.time_step / self.n_substeps

    @property
    def diffusion_coefficient(self) -> float:
        """sigma² / (2 gamma²), in state²/time."""
        return self.noise_strength**2 / (2 * self.friction**2)

    @property
    def inverse_temperature(self) -> float:
        """2 gamma / sigma²: the stationary density is proportional to exp(−inverse_temperature · V)."""
        return 2 * self.friction / self.noise_strength**2

    def generator_eigenvalues(self, count: int) -> Float[np.ndarray, " count"]:
        """Leading eigenvalues of the generator, in 1/time."""
        raise self._unknown("generator_eigenvalues")

    def eigenvalues(self, count: int, lag: int = 1) -> Float[np.ndarray, " count"]:
        """exp(generator eigenvalue · time_step · lag)."""
        self._require_at_least_one(lag=lag)
        return np.exp(self.generator_eigenvalues(count) * self.time_step * lag)
