"""Observed fields as Fourier modes, with the noise that the shortest waves show and the time in which fields change."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Complex, Float

_SEEN = 2.0
"""Power of a mode, in that of the noise, from which it is kept."""
_ROUNDING = 1e-26
"""Power of a mode, in that of all, which is nothing but rounding."""
_FEWEST_MODES = 4
_WIDE = 1.5
"""Modes whose products count, in kept ones: what they hold is little, but not by chance."""
_CHANGED = 0.5
"""Mean square of a change, in variances, after which a field counts as another."""
_ROWS_COMPARED = 500
_CLEAN = 1e-5
"""Deviation of the noise, in that of fields, below which they are taken as they are."""


@dataclass(frozen=True, eq=False)
class FieldRows:
    """The modes of one trajectory.

    Args:
        wide: û_k of u = Σ_k û_k exp(2πi k x / length), of every row, of more modes than stand above the noise.
        n_kept: modes that stand above it.
        noise: mean square of the modulus of the noise in a mode.
        power: the same of every kept mode, as observed.
        n_points: of a field.
    """

    wide: Complex[np.ndarray, "time wide"]
    n_kept: int
    noise: float
    power: Float[np.ndarray, " modes"]
    n_points: int

    @classmethod
    def of(cls, fields: Float[np.ndarray, "time points"], noise: float | None = None) -> "FieldRows":
        """The modes that stand above the noise.

        Args:
            fields: observed.
            noise: as above; None: the median power of the highest third of the frequencies.
        """
        n_points = fields.shape[1]
        modes = np.fft.rfft(fields, axis=1, norm="forward")[:, : (n_points + 1) // 2]
        power = (np.abs(modes) ** 2).mean(axis=0)
        floor = float(np.median(power[2 * len(power) // 3 :])) if noise is None else noise
        least = max(_SEEN * floor, _ROUNDING * float(power[1:].sum()))
        n_kept = min(max(int(np.flatnonzero(power > least).max(initial=0)) + 1, _FEWEST_MODES), len(power))
        return cls(modes[:, : int(_WIDE * n_kept)], n_kept, floor, power[:n_kept], n_points)

    @property
    def modes(self) -> Complex[np.ndarray, "time modes"]:
        """Those that stand above the noise."""
        return self.wide[:, : self.n_kept]

    @property
    def deviation(self) -> float:
        """Of the noise at a point."""
        return (self.noise * self.n_points) ** 0.5

    @property
    def variance(self) -> float:
        """Of the fields without their noise, around the mean over the circle."""
        return float(2 * np.maximum(self.power[1:] - self.noise, 0).sum())

    @property
    def is_clean(self) -> bool:
        """Whether fields need no denoising."""
        return self.deviation < _CLEAN * self.variance**0.5

    @cached_property
    def rows_of_change(self) -> int:
        """Rows after which a field is another; at most half of all."""
        last = max((len(self.modes) - 1) // 2, 1)
        for lag in range(1, last):
            stride = max(1, (len(self.modes) - lag) // _ROWS_COMPARED)
            change = self.modes[lag::stride, 1:] - self.modes[:-lag:stride, 1:]
            square = 2 * ((np.abs(change) ** 2).mean(axis=0) - 2 * self.noise).sum()
            if square > _CHANGED * self.variance:
                return lag
        return last
