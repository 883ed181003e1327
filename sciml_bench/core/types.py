"""The vocabulary of array types; one name per concept, used in every signature of the suite.

Axis names have one meaning everywhere: `batch`, `time`, `dim` (size of a vector state), `*state` (shape of a state of
any rank), `modes` (learned functions), `dim_out` (size of an observable).
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.core.plain_types import Metrics, PathType

__all__ = [
    "ArrayFeatures",
    "ArrayStates",
    "Features",
    "Indices",
    "Metrics",
    "PathType",
    "Scalar",
    "Shape",
    "StateTrajectories",
    "States",
]

States: TypeAlias = Float[Tensor, "batch *state"]
"""States of one moment."""

Features: TypeAlias = Float[Tensor, "batch modes"]
"""Learned functions evaluated on a batch of states."""

StateTrajectories: TypeAlias = Float[Tensor, "batch time *state"]
"""Time is always the second axis."""

Scalar: TypeAlias = Float[Tensor, ""]
"""A loss or score."""

ArrayStates: TypeAlias = Float[np.ndarray, "batch *state"]
ArrayFeatures: TypeAlias = Float[np.ndarray, "batch modes"]
Indices: TypeAlias = Int[np.ndarray, " batch"]
Shape: TypeAlias = Sequence[int]
