"""How slow coordinates go with what the field measures: dihedrals, distances, the radius of gyration."""

import numpy as np
from jaxtyping import Float


def correlations(
    coordinates: Float[np.ndarray, "rows slow"], variables: Float[np.ndarray, "rows variables"]
) -> Float[np.ndarray, "slow variables"]:
    """Pearson's correlation of each coordinate with each variable; not a number where one of them is constant.

    Args:
        coordinates: such as slow eigenfunctions; their signs are arbitrary.
        variables: at the same rows. Angles belong here as cosine and sine.
    """

    def standardized(values: np.ndarray) -> np.ndarray:
        centred = values - values.mean(axis=0, dtype=float)
        size, largest = np.linalg.norm(centred, axis=0), np.abs(values).max(axis=0)
        varies = size > 1e-7 * largest * np.sqrt(len(values))  # single precision
        return np.where(varies, centred / np.where(varies, size, 1.0), np.nan)

    return standardized(coordinates).T @ standardized(variables)
