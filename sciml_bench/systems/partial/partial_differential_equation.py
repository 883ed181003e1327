"""What every parametric partial differential equation is: random parameters and a trusted solution for each of them.

The domain is the unit interval per axis. Periodic axes have their points at j / n, the end point not included.
"""

from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, is_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.systems.base import System
from sciml_bench.systems.numerics.gaussian_random_field import periodic_gaussian_field, periodic_unresolved_part

FEWEST_POINTS = 3
LARGEST_MEAN = 1e-5
"""Of a field that must have none, beside its largest value: for rounding in single precision, not for a mistake."""


class PartialDifferentialEquation(System):
    """Base of the equations whose parameter is a field: a source, or the state at the time 0.

    A subclass gives a `reference` that accepts parameters on a grid of any size.

    Attributes:
        n_points: of the random parameters, per axis.
        length_scale: of the random parameters, in lengths of the domain.
        n_dims: number of axes in space.
    """

    n_points: ConfiguredInteger
    length_scale: ConfiguredNumber
    n_dims: ClassVar[int]

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Number of points of a field of the parameters' size."""
        return self.n_points**self.n_dims

    @property
    def unresolved_part(self) -> float:
        """The part of the variance of a random field in waves that `n_points` do not hold, along an axis."""
        return periodic_unresolved_part(self.n_points, self.length_scale)

    def random_parameters(self, n_samples: int, seed: int) -> Float[np.ndarray, "batch *grid"]:
        """Fields of mean 0 from a periodic Gaussian process; the same arguments give the same fields.

        Raises:
            ConfigurationError: `n_samples` is below 1.
        """
        rng = np.random.default_rng(seed)
        return periodic_gaussian_field(n_samples, self.n_points, self.n_dims, self.length_scale, rng, zero_mean=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_positive("length_scale")
        self._require_points("n_points", FEWEST_POINTS)

    def _require_points(self, name: str, fewest: int) -> None:
        if not is_integer(getattr(self, name), fewest):
            raise self._bad_parameter(name, f"give at least {fewest} points per axis")

    def _checked_fields(self, fields: np.ndarray) -> np.ndarray:
        """Fields of a person's own, in float64."""
        name, shape = type(self).__name__, fields.shape
        if fields.ndim != 1 + self.n_dims or min(shape[1:]) < FEWEST_POINTS or len(set(shape[1:])) > 1:
            wanted = ", ".join(["batch"] + ["n"] * self.n_dims)
            raise DataError(f"{name}: fields of shape {shape}: give ({wanted}) with n of at least {FEWEST_POINTS}")
        if not np.isfinite(fields).all():
            raise DataError(f"{name}: fields hold values that are not finite: give finite numbers")
        return fields.astype(np.float64)

    def _checked_times(self, times: np.ndarray) -> np.ndarray:
        """Times as a fraction of the duration."""
        if len(times) == 0 or not np.isfinite(times).all() or np.any(np.diff(times) <= 0):
            raise ConfigurationError(f"{type(self).__name__}: times must be finite and increasing, at least one")
        if times[0] < 0 or times[-1] > 1:
            raise ConfigurationError(
                f"{type(self).__name__}: times from {times[0]:g} to {times[-1]:g}: give fractions, from 0 to 1"
            )
        return times.astype(np.float64)
