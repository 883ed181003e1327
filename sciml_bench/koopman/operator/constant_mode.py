"""Which eigenpair of an estimate is the constant, that everything has for ever: found by its function, not its value.

An eigenvalue near 1 alone tells little: a slow process has one too, and where the features only come close to a
constant, its own is not quite 1. Of a stationary process every other eigenfunction has the mean 0.
"""

import numpy as np

from sciml_bench.koopman.operator.moments import LaggedMoments
from sciml_bench.koopman.operator.solution import OperatorSolution

EVEN = 0.9
"""Least share of its mean square that the squared mean of the constant's eigenfunction has."""
NEAR_ONE = 0.05
"""From 1, within which its eigenvalue lies."""
_ROUNDED = 1e-6


def constant_mode(moments: LaggedMoments, solution: OperatorSolution, has_constant: bool) -> int | None:
    """Its place among the eigenvalues; None where there is none.

    Args:
        moments: of the pairs that the operator was estimated from.
        solution: of the features of these moments.
        has_constant: whether the last feature is 1.
    """
    system, encoder, coordinates = solution.eigensystem(), solution.forward.encoder, moments.coordinates(has_constant)
    distances, moments = np.abs(system.eigenvalues - 1), moments.in_coordinates(coordinates)
    mean, metric = moments.mean(encoder, 0), moments.correlation(encoder, 0, encoder, 0)
    if mean is None:  # moments that were stored before their sums were
        nearest = int(distances.argmin())
        return nearest if distances[nearest] < _ROUNDED else None
    functions = np.linalg.solve(coordinates.get(encoder, coordinates["f"]), system.right_map)
    squares = np.einsum("ir,ij,jr->r", functions.conj(), metric, functions).real
    shares = np.abs(mean @ functions) ** 2 / np.where(squares > 0, squares, np.inf)
    shares = np.where(distances < NEAR_ONE, shares, 0.0)
    evenest = int(shares.argmax())
    return evenest if shares[evenest] >= EVEN else None
