"""Overdamped Langevin motion in the asymmetric four-well potential of Prinz, the usual test of implied timescales.

V(x) = 4(x⁸ + 0.8 e^{−80x²} + 0.2 e^{−80(x−1/2)²} + 0.5 e^{−40(x+1/2)²}) (Prinz et al., Markov models of molecular
kinetics, J. Chem. Phys. 134, 174105, 2011).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.markov.scalar_langevin import DEPTH_AT_THE_ENDS, ScalarLangevin


@dataclass(frozen=True)
class PrinzPotential(ScalarLangevin):
    """A particle that hops between four wells; reversible.

    Drawing 50 000 samples with the default 100 inner steps costs about three seconds. These Euler–Maruyama steps of
    5e-4 shift the decay rates of the first four modes by -0.1, +0.8, +0.4 and +1.5 % [measured: spectrum of the
    one-step kernel]; the exact facts are those of the diffusion itself: generator eigenvalues 0, −4.23470913,
    −21.4184593, −35.7411444, −116.328578, … with the defaults, of which the slowest implied timescale is 0.236.

    The parameters are those of `ScalarLangevin`.
    """

    def energy(self, x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
        """The potential V(x)."""
        left, right, square = x + 0.5, x - 0.5, x * x
        return 4 * (
            square**4 + 0.8 * np.exp(-80 * square) + 0.2 * np.exp(-80 * right * right) + 0.5 * np.exp(-40 * left * left)
        )

    def force(self, x: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
        """−V'(x)."""
        left, right, square = x + 0.5, x - 0.5, x * x
        return 4 * (
            128 * x * np.exp(-80 * square)
            + 32 * right * np.exp(-80 * right * right)
            + 40 * left * np.exp(-40 * left * left)
            - 8 * x * square * square * square
        )

    def _curvature(self, x: np.ndarray) -> np.ndarray:
        """V''(x)."""
        return 4 * (
            56 * x**6
            + 0.8 * (160**2 * x**2 - 160) * np.exp(-80 * x**2)
            + 0.2 * (160**2 * (x - 0.5) ** 2 - 160) * np.exp(-80 * (x - 0.5) ** 2)
            + 0.5 * (80**2 * (x + 0.5) ** 2 - 80) * np.exp(-40 * (x + 0.5) ** 2)
        )

    def _advance_float(self, x: float, noise: Sequence[float]) -> float:
        # The force once more, written out: a function call per inner step would cost as much as the force itself.
        mobility = 4 * self._inner_step / self.friction
        for kick in noise:
            left, right, square = x + 0.5, x - 0.5, x * x
            x += kick + mobility * (
                128 * x * exp(-80 * square)
                + 32 * right * exp(-80 * right * right)
                + 40 * left * exp(-40 * left * left)
                - 8 * x * square * square * square
            )
        return x

    def _half_width(self, depth: float = DEPTH_AT_THE_ENDS) -> float:
        # There x⁸ alone is deep enough; it is at least 1, where the wells end.
        return max(1.0, (depth / (4 * self.inverse_temperature)) ** 0.125)
