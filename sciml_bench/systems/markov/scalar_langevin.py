"""Overdamped Langevin motion in a potential on a line: everything but the potential.

dX = −V'(X)/γ dt + σ/γ dW. The generator is similar to a Schrödinger operator, discretised here by sinc functions
(Colbert and Miller, J. Chem. Phys. 96, 1982, 1992), whose error falls exponentially with the number of points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.base import DECOMPOSITIONS
from sciml_bench.systems.markov.overdamped_langevin import OverdampedLangevin
from sciml_bench.systems.markov.scalar_markov_process import ScalarMarkovProcess
from sciml_bench.systems.numerics.quadrature import Quadrature

# With 160 points the leading eigenvalues already agree to ten digits; the rest is for colder parameters.
_N_GRID_POINTS = 400
# The stationary density at the ends of the grid is e^{-80} of its maximum or less.
DEPTH_AT_THE_ENDS = 80.0
# Samples stay where it is above e^{-20}; the inner step must suit the stiffness found there.
_DEPTH_OF_SAMPLES = 20.0
# Where the stationary density is smaller than this fraction of its maximum, rounding drowns the eigenfunctions, which
# are constant there to a good approximation.
_SMALLEST_DENSITY = 1e-13


@dataclass(frozen=True)
class ScalarLangevin(OverdampedLangevin, ScalarMarkovProcess):
    """A particle in a potential, with friction and noise; reversible.

    A subclass gives `energy`, `force`, `_curvature` and `_half_width`, and may write `_advance_float` out.

    Args:
        friction: gamma.
        noise_strength: sigma; the temperature is sigma² / (2 gamma).
        time_step: lag between two samples, in time.
        n_substeps: Euler–Maruyama steps within `time_step`.

    Raises:
        ConfigurationError: a parameter is not positive, or the inner step is too long to be stable.
    """

    known_facts = DECOMPOSITIONS | {"quadrature", "stationary_density", "generator_eigenvalues", "energy"}

    def __post_init__(self) -> None:
        super().__post_init__()
        visited = np.linspace(-1, 1, 2001) * self._half_width(_DEPTH_OF_SAMPLES)
        # half of what is stable keeps the bias of the rates small
        self._require_short_steps(float(np.max(np.abs(self._curvature(visited)))), longest=1.0)

    # --- the potential ----------------------------------------------------------------------------------------------

    def energy(self, x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
        """The potential V(x)."""
        raise NotImplementedError(f"{type(self).__name__} has no potential")

    def force(self, x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
        """−V'(x)."""
        raise NotImplementedError(f"{type(self).__name__} has no potential")

    def _curvature(self, x: np.ndarray) -> np.ndarray:
        """V''(x)."""
        raise NotImplementedError(f"{type(self).__name__} has no potential")

    def _half_width(self, depth: float = DEPTH_AT_THE_ENDS) -> float:
        """Where the density has fallen to e^{−depth} of its maximum, on both sides of 0."""
        raise NotImplementedError(f"{type(self).__name__} has no potential")

    # --- sampling ---------------------------------------------------------------------------------------------------

    def initial(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n 1"]:
        """Draw from the stationary law, by inverting its distribution function on a fine grid."""
        ends = np.linspace(-self._half_width(), self._half_width(), 20_001)
        density = np.exp(-self.inverse_temperature * (self.energy(ends) - self.energy(ends).min()))
        mass = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
        return np.interp(rng.random(n), mass / mass[-1], ends)[:, None]

    def _draw_noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        scale = self.noise_strength / self.friction * sqrt(self._inner_step)
        return scale * rng.standard_normal((*shape, self.n_substeps))

    def _advance(self, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        mobility = self._inner_step / self.friction
        for substep in range(self.n_substeps):
            x = x + mobility * self.force(x) + noise[..., substep, None]
        return x

    def _advance_float(self, x: float, noise: Sequence[float]) -> float:
        return float(self._advance(np.array([x]), np.asarray(noise))[0])

    # --- spectrum ---------------------------------------------------------------------------------------------------

    def stationary_density(self, x: Float[np.ndarray, "batch 1"]) -> Float[np.ndarray, " batch"]:
        """The Boltzmann density, in 1/state."""
        grid, spacing = np.linspace(-self._half_width(), self._half_width(), _N_GRID_POINTS, retstep=True)
        normaliser = float(np.exp(-self.inverse_temperature * self.energy(grid)).sum() * spacing)
        return np.exp(-self.inverse_temperature * self.energy(x[:, 0])) / normaliser

    def _schroedinger_modes(self, n_points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Grid, decay rates (increasing) and orthonormal vectors of −√μ L /√μ, L the generator, μ the density."""
        x, spacing = np.linspace(-self._half_width(), self._half_width(), n_points, retstep=True)
        apart = np.arange(n_points)[:, None] - np.arange(n_points)
        sign = np.where(apart % 2, -1.0, 1.0)
        minus_second_derivative = np.where(apart == 0, np.pi**2 / 3, 2 * sign / np.where(apart == 0, 1, apart) ** 2)
        beta = self.inverse_temperature
        effective_potential = beta**2 * self.force(x) ** 2 / 4 - beta * self._curvature(x) / 2
        operator = minus_second_derivative / spacing**2 + np.diag(effective_potential)
        rates, vectors = np.linalg.eigh(self.diffusion_coefficient * operator)
        return x, rates, vectors

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._schroedinger_modes(_N_GRID_POINTS)

    def generator_eigenvalues(self, count: int) -> Float[np.ndarray, " count"]:
        """Leading eigenvalues of the generator, in 1/time.

        Raises:
            ConfigurationError: more than a tenth of the grid can resolve.
        """
        self._require_resolved(count)
        rates = self._modes[1][:count].copy()
        rates[0] = 0.0
        return -rates

    def _require_resolved(self, count: int) -> None:
        self._require_at_least_one(count=count)
        if count > _N_GRID_POINTS // 10:
            raise ConfigurationError(
                f"{type(self).__name__}: count = {count}: the discretised generator resolves {_N_GRID_POINTS // 10} "
                "modes; ask for no more"
            )

    def eigenfunctions(self, count: int, x: Float[np.ndarray, "batch 1"]) -> Float[np.ndarray, "batch count"]:
        """Eigenfunctions, orthonormal under the stationary law, each positive on the right.

        Far out, where no sample ever goes, they are continued as constants.
        """
        self._require_resolved(count)
        grid, _, vectors = self._modes
        spacing = grid[1] - grid[0]
        root_density = np.sqrt(self.stationary_density(grid[:, None]))
        inside = grid[root_density**2 > _SMALLEST_DENSITY * np.max(root_density) ** 2]
        at = np.clip(x, inside[0], inside[-1])
        # Sinc interpolation of √μ · eigenfunction is exact within the discretisation.
        wave = np.sinc((at - grid) / spacing) @ (vectors[:, :count] / sqrt(spacing))
        sign = np.where(np.sinc((inside[-1] - grid) / spacing) @ vectors[:, :count] < 0, -1.0, 1.0)
        functions = sign * wave / np.sqrt(self.stationary_density(at))[:, None]
        functions[:, 0] = 1.0
        return functions

    def quadrature(self, n_points: int = 400) -> Quadrature:
        """The trapezoidal rule with the transition density of the diffusion over one `time_step`.

        Raises:
            ConfigurationError: the points are too few for the wells or for the width of a transition.
        """
        self._require_at_least_one(n_points=n_points)
        grid, rates, vectors = self._schroedinger_modes(max(n_points, 3))
        spacing = grid[1] - grid[0]
        density = self.stationary_density(grid[:, None])
        # √μ(x) p(x, y) / √μ(y) = Σ_k e^{−rate_k t} ψ_k(x) ψ_k(y). Far out, where the density is below e^{-60}, the
        # quotient would only amplify rounding: the points there are left out.
        inside = density > np.exp(-60) * density.max()
        grid, density, vectors = grid[inside], density[inside], vectors[inside]
        propagator = (vectors * np.exp(-rates * self.time_step)) @ vectors.T / spacing
        root = np.sqrt(density)
        return Quadrature.from_densities(
            points=grid[:, None],
            lengths=np.full(len(grid), spacing),
            stationary_density=density,
            # Rounding leaves values of -1e-16 where the density vanishes.
            transition_density=np.maximum(propagator * root / root[:, None], 0),
        )
