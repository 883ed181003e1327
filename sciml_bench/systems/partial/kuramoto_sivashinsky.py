"""The Kuramoto–Sivashinsky equation u_t + u u_x + u_xx + μ u_xxxx = 0 on a circle: chaos in space and time.

Long waves grow, short ones decay, and u u_x carries energy from the former to the latter (Kuramoto and Tsuzuki 1976;
Sivashinsky 1977). The mean of a field never changes.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.systems.numerics.periodic_flow import at_points
from sciml_bench.systems.ordinary.ordinary_differential_equation import Real
from sciml_bench.systems.partial.field_law import FieldLaw

_FINEST = 10.0
"""Wave number, in 1/√μ, beyond which modes stay below 1e-12 of a field [measured for μ from .8 to 1.4]."""
# Growth of a small difference, renormalised every 2 (1) time units: six motions of 30 000 (2500) time units each, with
# standard errors of .0004 (.0017). Cvitanović, Davidchack, Siminos (SIAM J. Appl. Dyn. Syst. 9, 2010): .048 at 22.
_LYAPUNOV_EXPONENTS = {22.0: 0.049, 100.530965: 0.090}


@dataclass(frozen=True)
class KuramotoSivashinsky(FieldLaw):
    """Cells that drift, merge and split.

    Args:
        length: of the circle; motions are chaotic above about 18.
        n_points: at which fields are given and returned.
        hyperviscosity: μ, where the coefficient of u_xx is 1.
        largest_step: of the solver, in time; the relative error over a time unit is 3e-7 at .05.

    Raises:
        ConfigurationError: a parameter is not positive, or there are fewer than 8 points.
    """

    length: Real = 22.0
    n_points: int = 64
    hyperviscosity: Real = 1.0
    largest_step: Real = 0.05
    positive = ("length", "hyperviscosity", "largest_step")
    default_time_step: ClassVar[float] = 0.25
    default_burn_in: ClassVar[float] = 200.0
    known_facts: ClassVar[frozenset[str]] = frozenset({"mean", "lyapunov_time"})

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_at_least_one(n_points=self.n_points)
        if self.n_points < 8:
            raise self._bad_parameter("n_points", "give at least 8")

    @property
    def table(self) -> Float[np.ndarray, "3 5"]:
        """−½ (u²)_x − u_xx − μ u_xxxx."""
        found = np.zeros((3, 5))
        found[1, 2], found[1, 4], found[2, 1] = -1.0, -self.hyperviscosity, -0.5
        return found

    @property
    def n_modes(self) -> int:
        """Modes of the solver: no more than there is anything in."""
        return min(super().n_modes, int(_FINEST / self.hyperviscosity**0.5 * self.length / (2 * np.pi)) + 1)

    @property
    def default_initial_state(self) -> Float[np.ndarray, " points"]:
        """The wave of Kassam and Trefethen (SIAM J. Sci. Comput. 26, 2005), on a circle of any length."""
        angles = 2 * np.pi / self.length * self.grid
        return np.cos(angles) * (1 + np.sin(angles))

    def random_states(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "batch points"]:
        """Waves that grow, with random amplitudes: fields of mean 0 that do not depend on the number of points.

        Args:
            n: how many.
            rng: random numbers.
        """
        n_growing = max(2, int(self.length / (2 * np.pi * self.hyperviscosity**0.5)))
        real, imaginary = rng.standard_normal((2, n, n_growing)) / n_growing**0.5
        return at_points(np.pad(real + 1j * imaginary, ((0, 0), (1, 0))), self.n_points)

    def mean(self, u: Float[np.ndarray, "*batch points"]) -> Float[np.ndarray, "*batch"]:
        """Of a field over the circle, conserved."""
        return u.mean(axis=-1)

    @property
    def lyapunov_time(self) -> float:
        """Time in which a small error grows by the factor e, measured with this solver for two lengths.

        Raises:
            NotImplementedError: for other lengths, or μ other than 1.
        """
        exponent = _LYAPUNOV_EXPONENTS.get(round(float(self.length), 6))
        if exponent is None or self.hyperviscosity != 1:
            raise self._unknown("lyapunov_time")
        return 1 / exponent
