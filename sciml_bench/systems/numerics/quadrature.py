"""A Markov process on finitely many points: exact expectations over pairs, and the spectra of its transition matrix.

For a finite chain it is the process itself; for a process on a line it is a quadrature rule, spectrally accurate where
the transition density is smooth. The singular value decomposition is that of D^{1/2} P D^{-1/2}, D the stationary law
(Wu and Noé, Variational Approach for Learning Markov Processes, J. Nonlinear Science 2020, section 2).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Inexact

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.numerics.spectral_order import spectral_order

# How far the mean row sum of a discretised density may be from 1 before the points count as too few.
_ROW_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Quadrature:
    """Points with the stationary law and the transition probabilities between them.

    The expectation of any function h of a pair is Σ_i weights_i Σ_j transition_ij h(points_i, points_j).

    Args:
        points: states.
        weights: stationary probabilities of the points; they sum to 1.
        transition: probabilities of the next point given the present one; every row sums to 1.
    """

    points: Float[np.ndarray, "n dim"]
    weights: Float[np.ndarray, " n"]
    transition: Float[np.ndarray, "n n"]

    @classmethod
    def from_densities(
        cls,
        points: Float[np.ndarray, "n 1"],
        lengths: Float[np.ndarray, " n"],
        stationary_density: Float[np.ndarray, " n"],
        transition_density: Float[np.ndarray, "n n"],
    ) -> "Quadrature":
        """Turn densities on the points of an integration rule with the given lengths into probabilities.

        Raises:
            ConfigurationError: the points are too few to integrate the transition density.
        """
        weights = stationary_density * lengths
        weights /= weights.sum()
        transition = transition_density * lengths
        row_sums = transition.sum(axis=1)
        defect = float(weights @ np.abs(row_sums - 1))
        if not defect < _ROW_SUM_TOLERANCE:
            raise ConfigurationError(
                f"quadrature: n_points = {len(points)} is too coarse for the width of one transition "
                f"(the transition density integrates to 1 only within {defect:.1e}); give more points"
            )
        return cls(points=points, weights=weights, transition=transition / row_sums[:, None])

    def correlation(
        self, now: Inexact[np.ndarray, "n left"], later: Inexact[np.ndarray, "n right"], lag: int = 1
    ) -> Inexact[np.ndarray, "left right"]:
        """E[now(x_t) later(x_{t+lag})ᵀ] of functions given by their values on the points."""
        return (now * self.weights[:, None]).T @ np.linalg.matrix_power(self.transition, lag) @ later

    def eigen_decomposition(self) -> tuple[Complex[np.ndarray, " n"], Complex[np.ndarray, "n n"]]:
        """Eigenvalues in spectral order and eigenfunctions on the points, of norm 1 under the stationary law.

        The phase is chosen so that an eigenfunction is real and positive where it is largest.
        """
        values, functions = np.linalg.eig(self.transition)
        order = spectral_order(values)
        functions = functions[:, order].astype(complex)
        functions /= np.sqrt(self.weights @ np.abs(functions) ** 2)
        return values[order].astype(complex), functions * np.conj(_sign_where_largest(functions))

    def singular_decomposition(
        self, lag: int = 1
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n n"], Float[np.ndarray, "n n"]]:
        """Singular values and left (present) and right (future) singular functions on the points, orthonormal."""
        root = np.sqrt(self.weights)
        transition = np.linalg.matrix_power(self.transition, lag)
        left, values, right = np.linalg.svd(root[:, None] * transition / root)
        left, right = left / root[:, None], right.T / root[:, None]
        sign = _sign_where_largest(right)
        return values, left * sign, right * sign


def _sign_where_largest(functions: Inexact[np.ndarray, "n modes"]) -> Inexact[np.ndarray, " modes"]:
    # A little slack, so that rounding does not decide between two points of the same height.
    modulus = np.abs(functions)
    row = np.argmax(modulus >= (1 - 1e-6) * modulus.max(axis=0), axis=0)
    largest = np.take_along_axis(functions, row[None], axis=0)[0]
    return largest / np.abs(largest)
