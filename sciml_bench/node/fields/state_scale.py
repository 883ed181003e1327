"""The size of states, for networks that are to see numbers of order one."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class StateScale:
    """Mean and deviation of every state component, in the state's own units.

    Args:
        mean: per component.
        deviation: per component, positive.
    """

    mean: Sequence[float]
    deviation: Sequence[float]
