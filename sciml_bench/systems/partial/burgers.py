"""Burgers' equation u_t + u u_x = ν u_xx on a circle: waves that steepen into fronts and decay.

With the Cole–Hopf transform u = −2ν θ_x / θ it is the heat equation θ_t = ν θ_xx (Whitham, Linear and Nonlinear Waves,
chapter 4).
"""

from dataclasses import dataclass

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber
from sciml_bench.systems.numerics.dealiased_modes import DealiasedModes
from sciml_bench.systems.partial.periodic_evolution import PeriodicEvolution


@dataclass(frozen=True)
class Burgers(PeriodicEvolution):
    """Decaying waves; with the time scaled to the duration, u_t / duration + u u_x = ν u_xx.

    Initial fields have the mean 0: another would only carry the same waves around the circle.

    Args:
        viscosity: ν, in length²/time.
        duration: time that passes from 0 to 1.
        length_scale: ℓ of the initial fields, in lengths of the circle. With the defaults, fronts stay within what 64
            points resolve: frequencies above 32 hold 1e-7 of the norm in the median, 0.002 in the steepest of 64.
        n_points: of the initial fields.
        solver_resolution: points of the solver.
        solver_step: of the solver, in time. With the defaults the relative error is 1e-6.

    Raises:
        ConfigurationError: a parameter is not positive, or there are too few points.
    """

    viscosity: ConfiguredNumber = 0.01
    duration: ConfiguredNumber = 1.0
    length_scale: ConfiguredNumber = 1.0
    n_points: ConfiguredInteger = 64
    solver_resolution: ConfiguredInteger = 256
    solver_step: ConfiguredNumber = 1 / 256
    n_dims = 1

    def _nonlinear(self, modes: DealiasedModes, state: np.ndarray) -> np.ndarray:
        return -1j * np.pi * modes.frequencies[0] * modes.from_grid(modes.to_grid(state) ** 2)
