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
