"""Fisher's equation u_t − ν u_xx = growth · u (1 − u) on a circle: a population that grows and spreads.

The set-up is that of Du, Chalapathi and Krishnapriyan, Neural Spectral Methods (ICLR 2024): growth 5, times from 0 to
1, initial fields from a periodic Gaussian process.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber
from sciml_bench.systems.numerics.dealiased_modes import DealiasedModes
from sciml_bench.systems.numerics.gaussian_random_field import periodic_gaussian_field
from sciml_bench.systems.partial.periodic_evolution import PeriodicEvolution


@dataclass(frozen=True)
class ReactionDiffusion(PeriodicEvolution):
    """Fronts that run from where the population is large.

    With the time scaled to the duration, u_t / duration − ν u_xx = growth · u (1 − u).

    Args:
        viscosity: ν, in length²/time.
        growth: rate of growth of a small population, in 1/time.
        length_scale: ℓ of the initial fields, in lengths of the circle.
        n_points: of the initial fields.
        duration: time that passes from 0 to 1.
        solver_resolution: points of the solver.
        solver_step: of the solver, in time. With the defaults and viscosities from 0.001 to 0.1 the relative error is
            below 3e-7.

    Raises:
        ConfigurationError: a parameter is not positive, or there are too few points.
    """

    viscosity: ConfiguredNumber = 0.01
    growth: ConfiguredNumber = 5.0
    length_scale: ConfiguredNumber = 0.2
    n_points: ConfiguredInteger = 64
    duration: ConfiguredNumber = 1.0
    solver_resolution: ConfiguredInteger = 256
    solver_step: ConfiguredNumber = 1 / 256
    n_dims = 1
    positive = ("growth",)

    def random_parameters(self, n_samples: int, seed: int) -> Float[np.ndarray, "batch points"]:
        """Initial fields from a periodic Gaussian process, each scaled to the minimum 0 and the maximum 1 on its grid.

        Between the points the interpolant goes a little beyond.

        Raises:
            ConfigurationError: `n_samples` is below 1.
        """
        fields = periodic_gaussian_field(n_samples, self.n_points, 1, self.length_scale, np.random.default_rng(seed))
        fields = fields - fields.min(axis=1, keepdims=True)
        return fields / fields.max(axis=1, keepdims=True)

    def _nonlinear(self, modes: DealiasedModes, state: np.ndarray) -> np.ndarray:
        u = modes.to_grid(state)
        return modes.from_grid(self.growth * u * (1 - u))
