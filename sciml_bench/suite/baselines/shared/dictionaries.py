"""Functions of a window of rows, as data that can be stored: monomials, and Gaussians around given windows."""

from dataclasses import dataclass
from itertools import chain, combinations_with_replacement
from math import comb

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist


@dataclass(frozen=True)
class Monomials:
    """All products of up to `degree` numbers, the constant first.

    Args:
        degree: of the highest.
    """

    degree: int = 1

    def number(self, n_numbers: int) -> int:
        """Of monomials of so many numbers."""
        return comb(n_numbers + self.degree, self.degree)

    def __call__(self, windows: Float[np.ndarray, "batch window"]) -> Float[np.ndarray, "batch functions"]:
        """Their values at some windows."""
        places = range(windows.shape[1])
        products = chain(*(combinations_with_replacement(places, degree) for degree in range(self.degree + 1)))
        return np.stack([windows[:, list(product)].prod(axis=1) for product in products], axis=1)


@dataclass(frozen=True, eq=False)
class GaussianKernel:
    """exp(−γ |x − c|²) around every centre c.

    Args:
        centres: windows.
        gamma: γ.
    """

    centres: Float[np.ndarray, "centres window"]
    gamma: float

    def __call__(self, windows: Float[np.ndarray, "batch window"]) -> Float[np.ndarray, "batch centres"]:
        """Their values at some windows."""
        return np.exp(-self.gamma * cdist(windows, self.centres, "sqeuclidean"))
