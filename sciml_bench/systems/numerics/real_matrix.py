"""Matrices as parameters: lists of numbers from a yaml, read once and kept as tuples that can be hashed."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError


def real_matrix(value: object, name: str) -> Float[np.ndarray, "rows columns"]:
    """Read a matrix of finite real numbers.

    Args:
        value: rows of numbers, of equal length.
        name: what a message calls it, such as `LinearGaussian.drift_matrix`.

    Raises:
        ConfigurationError: not a matrix of finite real numbers.
    """
    array = real_array(value, name)
    if array.ndim != 2:
        raise ConfigurationError(f"{name} has {array.ndim} axes: give a list of rows")
    return array


def real_array(value: object, name: str) -> Float[np.ndarray, "..."]:
    """Read a non-empty array of finite real numbers of any shape; `name` is what a message calls it."""
    try:
        array = np.array(value, dtype=float)
    except (TypeError, ValueError):
        raise ConfigurationError(f"{name} = {value!r}: give numbers, in lists of equal length") from None
    if array.size == 0 or not np.isfinite(array).all():
        raise ConfigurationError(f"{name} = {value!r}: give at least one number, all of them finite")
    return array


def as_rows(matrix: Float[np.ndarray, "rows columns"]) -> tuple[tuple[float, ...], ...]:
    """The matrix as a tuple of rows."""
    return tuple(tuple(row) for row in matrix.tolist())
