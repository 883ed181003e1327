"""What a model must know about the data it will see, and nothing else."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.data.observations import PADDING, Observations
from sciml_bench.systems import System


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


@dataclass(frozen=True, eq=False)
class ObservationSpec:
    """The state, its scale and the clock of whole trajectories.

    Args:
        dim: number of components of a state.
        mean: of each observed component over the interpolation windows.
        deviation: standard deviation of each observed component over the interpolation windows; 1 where it is constant.
        component_names: what the components are called in figures.
        time_unit: unit of all times.
        time_step: median time between two rows, in `time_unit`.
        n_trajectories: number of trajectories.
        n_learned_rows: rows in the longest interpolation window.
        system: the system that was simulated, `None` for observed data.
    """

    dim: int
    mean: Float[np.ndarray, " dim"]
    deviation: Float[np.ndarray, " dim"]
    component_names: tuple[str, ...]
    time_unit: str
    time_step: float
    n_trajectories: int = 1
    n_learned_rows: int = 0
    system: System | None = None

    @classmethod
    def of(
        cls, observations: Observations, component_names: tuple[str, ...], time_unit: str, system: System | None = None
    ) -> "ObservationSpec":
        """Describe `observations`; nothing is taken from the rows that are forecast but their clock."""
        learned = observations.states[observations.interpolation]
        intervals = np.diff(observations.times)[observations.window[:, 1:] != PADDING]
        # Rounding leaves a constant component a tiny deviation, and dividing by it would blow up its rounding errors.
        varies = np.ptp(learned, axis=0) > 0
        return cls(
            dim=observations.dim,
            mean=learned.mean(axis=0),
            deviation=np.where(varies, learned.std(axis=0), 1.0),
            component_names=component_names,
            time_unit=time_unit,
            time_step=float(np.median(intervals)),
            n_trajectories=observations.n_trajectories,
            n_learned_rows=int(observations.interpolation.sum(axis=1).max()),
            system=system,
        )
