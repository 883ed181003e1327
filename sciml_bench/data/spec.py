"""What a model must know about the data it will see, and nothing else."""

import math
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class DataSpec:
    """The shape and the clock of a data set.

    Args:
        state_shape: shape of one state, such as `(1,)` or `(1, 28, 28)`.
        time_step: time between two consecutive states, in `time_unit`.
        time_unit: "step" for maps and images, otherwise the system's own unit.
        lengths: number of states of each training trajectory.
        lag: distance within a pair, in steps.
        dtype: type of the tensors in a batch.
        period: the period of every state component where the state lives on a torus, else `None`.
        n_classes: number of labels where every state carries one, else `None`.
    """

    state_shape: tuple[int, ...]
    time_step: float
    time_unit: str
    lengths: tuple[int, ...]
    lag: int
    dtype: torch.dtype = torch.float32
    period: float | None = None
    n_classes: int | None = None

    @property
    def n_state(self) -> int:
        """Number of components of one state."""
        return math.prod(self.state_shape)

    @property
    def lag_time(self) -> float:
        """Time between the two states of a pair, in `time_unit`."""
        return self.lag * self.time_step
