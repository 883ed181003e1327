"""The one order in which the suite lists eigenvalues, so that two lists of the same operator can be compared by eye."""

import numpy as np
from jaxtyping import Inexact, Int

# Moduli closer than this are one modulus: the members of a conjugate pair may differ by rounding.
_RELATIVE_TIE = 1e-9


def spectral_order(eigenvalues: Inexact[np.ndarray, " modes"]) -> Int[np.ndarray, " modes"]:
    """The permutation by decreasing modulus, conjugate pairs together with the positive imaginary part first.

    Equal moduli are ordered by their angle to the positive real axis.
    """
    modulus = np.abs(eigenvalues)
    order = np.argsort(-modulus, kind="stable")
    falls = modulus[order][1:] < modulus[order][:-1] * (1 - _RELATIVE_TIE)
    tie = np.zeros(len(order), dtype=int)
    tie[order] = np.concatenate([[0], np.cumsum(falls)])
    angle = np.round(np.abs(np.angle(eigenvalues)), 9)
    return np.lexsort((-np.imag(eigenvalues), angle, tie))
