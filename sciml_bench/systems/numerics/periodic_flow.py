"""Fields on a circle whose rate of change is a sum of derivatives of their powers, u_t = Σ c_pd ∂ᵈ(uᵖ)/∂xᵈ.

Burgers', Korteweg and de Vries's and Kuramoto and Sivashinsky's equations are of this form. Fourier–Galerkin in space,
on a grid that is fine enough for the highest power to be free of aliasing, exponential Runge–Kutta of fourth order in
time (`exponential_integrator`).
"""

import numpy as np
from jaxtyping import Complex, Float
from scipy.fft import next_fast_len

from sciml_bench.systems.numerics.exponential_integrator import ExponentialStep


def wave_numbers(length: float, n_kept: int) -> Float[np.ndarray, " kept"]:
    """2π j / length of the modes j = 0, 1, …"""
    return 2 * np.pi / length * np.arange(n_kept)


def kept_modes(fields: Float[np.ndarray, "*batch points"], n_kept: int) -> Complex[np.ndarray, "*batch kept"]:
    """Coefficients of u = Σ_j û_j exp(i k_j x), without that of the highest frequency of an even number of points."""
    modes = np.fft.rfft(fields, norm="forward")[..., : min(n_kept, (fields.shape[-1] + 1) // 2)]
    return np.pad(modes, [(0, 0)] * (modes.ndim - 1) + [(0, n_kept - modes.shape[-1])])


def at_points(modes: Complex[np.ndarray, "*batch kept"], n_points: int) -> Float[np.ndarray, "*batch points"]:
    """Fields at the points j length / n_points."""
    stride = -(-2 * modes.shape[-1] // n_points)
    return np.fft.irfft(modes, stride * n_points, norm="forward")[..., ::stride]


class PeriodicFlow:
    """Steps of one size.

    Args:
        coefficients: c, with a row per power 0, 1, … and a column per derivative 0, 1, …, for all fields or for each.
        length: of the circle.
        n_kept: modes 0, 1, … that are kept.
        step: of the solver, in time.
    """

    def __init__(
        self, coefficients: Float[np.ndarray, "*batch powers orders"], length: float, n_kept: int, step: float
    ) -> None:
        orders = np.arange(coefficients.shape[-1])[:, None]
        symbols = coefficients @ (1j * wave_numbers(length, n_kept)) ** orders
        self._constant = coefficients[..., 0, 0]
        rows = range(2, coefficients.shape[-2])
        self._products = {power: symbols[..., power, :] for power in rows if coefficients[..., power, :].any()}
        self._n_grid = next_fast_len((max(self._products, default=1) + 1) * n_kept, real=True)
        self._n_kept, self._step = n_kept, ExponentialStep(-symbols[..., 1, :], step)

    def advance(self, modes: Complex[np.ndarray, "batch kept"], n_steps: int = 1) -> Complex[np.ndarray, "batch kept"]:
        """The modes after some steps; not finite once fields have left every bound."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._step.advance(modes, self._nonlinear, n_steps)

    def path(
        self, modes: Complex[np.ndarray, "batch kept"], n_rows: int, n_steps: int
    ) -> Complex[np.ndarray, "batch time kept"]:
        """The modes at so many rows, the given ones first, with so many steps from one to the next."""
        rows = np.empty((len(modes), n_rows, modes.shape[1]), dtype=np.complex128)
        rows[:, 0] = modes
        with np.errstate(over="ignore", invalid="ignore"):
            for row in range(1, n_rows):
                for _ in range(n_steps):
                    modes = self._step.once(modes, self._nonlinear)
                rows[:, row] = modes
        return rows

    def _nonlinear(self, modes: np.ndarray) -> np.ndarray:
        rates = np.zeros_like(modes)
        rates[..., 0] = self._constant
        field = np.fft.irfft(modes, self._n_grid, norm="forward") if self._products else modes
        for power, symbol in self._products.items():
            rates += symbol * np.fft.rfft(field**power, norm="forward")[..., : self._n_kept]
        return rates
