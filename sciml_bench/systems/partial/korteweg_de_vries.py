"""The Korteweg–de Vries equation of shallow water, u_t + u u_x + u_xxx = 0 on a circle, and a solver for its fields.

The convention is that of Brandstetter, Welling and Worrall, Lie Point Symmetry Data Augmentation for Neural PDE Solvers
(ICML 2022): length 128, 256 points, initial fields that are sums of ten sines. The solver is pseudo-spectral with the
fourth-order exponential time differencing of Cox and Matthews (J. Comput. Phys. 176, 2002); its coefficients are means
over circles in the complex plane (Kassam and Trefethen, SIAM J. Sci. Comput. 26, 2005).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.systems.base import Real, System
from sciml_bench.systems.numerics.exponential_integrator import ExponentialStep

_N_CONTOUR_POINTS = 32
_N_PERIODIC_IMAGES = 3
_BATCH = 64
"""Fields that are advanced together: their spectra stay within a processor's cache."""

Fields = Float[np.ndarray, "batch points"]


@dataclass(frozen=True)
class KortewegDeVries(System):
    """Waves that steepen, break up into solitons and pass through each other.

    Args:
        length: of the circle.
        n_points: at which fields are given and returned; even.
        refinement: points of the solver for each of these; with 2, solitons of an amplitude up to 4 are resolved on a
            circle of length 128 with 256 points.
        largest_step: of the solver, in time; errors fall with its fourth power. Measured at 0.025 on random fields of
            the paper: 3e-5 of the norm at the time 22, 2e-4 at the time 50.

    Raises:
        ConfigurationError: a parameter is not positive, or the number of points is odd or below 8.
    """

    length: Real = 128.0
    n_points: int = 256
    refinement: int = 2
    largest_step: Real = 0.025
    known_facts = frozenset({"soliton", "mass", "momentum", "energy"})
    # mass and energy are conserved as well, but may be next to nothing, which no drift is relative to
    conserved = ("momentum",)

    def __post_init__(self) -> None:
        self._require_positive("length", "largest_step")
        self._require_at_least_one(n_points=self.n_points, refinement=self.refinement)
        if self.n_points % 2 or self.n_points < 8:
            raise self._bad_parameter("n_points", "give an even number of at least 8")

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Number of points of a field."""
        return self.n_points

    @property
    def grid(self) -> Float[np.ndarray, " points"]:
        """Where fields are given; the last point is followed by the first."""
        return np.arange(self.n_points) * (self.length / self.n_points)

    def random_initial_fields(
        self, n_fields: int, seed: int, n_waves: int = 10, largest_amplitude: Real = 0.5, largest_wave_number: int = 2
    ) -> Fields:
        """Sums of sines A sin(2π l x / length + φ), the distribution of the paper.

        A is uniform within ± `largest_amplitude`, l one of 1, …, `largest_wave_number`, φ uniform over the circle.
        The paper also draws the length and the duration of each trajectory within ± 10 %; here they are fixed.

        Args:
            n_fields: how many.
            seed: of the draws; the first fields do not depend on how many are drawn.
            n_waves: sines in a sum.
            largest_amplitude: of a sine.
            largest_wave_number: in waves per length.

        Raises:
            ConfigurationError: a count is below 1.
        """
        self._require_at_least_one(n_fields=n_fields, n_waves=n_waves, largest_wave_number=largest_wave_number)
        draws = np.random.default_rng(seed).random((n_fields, 3, n_waves))
        amplitudes = largest_amplitude * (2 * draws[:, 0] - 1)
        waves = 1 + np.floor(largest_wave_number * draws[:, 1])
        phases = 2 * np.pi * draws[:, 2]
        angles = 2 * np.pi / self.length * waves[..., None] * self.grid + phases[..., None]
        return np.einsum("fw,fwx->fx", amplitudes, np.sin(angles))

    def solve(self, initial: Fields, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, "batch time points"]:
        """The fields at given times.

        Args:
            initial: fields at the time 0.
            times: not negative and increasing.

        Raises:
            ConfigurationError: fields of the wrong size or not finite, or times that do not increase.
            SolverError: the integration broke down.
        """
        if initial.shape[1] != self.n_points or not np.isfinite(initial).all():
            raise ConfigurationError(
                f"KortewegDeVries: initial fields of shape {initial.shape}: give {self.n_points} finite values each"
            )
        if len(times) == 0 or times[0] < 0 or not np.isfinite(times).all() or np.any(np.diff(times) <= 0):
            raise ConfigurationError("KortewegDeVries: times must be finite, not negative and increasing")
        fields = np.empty((len(initial), len(times), self.n_points))
        for start in range(0, len(initial), _BATCH):
            self._solve_batch(initial[start : start + _BATCH], times, fields[start : start + _BATCH])
        return fields

    def _solve_batch(self, initial: np.ndarray, times: np.ndarray, fields: np.ndarray) -> None:
        n_fine = self.refinement * self.n_points
        spectrum = np.zeros((len(initial), n_fine // 2 + 1), dtype=np.complex128)
        spectrum[:, : self.n_points // 2] = self.refinement * np.fft.rfft(initial)[:, :-1]
        now = 0.0
        for index, time in enumerate(times):
            n_steps = int(np.ceil((time - now) / self.largest_step - 1e-9))
            if n_steps:
                step = _dispersive_step(float(self.length), n_fine, round((time - now) / n_steps, 12))
                spectrum = step.advance(spectrum, step.steepening, n_steps)
            now = time
            if not np.isfinite(spectrum).all():
                raise SolverError(f"KortewegDeVries broke down before time {time:g}; choose a smaller largest_step")
            fields[:, index] = np.fft.irfft(spectrum, n_fine)[:, :: self.refinement]

    def soliton(self, time: Real, amplitude: Real, position: Real = 0.0) -> Float[np.ndarray, " points"]:
        """A sech²(√(A/12) (x − x0 − A t / 3)), which keeps its shape; images around the circle included.

        Args:
            time: t.
            amplitude: A.
            position: x0, of the crest at the time 0.
        """
        shift = (self.grid - position - amplitude / 3 * time) % self.length
        images = self.length * np.arange(-_N_PERIODIC_IMAGES, _N_PERIODIC_IMAGES + 1)[:, None]
        return (amplitude / np.cosh(np.sqrt(amplitude / 12) * (shift + images)) ** 2).sum(axis=0)

    def mass(self, u: Float[np.ndarray, "*batch points"]) -> Float[np.ndarray, "*batch"]:
        """∫ u dx, conserved."""
        return u.sum(axis=-1) * (self.length / self.n_points)

    def momentum(self, u: Float[np.ndarray, "*batch points"]) -> Float[np.ndarray, "*batch"]:
        """∫ u²/2 dx, conserved."""
        return (u**2).sum(axis=-1) * (self.length / self.n_points / 2)

    def energy(self, u: Float[np.ndarray, "*batch points"]) -> Float[np.ndarray, "*batch"]:
        """∫ u_x²/2 − u³/6 dx, conserved."""
        numbers = 2j * np.pi / self.length * np.arange(self.n_points // 2 + 1)
        slope = np.fft.irfft(numbers * np.fft.rfft(u), self.n_points)
        return (slope**2 / 2 - u**3 / 6).sum(axis=-1) * (self.length / self.n_points)


class _DispersiveStep(ExponentialStep):
    """Of L = i k³, whose waves neither grow nor decay."""

    def __init__(self, length: float, n_fine: int, step: float) -> None:
        self._n_fine, order = n_fine, np.arange(n_fine // 2 + 1)
        linear = 1j * step * (2 * np.pi / length * order) ** 3
        circle = np.exp(2j * np.pi * (np.arange(_N_CONTOUR_POINTS) + 0.5) / _N_CONTOUR_POINTS)
        z = linear[:, None] + circle
        exp = np.exp(z)
        self._whole, self._root = np.exp(linear), np.exp(linear / 2)
        self._half = step * ((np.exp(z / 2) - 1) / z).mean(axis=1)
        self._start = step * ((-4 - z + exp * (4 - 3 * z + z**2)) / z**3).mean(axis=1)
        self._middle = 2 * step * ((2 + z + exp * (z - 2)) / z**3).mean(axis=1)
        self._end = step * ((-4 - 3 * z - z**2 + exp * (4 - z)) / z**3).mean(axis=1)
        # products of two waves above a third of the points would be mistaken for longer waves
        self._slope = np.where(order < n_fine / 3, -1j * np.pi / length * order, 0)

    def steepening(self, waves: np.ndarray) -> np.ndarray:
        """−u u_x, the part that is not linear."""
        return self._slope * np.fft.rfft(np.fft.irfft(waves, self._n_fine) ** 2)


_dispersive_step = lru_cache(maxsize=16)(_DispersiveStep)
