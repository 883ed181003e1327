"""Overdamped Langevin motion in the plane on the surface of Müller and Brown, the usual test of reaction coordinates.

V(x, y) = Σ_i A_i exp(a_i (x − x_i)² + b_i (x − x_i)(y − y_i) + c_i (y − y_i)²), with three wells along a bent valley
(Müller and Brown, Theoretica Chimica Acta 53, 75, 1979). The generator is similar to a Schrödinger operator, which is
discretised by sinc functions on the points where the stationary density does not vanish.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse.linalg import LinearOperator, eigsh
from scipy.spatial import KDTree

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.base import DECOMPOSITIONS, Real
from sciml_bench.systems.markov.overdamped_langevin import OverdampedLangevin

AMPLITUDES = np.array([-200.0, -100.0, -170.0, 15.0])
CURVATURES = np.array([[-1.0, 0.0, -10.0], [-1.0, 0.0, -10.0], [-6.5, 11.0, -6.5], [0.7, 0.6, 0.7]])
"""a, b and c of every term."""
CENTRES = np.array([[1.0, 0.0], [0.0, 0.5], [-0.5, 1.5], [-1.0, 1.0]])

_BOX = ((-5.0, 3.0), (-3.0, 6.0))
_SPACING_AT_TEMPERATURE_1 = 0.0134
"""On a grid of 0.85 times the spacing the first five rates are the same to 1e-5 at the temperature 20, the slowest to
2e-3 and 1e-4 at 5 and 60 [measured]."""
_DEPTH = 30.0
"""There is no point where the density is below e^{-30} of its maximum; with e^{-40} rates are the same to 1e-7."""
_DEPTH_OF_SAMPLES = 20.0
_COLDEST, _HOTTEST = 5.0, 60.0
"""Temperatures between which the grid was tried; at the lowest a crossing takes 3000 units of time."""
_RESOLVED = 20
_ROWS = 2000
"""States whose eigenfunctions are interpolated at a time."""
_LONGEST_STEP = 0.1
"""Of Euler's method, in inverse stiffnesses: it widens a narrow direction by the factor 1 / (1 − half of this)."""
_NUMBERS_PER_BLOCK = 2**22


