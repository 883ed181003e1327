"""The least-squares problem of states and coefficients with the states eliminated, in one compiled pass there and back.

The equations of the states are block tridiagonal and positive definite: block Cholesky, row after row, with a right
side per coefficient, along which the compiler makes vector instructions.
"""

# Numba compiles the bare functions: the wrappers of a run-time type checker would be in its way (`no_type_check`).
from typing import no_type_check

import numpy as np
from jaxtyping import Float
from numba import njit


def eliminated(
    weights: Float[np.ndarray, " dim"],
    stiffness: Float[np.ndarray, "intervals dim"],
    misfit: Float[np.ndarray, "rows dim"],
    defect: Float[np.ndarray, "intervals dim"],
    by_state: Float[np.ndarray, "intervals dim dim"],
    by_coefficient: Float[np.ndarray, "intervals dim unknowns"],
) -> tuple[Float[np.ndarray, "rows dim columns"], Float[np.ndarray, "residuals columns"]] | None:
    """How states answer, and what is left of the problem: None where the equations of the states are singular.

    minimise Σ w (misfit − dx)² + Σ μ (defect + A dx_n + B dξ − dx_{n+1})² over dx.

    Args:
        weights: w.
        stiffness: μ.
        misfit: of every row.
        defect: of every interval.
        by_state: A.
        by_coefficient: B.

    Returns:
        dx where dξ is 0 in column 0, and by how much it changes with every coefficient in the others; the residuals,
        misfits before defects and times the roots of their weights, likewise.
    """
    rows, dim = misfit.shape
    both = np.concatenate([defect[..., None], by_coefficient], axis=2)
    changes = np.empty((rows, dim, both.shape[2]))
    left = np.empty(((2 * rows - 1) * dim, both.shape[2]))
    w, mu, y, slopes = (np.ascontiguousarray(each) for each in (weights, stiffness, misfit, by_state))
    if not _eliminate(w, mu, y, slopes, both, changes, left):
        return None
    return changes, left


@njit(cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy", nogil=True)
@no_type_check
def _eliminate(weights, stiffness, misfit, by_state, both, changes, left):
    """Whether all pivots are positive; fills `changes` and `left`."""
    rows, dim, columns = changes.shape
    factors, links = np.empty((rows, dim, dim)), np.empty((rows, dim, dim))
    for row in range(rows):
        factor, right = factors[row], changes[row]
        factor[:] = 0.0
        right[:] = 0.0
        for one in range(dim):
            factor[one, one] = weights[one] + (stiffness[row - 1, one] if row > 0 else 0.0)
            right[one, 0] = weights[one] * misfit[row, one]
        if row > 0:
            for one in range(dim):
                mu = stiffness[row - 1, one]
                for column in range(columns):
                    right[one, column] += mu * both[row - 1, one, column]
        if row < rows - 1:
            slope = by_state[row]
            for inner in range(dim):
                mu = stiffness[row, inner]
                for one in range(dim):
                    weight = mu * slope[inner, one]
                    for other in range(one + 1):
                        factor[one, other] += weight * slope[inner, other]
                    for column in range(columns):
                        right[one, column] -= weight * both[row, inner, column]
        if row > 0:
            link, before = links[row - 1], changes[row - 1]
            for one in range(dim):
                for inner in range(dim):
                    weight = link[one, inner]
                    for other in range(one + 1):
                        factor[one, other] -= weight * link[other, inner]
                    for column in range(columns):
                        right[one, column] -= weight * before[inner, column]
        for one in range(dim):  # Cholesky, of the lower triangle in its place
            for other in range(one + 1):
                total = factor[one, other]
                for inner in range(other):
                    total -= factor[one, inner] * factor[other, inner]
                if one > other:
                    factor[one, other] = total / factor[other, other]
                elif total > 0.0:
                    factor[one, one] = np.sqrt(total)
                else:
                    return False
            for inner in range(one):
                weight = factor[one, inner]
                for column in range(columns):
                    right[one, column] -= weight * right[inner, column]
            inverse = 1.0 / factor[one, one]
            for column in range(columns):
                right[one, column] *= inverse
        if row < rows - 1:
            for one in range(dim):
                for other in range(dim):
                    total = -stiffness[row, one] * by_state[row, one, other]
                    for inner in range(other):
                        total -= links[row, one, inner] * factor[other, inner]
                    links[row, one, other] = total / factor[other, other]
    for row in range(rows - 1, -1, -1):
        factor, right = factors[row], changes[row]
        if row < rows - 1:
            for inner in range(dim):
                for one in range(dim):
                    weight = links[row, inner, one]
                    for column in range(columns):
                        right[one, column] -= weight * changes[row + 1, inner, column]
        for one in range(dim - 1, -1, -1):
            for inner in range(one + 1, dim):
                weight = factor[inner, one]
                for column in range(columns):
                    right[one, column] -= weight * right[inner, column]
            inverse = 1.0 / factor[one, one]
            for column in range(columns):
                right[one, column] *= inverse
    for row in range(rows):
        for one in range(dim):
            place, root = row * dim + one, np.sqrt(weights[one])
            for column in range(columns):
                left[place, column] = -root * changes[row, one, column]
            left[place, 0] += root * misfit[row, one]
    for row in range(rows - 1):
        for one in range(dim):
            place, root = (rows + row) * dim + one, np.sqrt(stiffness[row, one])
            for column in range(columns):
                left[place, column] = both[row, one, column] - changes[row + 1, one, column]
            for inner in range(dim):
                weight = by_state[row, one, inner]
                for column in range(columns):
                    left[place, column] += weight * changes[row, inner, column]
            for column in range(columns):
                left[place, column] *= root
    return True
