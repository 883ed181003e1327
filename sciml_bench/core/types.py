"""The vocabulary of array types; one name per concept, used in every signature of the suite.

Axis names have one meaning everywhere: `batch`, `time`, `dim` (size of a vector state), `*state` (shape of a state of
any rank), `modes` (learned functions), `dim_out` (size of an observable).
"""

from typing import TypeAlias

from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.plain_types import Metrics as Metrics
from sciml_bench.core.plain_types import PathType as PathType

States: TypeAlias = Float[Tensor, "batch *state"]
"""States of one moment."""

Features: TypeAlias = Float[Tensor, "batch modes"]
"""Learned functions evaluated on a batch of states."""

Scalar: TypeAlias = Float[Tensor, ""]
"""A loss or score."""