@dataclass(frozen=True)
class MuellerBrown(OverdampedLangevin):
    """A particle that hops between three wells in the plane; reversible.

    With the defaults the temperature is 20, the barrier between the deepest wells 5.3 of it, and the generator's
    eigenvalues are 0, −4.5154, −47.956, −99.316, −144.254, −184.624, −215.154, −288.794, …. A thousand samples
    take about two tenths of a second, the first spectrum some four seconds.

    Args:
        friction: gamma.
        noise_strength: sigma; the temperature is sigma² / (2 gamma), in the units of V.
        time_step: lag between two samples, in time.
        n_substeps: Euler–Maruyama steps within `time_step`.

    Raises:
        ConfigurationError: a parameter is not positive, the inner step is too long, or the temperature is below 5 or
            above 60.
    """

    noise_strength: Real = 40.0**0.5
    time_step: Real = 0.01
    n_substeps: int = 1000
    known_facts = DECOMPOSITIONS | {"stationary_density", "generator_eigenvalues", "energy"}
    dim = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _COLDEST <= 1 / self.inverse_temperature <= _HOTTEST:
            raise self._bad_parameter(
                "noise_strength",
                f"the temperature is {1 / self.inverse_temperature:.3g}, and the generator is known from "
                f"{_COLDEST:g} to {_HOTTEST:g}",
            )
        points, density = self._cells
        visited = points[density > np.exp(-_DEPTH_OF_SAMPLES) * density.max()]
        self._require_short_steps(float(np.linalg.eigvalsh(self._hessian(visited)).max()), _LONGEST_STEP)

    # --- the potential ----------------------------------------------------------------------------------------------

    def _terms(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The terms of V, and the gradients of their exponents."""
        apart = x[..., None, :] - CENTRES
        a, b, c = CURVATURES.T
        right, up = apart[..., 0], apart[..., 1]
        values = AMPLITUDES * np.exp(a * right**2 + b * right * up + c * up**2)
        return values, np.stack([2 * a * right + b * up, b * right + 2 * c * up], axis=-1)

    def energy(self, x: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch"]:
        """The potential V(x, y)."""
        return self._terms(x)[0].sum(axis=-1)

    def force(self, x: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 2"]:
        """−∇V."""
        values, slopes = self._terms(x)
        return -np.einsum("...t,...td->...d", values, slopes)

    def _hessian(self, x: np.ndarray) -> np.ndarray:
        values, slopes = self._terms(x)
        a, b, c = CURVATURES.T
        second = np.stack([2 * a, b, b, 2 * c], axis=-1).reshape(-1, 2, 2)
        return np.einsum("...t,...tde->...de", values, slopes[..., :, None] * slopes[..., None, :] + second)

    # --- sampling ---------------------------------------------------------------------------------------------------

    def initial(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n 2"]:
        """Draw from the stationary law, by cells of a fine grid and evenly within them."""
        fine = _grid(self._spacing / 4)
        density = self._boltzmann(fine)
        chosen = rng.choice(len(fine), n, p=density / density.sum())
        return fine[chosen] + self._spacing / 4 * (rng.random((n, 2)) - 0.5)

    def _rows_per_block(self, n_trajectories: int) -> int:
        return max(1, _NUMBERS_PER_BLOCK // (2 * self.n_substeps * n_trajectories))

    def _draw_noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        scale = self.noise_strength / self.friction * sqrt(self._inner_step)
        return scale * rng.standard_normal((*shape, 2 * self.n_substeps))

    def _advance(self, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        from sciml_bench.systems.markov.mueller_brown_kernel import advance  # Numba is imported where it is used

        mobility = self._inner_step / self.friction
        moved = np.ascontiguousarray(x, dtype=np.float64).reshape(-1, 2).copy()
        advance(moved, noise.reshape(len(moved), -1), mobility, AMPLITUDES, CURVATURES, CENTRES)
        return moved.reshape(x.shape)

    # --- spectrum ---------------------------------------------------------------------------------------------------

    def _boltzmann(self, x: np.ndarray) -> np.ndarray:
        """The stationary density up to its factor; 1 in the deepest well of those there are."""
        return np.exp(-self.inverse_temperature * (self.energy(x) - _DEEPEST))

    @property
    def _spacing(self) -> float:
        return _SPACING_AT_TEMPERATURE_1 / sqrt(self.inverse_temperature)

    @cached_property
    def _cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of the grid where the density is not too small, and the density there."""
        points = _grid(self._spacing)
        density = self._boltzmann(points)
        inside = density > np.exp(-_DEPTH) * density.max()
        return points[inside], density[inside] / (density[inside].sum() * self._spacing**2)

    def stationary_density(self, x: Float[np.ndarray, "batch 2"]) -> Float[np.ndarray, " batch"]:
        """The Boltzmann density, in 1/state²."""
        return self._boltzmann(x) / (self._boltzmann(self._cells[0]).sum() * self._spacing**2)

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray]:
        """Decay rates (increasing) and orthonormal vectors of −√μ L /√μ, L the generator, μ the density."""
        points, beta = self._cells[0], self.inverse_temperature
        places = np.rint((points - points.min(axis=0)) / self._spacing).astype(int)
        apart = np.arange(1, places.max() + 1)
        second = np.append(np.pi**2 / 3, np.where(apart % 2, -2.0, 2.0) / apart**2)  # of minus the second derivative
        operator = np.zeros((len(points), len(points)))
        for axis in range(2):
            for line in np.unique(places[:, 1 - axis]):
                along = np.flatnonzero(places[:, 1 - axis] == line)
                steps = np.abs(places[along, axis][:, None] - places[along, axis])
                operator[np.ix_(along, along)] += second[steps] / self._spacing**2
        slope, curvature = self.force(points), np.trace(self._hessian(points), axis1=-2, axis2=-1)
        operator[np.diag_indices(len(points))] += beta**2 * (slope**2).sum(axis=-1) / 4 - beta * curvature / 2
        operator *= self.diffusion_coefficient
        operator[np.diag_indices(len(points))] += 1.0  # the shift that makes it positive
        factors = cho_factor(operator, overwrite_a=True, check_finite=False)
        inverse: Any = LinearOperator(  # the stubs know its subclasses alone
            operator.shape,
            matvec=lambda v: cho_solve(factors, v, check_finite=False),  # pyright: ignore[reportCallIssue]
        )
        start = np.sqrt(self._cells[1])
        values, vectors = eigsh(inverse, k=_RESOLVED, which="LA", v0=start + start.mean())
        order = np.argsort(-values)
        vectors = vectors[:, order]
        vectors *= np.where(vectors[np.abs(vectors).argmax(axis=0), np.arange(_RESOLVED)] < 0, -1.0, 1.0)
        return 1 / values[order] - 1.0, vectors

    def generator_eigenvalues(self, count: int) -> Float[np.ndarray, " count"]:
        """Leading eigenvalues of the generator, in 1/time.

        Raises:
            ConfigurationError: more than twenty.
        """
        self._require_at_least_one(count=count)
        if count > _RESOLVED:
            raise ConfigurationError(f"{type(self).__name__}: count = {count}: {_RESOLVED} are known; ask for no more")
        rates = self._modes[0][:count].copy()
        rates[0] = 0.0
        return -rates

    def eigenfunctions(self, count: int, x: Float[np.ndarray, "batch 2"]) -> Float[np.ndarray, "batch count"]:
        """Eigenfunctions, orthonormal under the stationary law, each positive where it weighs most.

        Where no sample ever goes they are continued by the nearest point.
        """
        self.generator_eigenvalues(count)
        points, density = self._cells
        corner = points.min(axis=0)
        places = np.rint((points - corner) / self._spacing).astype(int)
        waves = np.zeros((*(places.max(axis=0) + 1), count))
        waves[tuple(places.T)] = self._modes[1][:, :count] / self._spacing
        axes = [corner[d] + self._spacing * np.arange(waves.shape[d]) for d in range(2)]
        near = points[density > np.exp(-_DEPTH_OF_SAMPLES) * density.max()]
        out = self.stationary_density(x) < np.exp(-_DEPTH_OF_SAMPLES) * density.max()
        at = np.where(out[:, None], near[KDTree(near).query(x)[1]], x)
        found = np.empty((len(x), count))
        for first in range(0, len(x), _ROWS):
            rows = at[first : first + _ROWS]
            across, along = (np.sinc((rows[:, d, None] - axes[d]) / self._spacing) for d in range(2))
            values = np.einsum("bi,ijk,bj->bk", across, waves, along, optimize=True)
            found[first : first + _ROWS] = values / np.sqrt(self.stationary_density(rows))[:, None]
        found[:, 0] = 1.0
        return found


_DEEPEST = -146.7
"""Energy of the deepest well, near (−0.558, 1.442)."""


def _grid(spacing: float) -> Float[np.ndarray, "points 2"]:
    axes = [np.arange(low, high, spacing) for low, high in _BOX]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
