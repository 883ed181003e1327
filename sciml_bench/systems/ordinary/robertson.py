"""Robertson's autocatalytic reaction, the classical stiff problem: its rates span nine orders of magnitude.

A → B at rate k1 A, B + B → B + C at k2 B², B + C → A + C at k3 B C
(Robertson, The solution of a set of reaction rate equations, in Numerical Analysis: An Introduction, ed. Walsh, 1966;
Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.1).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation, Real


@dataclass(frozen=True)
class Robertson(OrdinaryDifferentialEquation):
    """Concentrations of the species A, B and C, as fractions of the initial A.

    After 40 units of time the first tenths have reacted; the end, all C, is reached after 1e11: times are best
    spaced logarithmically.

    Args:
        rate_1: k1 of the slow reaction, in 1/time.
        rate_2: k2 of the very fast reaction, in 1/time.
        rate_3: k3 of the fast reaction, in 1/time.

    Raises:
        ConfigurationError: a rate is not positive.
    """

    rate_1: Real = 0.04
    rate_2: Real = 3e7
    rate_3: Real = 1e4
    positive = ("rate_1", "rate_2", "rate_3")
    dim: ClassVar[int] = 3
    is_stiff: ClassVar[bool] = True
    default_time_step: ClassVar[float] = 0.4
    # Only A differs, and little: no concentration may be negative.
    initial_deviation: ClassVar[tuple[float, ...]] = (0.05, 0.0, 0.0)
    known_facts: ClassVar[frozenset[str]] = frozenset({"invariant"})
    conserved = ("invariant",)

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """A alone."""
        return np.array([1.0, 0.0, 0.0])

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        a, b, c = components
        slow, very_fast, fast = self.rate_1 * a, self.rate_2 * b * b, self.rate_3 * b * c
        # The nearly equal rates first, whose difference is exact: otherwise rounding costs the late A four digits.
        return fast - slow, slow - fast - very_fast, very_fast

    def invariant(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """A + B + C, since every reaction turns one molecule into one other."""
        return x.sum(axis=-1)
