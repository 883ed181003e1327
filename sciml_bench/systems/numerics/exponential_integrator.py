"""Exponential Runge–Kutta steps for u' = −λ u + N(u) with a diagonal λ, stiff without harm.

The scheme of fourth order is ETDRK4 of Cox and Matthews (J. Comput. Phys. 176, 2002), written in the functions
φ_1(z) = (e^z − 1)/z and φ_{k+1}(z) = (φ_k(z) − 1/k!)/z. What the linear part does alone is exact.
"""

from collections.abc import Callable
from math import factorial

import numpy as np
from jaxtyping import Complex, Inexact

_N_TAYLOR_TERMS = 20


def phi_functions(z: Inexact[np.ndarray, "*modes"]) -> tuple[Inexact[np.ndarray, "*modes"], ...]:
    """φ_1, φ_2 and φ_3, to 1e-14 of their values at 0 where no real part is positive.

    The recurrence cancels where |z| is small, so a Taylor series φ_k(z) = Σ_j z^j / (j + k)! takes over below 1.
    """
    near = np.abs(z) < 1
    far = np.where(near, -1.0, z)
    first = np.expm1(far) / far
    second = (first - 1) / far
    third = (second - 0.5) / far
    close = np.where(near, z, 0.0)
    return tuple(np.where(near, _taylor(close, k), phi) for k, phi in enumerate((first, second, third), start=1))


def _taylor(z: np.ndarray, order: int) -> np.ndarray:
    total = np.zeros_like(z)
    for power in reversed(range(_N_TAYLOR_TERMS)):
        total = total * z + 1 / factorial(power + order)
    return total


class ExponentialStep:
    """One step of ETDRK4 of a fixed size.

    Args:
        decay: λ of every mode, in 1/time; complex where waves travel, negative where they grow.
        step: its size, in time.
    """

    def __init__(self, decay: Inexact[np.ndarray, "*modes"], step: float) -> None:
        z = -step * decay
        first, second, third = phi_functions(z)
        self._whole, self._root = np.exp(z), np.exp(z / 2)
        self._half = step / 2 * phi_functions(z / 2)[0]
        self._start = step * (first - 3 * second + 4 * third)
        self._middle = step * (2 * second - 4 * third)
        self._end = step * (4 * third - second)

    def advance(
        self, modes: Complex[np.ndarray, "batch *modes"], nonlinear: Callable[[np.ndarray], np.ndarray], n_steps: int
    ) -> Complex[np.ndarray, "batch *modes"]:
        """The modes after some steps; `nonlinear` is N."""
        for _ in range(n_steps):
            modes = self.once(modes, nonlinear)
        return modes

    def once(self, modes: np.ndarray, nonlinear: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The modes (batch, *modes) after one step."""
        of_start = nonlinear(modes)
        at_half = self._root * modes
        a = at_half + self._half * of_start
        of_a = nonlinear(a)
        of_b = nonlinear(at_half + self._half * of_a)
        c = self._root * a + self._half * (2 * of_b - of_start)
        modes = self._whole * modes
        modes += self._start * of_start
        modes += self._middle * (of_a + of_b)
        modes += self._end * nonlinear(c)
        return modes
