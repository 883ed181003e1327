"""Symmetric block tridiagonal matrices, such as those of states that are linked to their neighbours in time."""

import numpy as np
from jaxtyping import Float


def lower_band(
    diagonal: Float[np.ndarray, "rows dim dim"], below: Float[np.ndarray, "rows_but_one dim dim"]
) -> Float[np.ndarray, "bands unknowns"]:
    """The lower band, as SciPy's solvers of banded matrices take it.

    Args:
        diagonal: blocks.
        below: the blocks left of and below these.
    """
    rows, dim, _ = diagonal.shape
    band = np.zeros((2 * dim, rows * dim))
    for i in range(dim):
        for j in range(dim):
            if j <= i:
                band[i - j, j::dim] = diagonal[:, i, j]
            band[dim + i - j, j : (rows - 1) * dim : dim] = below[:, i, j]
    return band
