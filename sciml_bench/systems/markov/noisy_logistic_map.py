"""The logistic map in its chaotic regime with trigonometric noise: a Koopman operator of exactly known, finite rank.

x' = 4x(1 − x) + ξ modulo 1, where ξ has a density proportional to cos^N(πξ) on [−1/2, 1/2]. That density is a
trigonometric polynomial, so that the transition density is a finite sum over the real Fourier basis φ,
p(x, y) = Σ_k c_k φ_k(F(x)) φ_k(y) with F(x) = 4x(1 − x), and every fact follows from small matrices of integrals
(Ostruszka, Pakoński, Słomczyński and Życzkowski, Dynamical entropy for systems with stochastic perturbation, 2000).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np
from jaxtyping import Complex, Float
from scipy.linalg import solve_triangular

from sciml_bench.core.checks import is_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.base import DECOMPOSITIONS, FunctionPair
from sciml_bench.systems.markov.scalar_markov_process import ScalarMarkovProcess
from sciml_bench.systems.numerics.quadrature import Quadrature
from sciml_bench.systems.numerics.spectral_order import spectral_order


@dataclass(frozen=True)
class NoisyLogisticMap(ScalarMarkovProcess):
    """Chaos with noise on the unit circle; not reversible.

    The operator has rank N + 1 and, because F(x) = F(1 − x) sends the odd half of the Fourier basis to zero, only
    N/2 + 1 eigenvalues that are not zero. All further values are exactly zero and are returned as such.

    Args:
        noise_order: N, even; the noise has a standard deviation of about 1/(π√N).

    Raises:
        ConfigurationError: `noise_order` is not an even integer of at least 2.
    """

    noise_order: int = 20
    time_step = 1.0
    time_unit = "step"
    period = 1.0
    known_facts = DECOMPOSITIONS | {"quadrature", "stationary_density", "transition_density"}

    def __post_init__(self) -> None:
        if not is_integer(self.noise_order, 2) or self.noise_order % 2:
            raise self._bad_parameter("noise_order", "give an even integer of at least 2, such as 20")

    @property
    def rank(self) -> int:
        """Rank of the Koopman operator, N + 1."""
        return self.noise_order + 1

    # --- sampling ---------------------------------------------------------------------------------------------------

    def initial(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n 1"]:
        """Draw from the stationary law by inverting its distribution function, a trigonometric polynomial."""
        probability = rng.random(n)
        below, above = np.zeros(n), np.ones(n)
        for _ in range(52):  # bisection down to the last bit
            middle = (below + above) / 2
            is_below = self._stationary_distribution(middle) < probability
            below, above = np.where(is_below, middle, below), np.where(is_below, above, middle)
        return below[:, None]

    def _stationary_distribution(self, x: np.ndarray) -> np.ndarray:
        harmonic = np.arange(1, self.noise_order // 2 + 1)
        angle = 2 * np.pi * harmonic * x[:, None]
        cosines, sines = self._stationary_coefficients[1::2], self._stationary_coefficients[2::2]
        waves = np.sin(angle) @ (cosines / harmonic) + (1 - np.cos(angle)) @ (sines / harmonic)
        return x + waves / (np.sqrt(2) * np.pi)

    def _draw_noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        # sin²(πξ) follows a Beta law when ξ has a density proportional to cos^N(πξ): no rejection, no table.
        size = (*shape, 1)
        magnitude = np.arcsin(np.sqrt(rng.beta(0.5, (self.noise_order + 1) / 2, size))) / np.pi
        return np.where(rng.random(size) < 0.5, -magnitude, magnitude)

    def _advance(self, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        return (4 * x * (1 - x) + noise) % 1.0

    def _advance_float(self, x: float, noise: Sequence[float]) -> float:
        return (4 * x * (1 - x) + noise[0]) % 1.0

    # --- densities --------------------------------------------------------------------------------------------------

    def transition_density(
        self, x: Float[np.ndarray, "now 1"], y: Float[np.ndarray, "later 1"]
    ) -> Float[np.ndarray, "now later"]:
        """Density of the next state `y` given the present state `x`, for all pairs."""
        mass = comb(self.noise_order, self.noise_order // 2) / 2.0**self.noise_order
        return np.cos(np.pi * (y.T - 4 * x * (1 - x))) ** self.noise_order / mass

    def stationary_density(self, x: Float[np.ndarray, "batch 1"]) -> Float[np.ndarray, " batch"]:
        """The invariant density, a trigonometric polynomial of degree N/2."""
        return self._fourier(x[:, 0]) @ self._stationary_coefficients

    # --- the operator in the Fourier basis --------------------------------------------------------------------------

    def _fourier(self, x: np.ndarray) -> np.ndarray:
        """1, √2 cos 2πmx, √2 sin 2πmx for m = 1 … N/2, orthonormal on the circle; shape (batch, rank)."""
        angle = 2 * np.pi * np.arange(1, self.noise_order // 2 + 1) * x[:, None]
        basis = np.empty((len(x), self.rank))
        basis[:, 0] = 1
        basis[:, 1::2] = np.sqrt(2) * np.cos(angle)
        basis[:, 2::2] = np.sqrt(2) * np.sin(angle)
        return basis

    def _fourier_of_map(self, x: np.ndarray) -> np.ndarray:
        return self._fourier(4 * x * (1 - x))

    @cached_property
    def _rule(self) -> tuple[np.ndarray, np.ndarray]:
        # Gauss–Legendre: the integrands are analytic on [0, 1] but F'(0) ≠ F'(1), which rules out the periodic
        # trapezoidal rule. Their fastest oscillation has 4N waves; the Gauss rule needs π points for each.
        points, lengths = np.polynomial.legendre.leggauss(max(400, 24 * self.noise_order))
        return (points + 1) / 2, lengths / 2

    @cached_property
    def _noise_coefficients(self) -> np.ndarray:
        n, half = self.noise_order, self.noise_order // 2
        coefficient = [comb(n, half + m) / comb(n, half) for m in range(half + 1)]
        return np.array([coefficient[0], *np.repeat(coefficient[1:], 2)])

    @cached_property
    def _composition(self) -> np.ndarray:
        """⟨φ_k, φ_l∘F⟩ on the circle."""
        x, lengths = self._rule
        return (self._fourier(x) * lengths[:, None]).T @ self._fourier_of_map(x)

    @cached_property
    def _stationary_coefficients(self) -> np.ndarray:
        # b = c · (Gᵀ b) with b_0 = 1: the density integrates to one, the other coefficients solve a linear system.
        transfer = self._noise_coefficients[:, None] * self._composition.T
        rest = np.linalg.solve(np.eye(self.rank - 1) - transfer[1:, 1:], transfer[1:, 0])
        return np.concatenate([[1.0], rest])

    @property
    def n_nonzero_eigenvalues(self) -> int:
        """N/2 + 1, one for each even Fourier function."""
        return self.noise_order // 2 + 1

    def eigenvalues(self, count: int, lag: int = 1) -> Complex[np.ndarray, " count"]:
        """Eigenvalues of the operator on the even Fourier functions, then zeros.

        Absolute accuracy at noise order 20: 1e-12 for the first eight, 1e-10 for all [measured against 40 digits].
        """
        self._require_at_least_one(count=count, lag=lag)
        values = np.zeros(max(count, self.n_nonzero_eigenvalues), dtype=complex)
        values[: self.n_nonzero_eigenvalues] = self._spectrum[0] ** lag
        return values[:count]

    @cached_property
    def _spectrum(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues, and eigenfunctions as coefficients of φ∘F."""
        even = np.concatenate([[0], np.arange(1, self.rank, 2)])
        operator = self._noise_coefficients[:, None] * self._composition
        values, vectors = np.linalg.eig(operator[np.ix_(even, even)])
        order = spectral_order(values)
        coefficients = np.zeros((self.rank, len(even)), dtype=complex)
        coefficients[even] = vectors[:, order]
        return values[order].astype(complex), coefficients

    def eigenfunctions(self, count: int, x: Float[np.ndarray, "batch 1"]) -> Complex[np.ndarray, "batch count"]:
        """Trigonometric polynomials in F(x), of norm 1 under the stationary law, real and positive at x = 0.

        Raises:
            ConfigurationError: more functions than there are eigenvalues that are not zero.
        """
        self._require_count_within(self.n_nonzero_eigenvalues, count)
        coefficients = self._spectrum[1][:, :count]
        points, lengths = self._rule
        on_rule = self._fourier_of_map(points) @ coefficients
        norm = np.sqrt((lengths * self.stationary_density(points[:, None])) @ np.abs(on_rule) ** 2)
        start = self._fourier_of_map(np.zeros(1))[0] @ coefficients
        return self._fourier_of_map(x[:, 0]) @ (coefficients / (norm * start / np.abs(start)))

    def singular_values(self, count: int, lag: int = 1) -> Float[np.ndarray, " count"]:
        """Singular values under the stationary law, then zeros; absolute accuracy about 1e-13."""
        self._require_at_least_one(count=count, lag=lag)
        values = np.zeros(max(count, self.rank))
        values[: self.rank] = self._singular_decomposition(lag)[0]
        return values[:count]

    def singular_functions(self, count: int, x: Float[np.ndarray, "batch 1"], lag: int = 1) -> FunctionPair:
        """Left functions are trigonometric polynomials in F(x), right ones in x over the density, positive at x = 0.

        Raises:
            ConfigurationError: more functions than the rank of the operator.
        """
        self._require_at_least_one(lag=lag)
        self._require_count_within(self.rank, count)
        _, left, right = self._singular_decomposition(lag)
        future = self._fourier(x[:, 0]) / self.stationary_density(x)[:, None]
        sign = np.where(self._fourier(np.zeros(1))[0] @ right[:, :count] < 0, -1.0, 1.0)
        return self._fourier_of_map(x[:, 0]) @ left[:, :count] * sign, future @ right[:, :count] * sign

    def _singular_decomposition(self, lag: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Singular values, and the functions as coefficients of φ∘F (left) and of φ / density (right)."""
        points, lengths = self._rule
        density = self.stationary_density(points[:, None])
        present, future = self._fourier_of_map(points), self._fourier(points)
        # The triangular factors come from the functions themselves: their Gram matrices would square the condition.
        triangle_present = np.linalg.qr(np.sqrt(lengths * density)[:, None] * present).R
        triangle_future = np.linalg.qr(np.sqrt(lengths / density)[:, None] * future).R
        one_step = np.diag(self._noise_coefficients)
        core = one_step @ np.linalg.matrix_power(self._composition @ one_step, lag - 1)
        left, values, right = np.linalg.svd(triangle_present @ core @ triangle_future.T)
        return values, solve_triangular(triangle_present, left), solve_triangular(triangle_future, right.T)

    def _require_count_within(self, limit: int, count: int) -> None:
        self._require_at_least_one(count=count)
        if count > limit:
            raise ConfigurationError(
                f"NoisyLogisticMap: count = {count}, but with noise_order = {self.noise_order} only {limit} such "
                f"functions exist; ask for at most {limit}"
            )

    def quadrature(self, n_points: int = 400) -> Quadrature:
        """The Gauss–Legendre rule on [0, 1]; about 10 N points reach 1e-10."""
        self._require_at_least_one(n_points=n_points)
        points, lengths = np.polynomial.legendre.leggauss(n_points)
        states = (points[:, None] + 1) / 2
        return Quadrature.from_densities(
            points=states,
            lengths=lengths / 2,
            stationary_density=self.stationary_density(states),
            transition_density=self.transition_density(states, states),
        )
