"""The Ornstein–Uhlenbeck process, the one diffusion whose Koopman spectrum is known in closed form.

dx = −relaxation_rate · x dt + noise_strength dW; its generator is the quantum harmonic oscillator in disguise
(Pavliotis, Stochastic Processes and Applications, section 4.4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.base import DECOMPOSITIONS, Real
from sciml_bench.systems.markov.scalar_markov_process import ReversibleProcess, ScalarMarkovProcess
from sciml_bench.systems.numerics.hermite import orthonormal_hermite
from sciml_bench.systems.numerics.quadrature import Quadrature

# The normal law beyond so many deviations weighs 1e-15 and is left out of the quadrature.
_REACH_IN_DEVIATIONS = 8.0


@dataclass(frozen=True)
class OrnsteinUhlenbeck(ReversibleProcess, ScalarMarkovProcess):
    """Gaussian relaxation towards zero; reversible, so that singular and spectral decomposition coincide.

    Args:
        relaxation_rate: theta, in 1/time; the slowest implied timescale is 1/theta.
        noise_strength: sigma, in state/sqrt(time).
        time_step: lag between two samples, in time.

    Raises:
        ConfigurationError: a parameter is not positive.
    """

    relaxation_rate: Real = 1.0
    noise_strength: Real = 2.0**0.5
    time_step: Real = 0.5
    positive = ("relaxation_rate", "noise_strength", "time_step")
    known_facts = DECOMPOSITIONS | {"quadrature", "stationary_density", "stationary_deviation"}

    @property
    def stationary_deviation(self) -> float:
        """Standard deviation of the stationary law, sigma / √(2 theta)."""
        return float(self.noise_strength / np.sqrt(2 * self.relaxation_rate))

    @property
    def diffusion_coefficient(self) -> float:
        """sigma² / 2, in state²/time."""
        return self.noise_strength**2 / 2

    @cached_property
    def _decay(self) -> float:
        return float(np.exp(-self.relaxation_rate * self.time_step))

    @cached_property
    def _transition_deviation(self) -> float:
        # expm1 keeps the digits that 1 − decay² loses over short time steps.
        return float(self.stationary_deviation * np.sqrt(-np.expm1(-2 * self.relaxation_rate * self.time_step)))

    def initial(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n 1"]:
        """Draw exactly from the stationary normal law."""
        return self.stationary_deviation * rng.standard_normal((n, 1))

    def _draw_noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return self._transition_deviation * rng.standard_normal((*shape, 1))

    def _advance(self, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        # Exact over any time step: the transition law is normal.
        return self._decay * x + noise

    def _advance_float(self, x: float, noise: Sequence[float]) -> float:
        return self._decay * x + noise[0]

    def stationary_density(self, x: Float[np.ndarray, "batch 1"]) -> Float[np.ndarray, " batch"]:
        """The normal density, in 1/state."""
        z = x[:, 0] / self.stationary_deviation
        return np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * self.stationary_deviation)

    def eigenvalues(self, count: int, lag: int = 1) -> Float[np.ndarray, " count"]:
        """exp(−k · theta · time_step · lag), k = 0, 1, …."""
        self._require_at_least_one(count=count, lag=lag)
        return np.exp(-self.relaxation_rate * self.time_step * lag * np.arange(count))

    def eigenfunctions(self, count: int, x: Float[np.ndarray, "batch 1"]) -> Float[np.ndarray, "batch count"]:
        """Hermite polynomials, orthonormal under the stationary law."""
        self._require_at_least_one(count=count)
        return orthonormal_hermite(count, x[:, 0] / self.stationary_deviation)

    def quadrature(self, n_points: int = 400) -> Quadrature:
        """The trapezoidal rule on eight deviations either side, spectrally accurate for normal densities.

        Raises:
            ConfigurationError: the points are further apart than a transition is wide.
        """
        self._require_at_least_one(n_points=n_points)
        points, length = np.linspace(-1, 1, n_points, retstep=True)
        points *= _REACH_IN_DEVIATIONS * self.stationary_deviation
        length *= _REACH_IN_DEVIATIONS * self.stationary_deviation
        z = (points[None, :] - self._decay * points[:, None]) / self._transition_deviation
        return Quadrature.from_densities(
            points=points[:, None],
            lengths=np.full(n_points, length),
            stationary_density=self.stationary_density(points[:, None]),
            transition_density=np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * self._transition_deviation),
        )
