"""Motions of a law through noisy fields: the initial fields of windows, and the law's coefficients, by least squares.

What is observed of a window is explained by the one motion that starts at its first field. Initial fields and, where
they are asked for, the coefficients that all windows share are improved by Gauss–Newton steps, with the power that was
observed of a mode as what is known of it beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float
from scipy.linalg import cho_factor, cho_solve

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.discovery.fields.field_library import FieldLibrary
from sciml_bench.systems.numerics.periodic_flow import PeriodicFlow

_STEPS_PER_CHANGE, _SHOTS_PER_CHANGE = 50, 8
"""Solver steps, and fields whose sensitivities are computed, in the time in which a field changes."""
_PERTURBATION = 1e-5
"""Of sensitivities by differences, in the size of fields and coefficients."""
_LEAST_NOISE = 1e-12
"""Power of a mode's noise that is reckoned with at least, in that of the fields."""
_MOST_STEPS, _HALVINGS, _ENOUGH = 8, 4, 1e-3
"""Gauss–Newton steps, how often one is halved, and by what part of the misfit the last ones must still lower it."""

Modes = Complex[np.ndarray, "_ modes"]
Starts = list[Complex[np.ndarray, " model_modes"]]


@dataclass(frozen=True, eq=False)
class FlowFit:
    """What the windows of one record have in common.

    Args:
        library: of the terms.
        time_step: between two rows.
        rows_of_change: in which a field becomes another.
        noise: mean square of the modulus of the noise in a mode.
        power: of every observed mode, noise included.
        n_points: of a field.
    """

    library: FieldLibrary
    time_step: float
    rows_of_change: int
    noise: float
    power: Float[np.ndarray, " modes"]
    n_points: int

    @property
    def n_modes(self) -> int:
        """Observed modes, whose initial values are fitted."""
        return len(self.power)

    @property
    def n_model(self) -> int:
        """Modes of a motion, twice as many where the points hold them."""
        return min(2 * self.n_modes, (self.n_points + 1) // 2)

    @property
    def solver_step(self) -> float:
        """Of motions, in time."""
        return self.time_step / self._steps_per_row

    @property
    def _steps_per_row(self) -> int:
        return max(1, round(_STEPS_PER_CHANGE / self.rows_of_change))

    def motions(
        self, starts: Complex[np.ndarray, "batch model_modes"], coefficients: Float[np.ndarray, " terms"], n_rows: int
    ) -> Complex[np.ndarray, "batch time model_modes"]:
        """The fields at so many rows from some starts on, which are the first; not finite once they left every bound."""
        flow = self._flow(coefficients, starts.shape[1], self.solver_step)
        modes = np.empty((len(starts), n_rows, starts.shape[1]), dtype=np.complex128)
        modes[:, 0] = starts
        for row in range(1, n_rows):
            modes[:, row] = flow.advance(modes[:, row - 1], self._steps_per_row)
        return modes

    def motion(
        self, start: Complex[np.ndarray, " model_modes"], coefficients: Float[np.ndarray, " terms"], n_rows: int
    ) -> Complex[np.ndarray, "time model_modes"]:
        """The same of one start."""
        return self.motions(start[None], coefficients, n_rows)[0]

    def improved(
        self,
        windows: Sequence[Modes],
        starts: Starts,
        coefficients: Float[np.ndarray, " terms"],
        free: Bool[np.ndarray, " terms"] | None = None,
    ) -> tuple[Starts, Float[np.ndarray, " terms"], Float[np.ndarray, " terms"]]:
        """Gauss–Newton steps as long as they help.

        Args:
            windows: observed modes of consecutive rows.
            starts: first guesses of the fields at the first rows.
            coefficients: of the law.
            free: which of them are improved as well; None: none.

        Returns:
            the starts, the coefficients, and their standard errors.

        Raises:
            SolverError: the first guesses do not stay finite.
        """
        free = np.zeros(len(coefficients), dtype=bool) if free is None else free
        errors, misfit = np.zeros(len(coefficients)), self._misfit(windows, starts, coefficients)
        if not np.isfinite(misfit):
            raise SolverError("the law that was found leaves every bound within a window of the record")
        for _ in range(_MOST_STEPS):
            towards, change, spread = self._step(windows, starts, coefficients, free)
            errors[free] = spread
            for halving in range(_HALVINGS):
                moved = [start + part / 2**halving for start, part in zip(starts, towards, strict=True)]
                changed = coefficients.copy()
                changed[free] += change / 2**halving
                found = self._misfit(windows, moved, changed)
                if found < misfit:
                    break
            else:
                break
            gained, misfit, starts, coefficients = (misfit - found) / misfit, found, moved, changed
            if gained < _ENOUGH:
                break
        return starts, coefficients, errors

    # ---- one step ---------------------------------------------------------------------------------------------------

    def _flow(self, coefficients: np.ndarray, n_kept: int, step: float) -> PeriodicFlow:
        return PeriodicFlow(self.library.table(coefficients), self.library.length, n_kept, step)

    @property
    def _precision(self) -> Float[np.ndarray, " numbers"]:
        """One over the variance of the noise in the real and the imaginary parts."""
        noise = max(self.noise, _LEAST_NOISE * float(self.power.sum()))
        variance = np.full(2 * self.n_modes - 1, noise / 2)
        variance[0] = noise
        return 1 / variance

    @property
    def _known(self) -> Float[np.ndarray, " numbers"]:
        """The same of what is known beforehand of an initial field."""
        return 2 / np.concatenate([self.power, self.power[1:]])

    def _misfit(self, windows: Sequence[Modes], starts: Starts, coefficients: np.ndarray) -> float:
        total = 0.0
        for observed, start in zip(windows, starts, strict=True):
            left = observed - self.motion(start, coefficients, len(observed))[:, : self.n_modes]
            total += float((_numbers(left) ** 2 @ self._precision).sum())
            total += float(_numbers(start[: self.n_modes]) ** 2 @ self._known)
        return total if np.isfinite(total) else np.inf

    def _step(
        self, windows: Sequence[Modes], starts: Starts, coefficients: np.ndarray, free: np.ndarray
    ) -> tuple[Starts, Float[np.ndarray, " free"], Float[np.ndarray, " free"]]:
        """The change of the starts and of the free coefficients, and the standard errors of the latter."""
        n_free, solved = int(free.sum()), []
        reduced, right = np.zeros((n_free, n_free)), np.zeros(n_free)
        for observed, start in zip(windows, starts, strict=True):
            normal, gradient = self._normal_equations(observed, start, coefficients, free)
            n_numbers = len(normal) - n_free
            factor = cho_factor(normal[:n_numbers, :n_numbers])
            mixed = normal[:n_numbers, n_numbers:]
            inner = cho_solve(factor, np.column_stack([gradient[:n_numbers], mixed]))
            reduced += normal[n_numbers:, n_numbers:] - mixed.T @ inner[:, 1:]
            right += gradient[n_numbers:] - mixed.T @ inner[:, 0]
            solved.append(inner)
        covariance = np.linalg.pinv(reduced, hermitian=True) if n_free else reduced
        change = covariance @ right
        towards = []
        for inner, start in zip(solved, starts, strict=True):
            part = np.zeros_like(start)
            part[: self.n_modes] = _modes(inner[:, 0] - inner[:, 1:] @ change)
            towards.append(part)
        return towards, change, np.sqrt(np.maximum(np.diag(covariance), 0))

    def _normal_equations(
        self, observed: np.ndarray, start: np.ndarray, coefficients: np.ndarray, free: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of one window, in the numbers of the initial field and, after them, in the free coefficients."""
        left = _numbers(observed - self.motion(start, coefficients, len(observed))[:, : self.n_modes])
        rows_per_shot = max(1, self.rows_of_change // _SHOTS_PER_CHANGE)
        shots = self._sensitivities(start, coefficients, free, rows_per_shot, (len(observed) - 1) // rows_per_shot + 1)
        n_numbers = left.shape[1]
        normal = np.diag(np.concatenate([self._known, np.zeros(int(free.sum()))]))
        gradient = np.concatenate([-self._known * _numbers(start[: self.n_modes]), np.zeros(int(free.sum()))])
        for shot, sensitivity in enumerate(shots):
            middle = shot * rows_per_shot
            near = left[max(0, middle - (rows_per_shot - 1) // 2) : middle + rows_per_shot // 2 + 1]
            weighed = self._precision[:, None] * sensitivity
            normal += len(near) * sensitivity.T @ weighed
            gradient += weighed.T @ near.sum(axis=0)
        assert len(normal) == n_numbers + free.sum()
        return normal, gradient

    def _sensitivities(
        self, start: np.ndarray, coefficients: np.ndarray, free: np.ndarray, rows_per_shot: int, n_shots: int
    ) -> Float[np.ndarray, "shots numbers unknowns"]:
        """Of the observed modes by the numbers of the initial field and by the free coefficients, by differences."""
        n_numbers, places = 2 * self.n_modes - 1, np.flatnonzero(free)
        n_kept = min(len(start), self.n_modes + self.n_modes // 4)
        size = _PERTURBATION * float(self.power.sum()) ** 0.5
        modes = np.tile(start[:n_kept], (1 + n_numbers + len(places), 1))
        modes[1 : 1 + n_numbers, : self.n_modes] += size * _modes(np.eye(n_numbers))
        laws, sizes = np.tile(coefficients, (len(modes), 1)), np.full(n_numbers + len(places), size)
        sizes[n_numbers:] = _PERTURBATION * np.abs(coefficients[places])
        laws[1 + n_numbers + np.arange(len(places)), places] += sizes[n_numbers:]
        interval = rows_per_shot * self.time_step
        n_steps = max(1, round(interval / self.time_step / self.rows_of_change * 2 * _SHOTS_PER_CHANGE))
        flow, found = self._flow(laws if len(places) else coefficients, n_kept, interval / n_steps), []
        for shot in range(n_shots):
            modes = flow.advance(modes, n_steps) if shot else modes
            numbers = _numbers(modes[:, : self.n_modes])
            found.append(((numbers[1:] - numbers[0]) / sizes[:, None]).T)
        return np.stack(found)


def _numbers(modes: Complex[np.ndarray, "*rows modes"]) -> Float[np.ndarray, "*rows numbers"]:
    """Real parts and, after them, imaginary parts, of which that of the mean is none."""
    return np.concatenate([modes.real, modes.imag[..., 1:]], axis=-1)


def _modes(numbers: Float[np.ndarray, "*rows numbers"]) -> Complex[np.ndarray, "*rows modes"]:
    """The inverse of `_numbers`."""
    n_modes = (numbers.shape[-1] + 1) // 2
    found = numbers[..., :n_modes].astype(np.complex128)
    found[..., 1:] += 1j * numbers[..., n_modes:]
    return found
