"""Residuals of eigenpairs: which eigenvalues of an estimate hold on the data, and which are spurious.

For r = φ c and λ, E|r(x₁) − λ r(x₀)|² / E|r(x₀)|² needs the second moments alone (Colbrook, Ayton and Szőke, Residual
dynamic mode decomposition, J. Fluid Mech. 955, A21, 2023). Of a deterministic system an exact eigenpair has the
residual 0. Of a stochastic one r(x₁) varies about λ r(x₀), so that an exact pair has √(1 − |λ|²): the residual tells
how much of the next value is neither expected nor captured.
"""

import numpy as np
from jaxtyping import Float

from sciml_bench.koopman.operator.moments import LaggedMoments
from sciml_bench.koopman.operator.solution import OperatorSolution


def eigenvalue_residuals(
    moments: LaggedMoments, solution: OperatorSolution, has_constant: bool
) -> Float[np.ndarray, " r"]:
    """√(E|r(x₁) − λ r(x₀)|² / E|r(x₀)|²) of every right eigenfunction over the training pairs, as `eigenvalues_`.

    Args:
        moments: of the pairs.
        solution: of the features of these moments.
        has_constant: whether the last feature is 1.
    """
    encoder, coordinates = solution.forward.encoder, moments.coordinates(has_constant)
    moments, system = moments.in_coordinates(coordinates), solution.eigensystem()
    now, later = (moments.correlation(encoder, at, encoder, at) for at in (0, 1))
    across = moments.correlation(encoder, 0, encoder, 1)
    functions = np.linalg.solve(coordinates.get(encoder, coordinates["f"]), system.right_map)

    def means(moment: np.ndarray) -> np.ndarray:
        return np.einsum("ir,ij,jr->r", functions.conj(), moment, functions)

    squares, values = np.real(means(now)), system.eigenvalues
    crossed = np.real(values.conj() * means(across))
    unexpected = np.real(means(later)) - 2 * crossed + np.abs(values) ** 2 * squares
    return np.sqrt(np.maximum(unexpected, 0.0) / np.where(squares > 0, squares, 1.0))
