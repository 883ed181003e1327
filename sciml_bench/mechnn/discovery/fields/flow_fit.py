"""Motions of a law through noisy fields: the initial fields of windows, and the law's coefficients, by least squares.

What is observed of a window is explained by the one motion that starts at its first field. Initial fields and, where
they are asked for, the coefficients that all windows share are improved by Gauss–Newton steps, with the power that was
observed of a mode as what is known of it beforehand. All windows have one length and are reckoned together.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float

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

Windows = Complex[np.ndarray, "windows time modes"]
Starts = Complex[np.ndarray, "windows model_modes"]
Terms = Float[np.ndarray, " terms"]


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

    def motions(self, starts: Starts, coefficients: Terms, n_rows: int) -> Complex[np.ndarray, "windows time model"]:
        """The fields at so many rows, the starts first; not finite once they left every bound."""
        flow = self._flow(coefficients, starts.shape[1], self.solver_step)
        return flow.path(starts, n_rows, self._steps_per_row)

    def improved(
        self, windows: Windows, starts: Starts, coefficients: Terms, free: Bool[np.ndarray, " terms"] | None = None
    ) -> tuple[Starts, Terms, Terms]:
        """Gauss–Newton steps as long as they help.

        Args:
            windows: observed modes of consecutive rows.
            starts: first guesses of the fields at the first rows.
            coefficients: of the law.
            free: which of them are improved as well; None: none.

        Returns:
            the starts, which are not finite where even the first guess did not stay so; the coefficients; their
            standard errors.

        Raises:
            SolverError: coefficients are to be improved, and a first guess does not stay finite.
        """
        free = np.zeros(len(coefficients), dtype=bool) if free is None else free
        shared, errors, starts = bool(free.any()), np.zeros(len(coefficients)), starts.copy()
        misfits = self._misfits(windows, starts, coefficients)
        if shared and not np.isfinite(misfits).all():
            raise SolverError("the law that was found leaves every bound within a window of the record")
        starts[~np.isfinite(misfits)] = np.nan
        active = np.flatnonzero(np.isfinite(misfits))
        for _ in range(_MOST_STEPS):
            if not len(active):
                break
            before, part = misfits[active], windows[active]
            towards, change, errors[free] = self._step(part, starts[active], coefficients, free)
            length, better = np.ones((len(active), 1)), np.zeros(len(active), dtype=bool)
            moved, changed, found = starts[active], coefficients, before
            for _ in range(_HALVINGS):
                moved, changed = starts[active] + length * towards, coefficients.copy()
                changed[free] += length[0] * change
                found = self._misfits(part, moved, changed)
                better = np.full(len(active), found.sum() < before.sum()) if shared else found < before
                if better.all():
                    break
                length[~better] /= 2
            starts[active[better]], misfits[active[better]] = moved[better], found[better]
            coefficients = changed if shared and better.all() else coefficients
            gained = 1 - misfits[active] / before
            if not shared:
                active = active[gained > _ENOUGH]
            elif not gained.mean() > _ENOUGH:
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

    def _left(self, windows: np.ndarray, starts: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """What a motion leaves of the observed numbers (windows, time, numbers)."""
        return _numbers(windows - self.motions(starts, coefficients, windows.shape[1])[:, :, : self.n_modes])

    def _misfits(self, windows: np.ndarray, starts: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            total = (self._left(windows, starts, coefficients) ** 2 @ self._precision).sum(axis=1)
            total += _numbers(starts[:, : self.n_modes]) ** 2 @ self._known
        return np.where(np.isfinite(total), total, np.inf)

    def _step(
        self, windows: np.ndarray, starts: np.ndarray, coefficients: np.ndarray, free: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The change of the starts and of the free coefficients, and the standard errors of the latter."""
        n_numbers, n_free = 2 * self.n_modes - 1, int(free.sum())
        normal = np.zeros((len(windows), n_numbers + n_free, n_numbers + n_free))
        gradient = np.zeros((len(windows), n_numbers + n_free, 1))
        normal[:, np.arange(n_numbers), np.arange(n_numbers)] = self._known
        gradient[:, :n_numbers, 0] = -self._known * _numbers(starts[:, : self.n_modes])
        left, precision = self._left(windows, starts, coefficients), self._precision
        rows_per_shot = max(1, self.rows_of_change // _SHOTS_PER_CHANGE)
        n_shots = (windows.shape[1] - 1) // rows_per_shot + 1
        shots = self._sensitivities(starts, coefficients, free, rows_per_shot, n_shots)
        for shot, sensitivity in enumerate(shots):
            middle = shot * rows_per_shot
            near = left[:, max(0, middle - (rows_per_shot - 1) // 2) : middle + rows_per_shot // 2 + 1]
            weighed = sensitivity * precision
            normal += near.shape[1] * weighed @ sensitivity.transpose(0, 2, 1)
            gradient += weighed @ near.sum(axis=1)[:, :, None]
        # the starts are eliminated, window by window
        mixed = normal[:, :n_numbers, n_numbers:]
        inner = np.linalg.solve(
            normal[:, :n_numbers, :n_numbers], np.concatenate([gradient[:, :n_numbers], mixed], axis=2)
        )
        outer = mixed.transpose(0, 2, 1) @ inner
        covariance = np.linalg.pinv((normal[:, n_numbers:, n_numbers:] - outer[:, :, 1:]).sum(axis=0), hermitian=True)
        change = covariance @ (gradient[:, n_numbers:, 0] - outer[:, :, 0]).sum(axis=0)
        towards = np.zeros_like(starts)
        towards[:, : self.n_modes] = _modes(inner[:, :, 0] - inner[:, :, 1:] @ change)
        return towards, change, np.sqrt(np.maximum(np.diag(covariance), 0))

    def _sensitivities(
        self, starts: np.ndarray, coefficients: np.ndarray, free: np.ndarray, rows_per_shot: int, n_shots: int
    ) -> Iterator[np.ndarray]:
        """Of the observed numbers by those of the starts and by the free coefficients (windows, unknowns, numbers)."""
        n_numbers, places = 2 * self.n_modes - 1, np.flatnonzero(free)
        n_kept = min(starts.shape[1], self.n_modes + self.n_modes // 4)
        n_members, size = 1 + n_numbers + len(places), _PERTURBATION * float(self.power.sum()) ** 0.5
        members = np.repeat(starts[:, None, :n_kept], n_members, axis=1)
        members[:, 1 : 1 + n_numbers, : self.n_modes] += size * _modes(np.eye(n_numbers))
        laws, sizes = np.tile(coefficients, (n_members, 1)), np.full((n_members - 1, 1), size)
        sizes[n_numbers:, 0] = _PERTURBATION * np.abs(coefficients[places])
        laws[1 + n_numbers + np.arange(len(places)), places] += sizes[n_numbers:, 0]
        n_steps = max(1, round(rows_per_shot / self.rows_of_change * 2 * _SHOTS_PER_CHANGE))
        together = np.tile(laws, (len(starts), 1)) if len(places) else coefficients
        flow = self._flow(together, n_kept, rows_per_shot * self.time_step / n_steps)
        modes = members.reshape(-1, n_kept)
        for shot in range(n_shots):
            modes = flow.advance(modes, n_steps) if shot else modes
            numbers = _numbers(modes[:, : self.n_modes]).reshape(len(starts), n_members, n_numbers)
            yield (numbers[:, 1:] - numbers[:, :1]) / sizes


def _numbers(modes: np.ndarray) -> np.ndarray:
    """Real parts and, after them, imaginary parts, of which that of the mean is none."""
    return np.concatenate([np.real(modes), np.imag(modes)[..., 1:]], axis=-1)


def _modes(numbers: np.ndarray) -> np.ndarray:
    """The inverse of `_numbers`."""
    n_modes = (numbers.shape[-1] + 1) // 2
    found = numbers[..., :n_modes].astype(np.complex128)
    found[..., 1:] += 1j * numbers[..., n_modes:]
    return found
