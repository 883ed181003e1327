"""The Navier–Stokes equation of a plane incompressible flow, in its vorticity w on a periodic square.

w_t + v·∇w = ν Δw + f with −Δψ = w and v = (∂_y ψ, −∂_x ψ). The set-up is that of Du, Chalapathi and Krishnapriyan,
Neural Spectral Methods (ICLR 2024), and the force that of Li et al., Fourier Neural Operator (ICLR 2021).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber
from sciml_bench.core.errors import DataError
from sciml_bench.systems.numerics.dealiased_modes import DealiasedModes, dealiased_modes
from sciml_bench.systems.partial.partial_differential_equation import LARGEST_MEAN
from sciml_bench.systems.partial.periodic_evolution import PeriodicEvolution


@dataclass(frozen=True)
class NavierStokesVorticity(PeriodicEvolution):
    """Eddies that turn, stretch and merge; with scaled time, w_t / duration + v·∇w = ν Δw + f.

    Args:
        viscosity: ν, in length²/time.
        duration: time that passes from 0 to 1.
        forcing: strength of f = forcing · (sin 2π(x + y) + cos 2π(x + y)), in 1/time².
        length_scale: ℓ of the initial fields, in sides of the square.
        n_points: of the initial fields, per axis.
        solver_resolution: points of the solver per axis. With this and the default step the relative error of 32
            random flows over a duration of 3 is below 1e-6 for the viscosities 1e-2 and 1e-3, and that of the paper's
            forced flow (viscosity 2e-3, duration 50, forcing 0.1) about 1e-7; the viscosity 1e-4 takes 128 points and
            steps of 0.025 for 1e-6.
        solver_step: of the solver, in time; about 3 / (π · resolution · fastest velocity) is the limit of stability.

    Raises:
        ConfigurationError: a parameter is not positive (the forcing: not finite), or there are too few points.
    """

    viscosity: ConfiguredNumber = 1e-2
    duration: ConfiguredNumber = 3.0
    forcing: ConfiguredNumber = 0.0
    length_scale: ConfiguredNumber = 0.8
    n_points: ConfiguredInteger = 64
    solver_resolution: ConfiguredInteger = 64
    solver_step: ConfiguredNumber = 0.05
    n_dims = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_finite("forcing")

    def _check_initial(self, initial: np.ndarray) -> None:
        means = np.abs(initial.mean(axis=(1, 2)))
        if np.any(means > LARGEST_MEAN * np.abs(initial).max(axis=(1, 2))):
            raise DataError(
                f"NavierStokesVorticity: initial vorticities of a mean up to {means.max():.3g}: no periodic flow has a "
                "mean vorticity; subtract it"
            )

    def _nonlinear(self, modes: DealiasedModes, state: np.ndarray) -> np.ndarray:
        # −v·∇w is the curl of −∇·(v v): two transforms there and two back, where v·∇w itself would take five
        to_x_velocity, to_y_velocity, of_difference, of_product = _velocity_factors(self.solver_resolution)
        v_x = modes.to_grid(to_x_velocity * state)
        v_y = modes.to_grid(to_y_velocity * state)
        change = of_difference * modes.from_grid((v_x - v_y) * (v_x + v_y))
        change += of_product * modes.from_grid(v_x * v_y)
        if self.forcing:
            change[:, 1, 1] += self.forcing * (1 - 1j) / 2
        return change


@lru_cache(maxsize=8)
def _velocity_factors(resolution: int) -> tuple[np.ndarray, ...]:
    """Factors w → v_x, w → v_y, (v_x² − v_y²) → −(v·∇w), v_x v_y → −(v·∇w), in modes; the mean flow is 0."""
    modes = dealiased_modes(resolution, 2)
    k_x, k_y = (2 * np.pi * k for k in modes.frequencies)
    inverse = modes.kept / np.where(modes.squared > 0, modes.squared, 1.0)
    inverse[0, 0] = 0.0
    return 1j * k_y * inverse, -1j * k_x * inverse, -k_x * k_y * modes.kept, (k_x**2 - k_y**2) * modes.kept
