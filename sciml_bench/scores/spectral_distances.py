"""Distances between an estimated and an exact spectrum."""

import numpy as np
from jaxtyping import Complex, Float

from sciml_bench.core.errors import ConfigurationError, DataError

Spectrum = Float[np.ndarray, " n"] | Complex[np.ndarray, " n"]
OtherSpectrum = Float[np.ndarray, " m"] | Complex[np.ndarray, " m"]


def spectral_error(estimated: Spectrum, exact: OtherSpectrum, n_leading: int | None = None) -> float:
    """The largest distance between the leading eigenvalues of both spectra, matched one to one.

    Every exact eigenvalue needs a partner of its own, so that a collapsed model {1, 0, …, 0} errs by the largest
    eigenvalue it lost, unlike under the directed Hausdorff distance.

    Args:
        estimated: eigenvalues of a model; those it does not have count as 0.
        exact: eigenvalues of the true operator.
        n_leading: how many of each to compare, by modulus; all exact ones where None.

    Returns:
        The largest distance in the matching with the smallest sum of distances; 0 for equal spectra, and symmetric.

    Raises:
        ConfigurationError: `n_leading` is smaller than 1 or larger than the number of exact eigenvalues.
        DataError: an eigenvalue is not finite.
    """
    count = len(exact) if n_leading is None else n_leading
    if not 1 <= count <= len(exact):
        raise ConfigurationError(f"n_leading={count}: choose 1 to {len(exact)}, the number of exact eigenvalues")
    from scipy.optimize import linear_sum_assignment  # imported late: half a second, before anything is learned

    ours, theirs = _leading(estimated, count), _leading(exact, count)
    distances = np.abs(ours[:, None] - theirs[None, :])
    return float(distances[linear_sum_assignment(distances)].max())


def directed_hausdorff_distance(estimated: Spectrum, exact: OtherSpectrum) -> float:
    """The largest distance of an estimated eigenvalue to its nearest exact one.

    For comparison with the literature only: it forgives every eigenvalue that a model lost.

    Raises:
        DataError: an eigenvalue is not finite, or a spectrum is empty.
    """
    ours, theirs = _leading(estimated, len(estimated)), _leading(exact, len(exact))
    return float(np.abs(ours[:, None] - theirs[None, :]).min(axis=1).max())


def _leading(eigenvalues: Spectrum, count: int) -> Complex[np.ndarray, " count"]:
    """The `count` eigenvalues of largest modulus, complex pairs in a fixed order, zeros where there are fewer."""
    values: np.ndarray = np.asarray(eigenvalues).astype(complex)
    if not np.all(np.isfinite(values)) or len(values) == 0:
        raise DataError("eigenvalues: expected at least one, all finite; look at the model that gave them")
    # Rounding makes the members of a pair tie, so that a cut through a pair keeps the same member of both spectra.
    modulus = np.round(np.abs(values), 9)
    order = np.lexsort((-np.imag(values), -np.round(np.real(values), 9), -modulus))
    leading = values[order][:count]
    return np.concatenate([leading, np.zeros(count - len(leading), dtype=complex)])
