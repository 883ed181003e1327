"""Checks of settings that several equations share, with the key as a person typed it."""

import math
from numbers import Real

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError

LARGEST_UNRESOLVED_PART = 0.1
"""Of the variance of a random field along an axis: beyond, what is drawn is on the way to noise without any scale."""


def require_finite_number(key: str, value: object, remedy: str) -> float:
    """Return `value` as a finite float of either sign.

    Args:
        key: the configuration key.
        value: what the configuration holds.
        remedy: what to write instead, as a sentence without a full stop.

    Raises:
        ConfigurationError: `value` is not such a number.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ConfigurationError(f"{key}={value}: {remedy}.")
    return float(value)


def require_parameter_modes(n_modes: object) -> int:
    """Return the waves per axis that hold an initial field.

    Raises:
        ConfigurationError: not a whole number of at least 3.
    """
    return require_integer("pde.parameter_modes", n_modes, 3, "give at least 3 waves that hold a field")


def require_resolved_fields(
    length_scale: object, unresolved_part: float, n_points: int, points_key: str | None = None
) -> None:
    """Refuse random fields too rough for the points on which they are drawn, where they would be another process.

    Args:
        length_scale: as a person typed it.
        unresolved_part: of the variance in waves shorter than two spacings, see `systems.gaussian_random_field`.
        n_points: per axis.
        points_key: the setting of `n_points`, if it is one.

    Raises:
        ConfigurationError: the part is too large.
    """
    if unresolved_part > LARGEST_UNRESOLVED_PART:
        more = f", or more points with {points_key}" if points_key else ""
        raise ConfigurationError(
            f"pde.length_scale={length_scale}: {unresolved_part:.0%} of a random field would be in waves too short for "
            f"the {n_points} points per axis on which it is drawn; give a larger one{more}."
        )
