"""Coordinates in which a set of functions is orthonormal, from its second moment."""

import numpy as np
from jaxtyping import Float

RELATIVE_CUTOFF = 1e-10
"""Directions whose variance is below this fraction of the largest one are left out."""


def whitening(
    second_moment: Float[np.ndarray, "modes modes"], relative_cutoff: float = RELATIVE_CUTOFF
) -> Float[np.ndarray, "modes kept"]:
    """A matrix W with Wᵀ M W = I and W Wᵀ = M⁺, its columns by decreasing variance.

    Args:
        second_moment: M, symmetric and positive semi-definite.
        relative_cutoff: directions whose variance is not above this fraction of the largest are left out.
    """
    variances, directions = np.linalg.eigh((second_moment + second_moment.T) / 2)
    variances, directions = variances[::-1], directions[:, ::-1]
    kept = variances > max(relative_cutoff * variances[0], np.finfo(float).tiny)
    return directions[:, kept] / np.sqrt(variances[kept])


def unit_free_whitening(
    second_moment: Float[np.ndarray, "modes modes"], relative_cutoff: float = RELATIVE_CUTOFF
) -> Float[np.ndarray, "modes kept"]:
    """A matrix W with Wᵀ M W = I whose cut-off does not depend on the units of the functions.

    They are brought to mean square 1 first; in `whitening` a function of a small unit is left out whatever it tells.

    Args:
        second_moment: M, symmetric and positive semi-definite.
        relative_cutoff: as there.
    """
    scale = scale_to_one(second_moment)
    return scale[:, None] * whitening(scale[:, None] * second_moment * scale, relative_cutoff)


def scale_to_one(second_moment: Float[np.ndarray, "modes modes"]) -> Float[np.ndarray, " modes"]:
    """Factors that give every function the mean square 1; 1 for one that vanishes.

    Args:
        second_moment: M, symmetric and positive semi-definite.
    """
    squares = np.diagonal(second_moment)
    return 1 / np.sqrt(np.where(squares > np.finfo(float).tiny, squares, 1.0))
