"""A stable linear system with normal noise: a Koopman spectrum known in every dimension.

x' = A x + w, w ~ N(0, Q). The operator is the second quantisation of A: its eigenvalues are all products of powers of
the eigenvalues of A, its singular values all products of powers of the canonical correlations of (x, x'), which are the
singular values of A between whitened states (Metafune, Pallara and Priola, J. Functional Analysis 196, 2002; Janson,
Gaussian Hilbert Spaces, chapter 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from math import factorial, prod, sqrt

import numpy as np
from jaxtyping import Complex, Float, Inexact
from scipy.linalg import solve_discrete_lyapunov, solve_triangular

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.base import DECOMPOSITIONS, FunctionPair, MarkovProcess, Real
from sciml_bench.systems.numerics.hermite import orthonormal_hermite
from sciml_bench.systems.numerics.real_matrix import as_rows, real_matrix
from sciml_bench.systems.numerics.spectral_order import spectral_order


@dataclass(frozen=True)
class LinearGaussian(MarkovProcess):
    """The vector autoregression of order one, at stationarity.

    Args:
        drift_matrix: A, of spectral radius below 1.
        noise_covariance: Q, symmetric and positive semidefinite; the noise must reach every direction of the state in
            the course of time.

    Raises:
        ConfigurationError: a matrix of the wrong shape, an unstable A, a Q that is no covariance or leaves a direction
            without noise.
    """

    drift_matrix: Sequence[Sequence[Real]] | Float[np.ndarray, "dim dim"]
    noise_covariance: Sequence[Sequence[Real]] | Float[np.ndarray, "dim dim"]
    time_step = 1.0
    time_unit = "step"
    known_facts = DECOMPOSITIONS | {"stationary_covariance", "autocovariance"}

    def __post_init__(self) -> None:
        """Check the matrices and freeze them as tuples, so that systems can be compared and hashed."""
        drift = real_matrix(self.drift_matrix, "LinearGaussian.drift_matrix")
        covariance = real_matrix(self.noise_covariance, "LinearGaussian.noise_covariance")
        if drift.shape[0] != drift.shape[1] or covariance.shape != drift.shape:
            raise ConfigurationError(
                f"LinearGaussian: drift_matrix has shape {drift.shape} and noise_covariance {covariance.shape}: "
                "give two square matrices of one size"
            )
        radius = float(np.max(np.abs(np.linalg.eigvals(drift))))
        if not radius < 1:
            raise ConfigurationError(f"LinearGaussian.drift_matrix has spectral radius {radius:g}: give less than 1")
        smallest = float(np.linalg.eigvalsh((covariance + covariance.T) / 2)[0])
        if not np.allclose(covariance, covariance.T) or smallest < -1e-12 * np.abs(covariance).max():
            wanted = f"must be symmetric without negative eigenvalues (the smallest is {smallest:g})"
            raise ConfigurationError(f"LinearGaussian.noise_covariance {wanted}")
        object.__setattr__(self, "drift_matrix", as_rows(drift))
        object.__setattr__(self, "noise_covariance", as_rows((covariance + covariance.T) / 2))
        spectrum = np.linalg.eigvalsh(self.stationary_covariance)
        if spectrum[0] < 1e-12 * spectrum[-1]:
            raise ConfigurationError(
                "LinearGaussian.noise_covariance never excites one direction of the state: add noise there or drop it"
            )

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Size of the state."""
        return len(self.drift_matrix)

    @cached_property
    def _drift(self) -> np.ndarray:
        return np.array(self.drift_matrix)

    @cached_property
    def stationary_covariance(self) -> Float[np.ndarray, "dim dim"]:
        """The solution of Σ = A Σ Aᵀ + Q."""
        return solve_discrete_lyapunov(self._drift, np.array(self.noise_covariance))

    def autocovariance(self, lag: int) -> Float[np.ndarray, "dim dim"]:
        """E[x_{t+lag} x_tᵀ] = A^lag Σ, lag = 0, 1, …."""
        return np.linalg.matrix_power(self._drift, lag) @ self.stationary_covariance

    # --- sampling ---------------------------------------------------------------------------------------------------

    def initial(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n dim"]:
        """Draw exactly from the stationary normal law."""
        return rng.standard_normal((n, self.dim)) @ self._whitener_inverse.T

    @cached_property
    def _noise_factor(self) -> np.ndarray:
        # The symmetric root exists also where Q is singular and Cholesky fails.
        values, vectors = np.linalg.eigh(np.array(self.noise_covariance))
        return vectors * np.sqrt(np.maximum(values, 0))

    def _draw_noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal((*shape, self.dim)) @ self._noise_factor.T

    def _advance(self, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        return x @ self._drift.T + noise

    # --- facts, in whitened states z = L⁻¹ x with Σ = L Lᵀ: E[z' | z] = R z with R = L⁻¹ A L --------------------------

    @cached_property
    def _whitener_inverse(self) -> np.ndarray:
        return np.linalg.cholesky(self.stationary_covariance)

    def _whiten(self, x: np.ndarray) -> np.ndarray:
        return solve_triangular(self._whitener_inverse, x.T, lower=True).T

    @cached_property
    def _whitened_drift(self) -> np.ndarray:
        return solve_triangular(self._whitener_inverse, self._drift @ self._whitener_inverse, lower=True)

    def eigenvalues(self, count: int, lag: int = 1) -> Complex[np.ndarray, " count"]:
        """Products of powers of the eigenvalues of A."""
        self._require_at_least_one(count=count, lag=lag)
        return self._leading_products(self._linear_eigenfunctions[0], count)[1] ** lag

    @cached_property
    def _linear_eigenfunctions(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues λ of A and, as columns, the forms ℓ with ℓᵀR = λℓᵀ."""
        values, forms = np.linalg.eig(self._whitened_drift.T)
        return values.astype(complex), forms.astype(complex)

    def _leading_products(self, factors: np.ndarray, count: int) -> tuple[list[tuple[int, ...]], np.ndarray]:
        exponents = _leading_exponents(factors, count)
        products = np.array([np.prod(factors ** np.array(powers)) for powers in exponents])
        order = spectral_order(products)[:count]
        return [exponents[i] for i in order], products[order]

    def eigenfunctions(self, count: int, x: Float[np.ndarray, "batch dim"]) -> Complex[np.ndarray, "batch count"]:
        """Wick products of the linear eigenfunctions ℓᵀx, ℓᵀA = λℓᵀ, of norm 1 under the stationary law.

        The Wick product of linear forms of a normal vector is their product with every monomial in the whitened
        coordinates replaced by the Hermite polynomial of the same exponents.
        """
        self._require_at_least_one(count=count)
        values, forms = self._linear_eigenfunctions
        exponents, _ = self._leading_products(values, count)
        hermite = orthonormal_hermite(max(sum(powers) for powers in exponents) + 1, self._whiten(x))
        functions = np.empty((len(x), count), dtype=complex)
        for column, powers in enumerate(exponents):
            expansion = _hermite_expansion(forms, powers)
            norm = sqrt(sum(abs(coefficient) ** 2 for coefficient in expansion.values()))
            functions[:, column] = sum(
                coefficient / norm * _hermite_product(hermite, orders) for orders, coefficient in expansion.items()
            )
        return functions

    def singular_values(self, count: int, lag: int = 1) -> Float[np.ndarray, " count"]:
        """Products of powers of the canonical correlations of (x_t, x_{t+lag})."""
        self._require_at_least_one(count=count, lag=lag)
        return self._leading_products(self._canonical_correlations(lag)[1], count)[1]

    def _canonical_correlations(self, lag: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.linalg.svd(np.linalg.matrix_power(self._whitened_drift, lag))

    def singular_functions(self, count: int, x: Float[np.ndarray, "batch dim"], lag: int = 1) -> FunctionPair:
        """Products of Hermite polynomials of the canonical variates."""
        self._require_at_least_one(count=count, lag=lag)
        future, correlations, present = self._canonical_correlations(lag)
        exponents, _ = self._leading_products(correlations, count)
        highest = max(sum(powers) for powers in exponents) + 1
        sides = []
        for variates in (self._whiten(x) @ present.T, self._whiten(x) @ future):
            hermite = orthonormal_hermite(highest, variates)
            sides.append(np.stack([_hermite_product(hermite, powers) for powers in exponents], axis=1))
        return sides[0], sides[1]


def _leading_exponents(factors: Inexact[np.ndarray, " dim"], count: int) -> list[tuple[int, ...]]:
    """Exponents of the `count` products of largest modulus, and of all that tie with the last of them."""
    moduli = np.abs(factors)
    candidates = [(-1.0, (0,) * len(factors))]
    chosen: list[tuple[int, ...]] = []
    last = 0.0
    while candidates and (len(chosen) < count or -candidates[0][0] > last * (1 - 1e-9) > 0):
        last, powers = -candidates[0][0], heappop(candidates)[1]
        chosen.append(powers)
        # Every product is reached once: exponents grow only at or behind the last that is not zero.
        first = max((i for i, power in enumerate(powers) if power), default=0)
        for i in range(first, len(powers)):
            grown = (*powers[:i], powers[i] + 1, *powers[i + 1 :])
            heappush(candidates, (-float(np.prod(moduli ** np.array(grown))), grown))
    return chosen


def _hermite_expansion(
    linear_forms: Complex[np.ndarray, "dim dim"], powers: tuple[int, ...]
) -> dict[tuple[int, ...], complex]:
    """Coefficients, over orthonormal Hermite products, of the Wick product of powers of the columns."""
    dim = len(powers)
    monomials: dict[tuple[int, ...], complex] = {(0,) * dim: 1.0 + 0j}
    for form, power in enumerate(powers):
        for _ in range(power):
            product: dict[tuple[int, ...], complex] = {}
            for orders, coefficient in monomials.items():
                for axis in range(dim):
                    grown = (*orders[:axis], orders[axis] + 1, *orders[axis + 1 :])
                    term = coefficient * complex(linear_forms[axis, form])
                    product[grown] = product.get(grown, 0j) + term
            monomials = product
    return {orders: value * sqrt(prod(factorial(order) for order in orders)) for orders, value in monomials.items()}


def _hermite_product(hermite: Float[np.ndarray, "batch dim order"], orders: tuple[int, ...]) -> np.ndarray:
    return np.prod([hermite[:, axis, order] for axis, order in enumerate(orders)], axis=0)
