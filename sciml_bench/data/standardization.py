"""Standardisation of states: (x - mean) / deviation per component, with statistics of the training split only."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from sciml_bench.data.lazy_states import iterate_blocks, read_block
from sciml_bench.data.trajectories import Trajectories


@dataclass(frozen=True, eq=False)
class Standardization:
    """An affine change of units and its inverse.

    Args:
        mean: mean of each component over the training split.
        deviation: standard deviation of each component; 1 for a component that never changes.
    """

    mean: Float[np.ndarray, "*state"]
    deviation: Float[np.ndarray, "*state"]

    @classmethod
    def fit(cls, trajectories: Trajectories) -> "Standardization":
        """Statistics of all states in one pass over blocks, in float64."""
        mean, variance = mean_and_variance(trajectories)
        return cls(mean=mean, deviation=np.where(variance > 0, np.sqrt(variance), 1.0))

    def transform(self, states: Shaped[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
        """From the data's own units to standardised ones."""
        return (states - self.mean) / self.deviation

    def inverse(self, states: Shaped[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
        """From standardised units back to the data's own."""
        return states * self.deviation + self.mean

    def apply(self, trajectories: Trajectories) -> Trajectories:
        """The same trajectories and truth in standardised units; what lies on disk is transformed as it is read."""
        return trajectories.mapped(self.transform)


def mean_and_variance(trajectories: Trajectories) -> tuple[Float[np.ndarray, "*state"], Float[np.ndarray, "*state"]]:
    """Of every component over all states that have all their values, in one pass over blocks, in float64.

    Deviations from the first state are accumulated, because the textbook sum of squares loses all digits where the
    mean is large against the deviation.
    """
    trajectories = trajectories.without_missing_rows()
    origin = read_block(trajectories.states[0], 0, 1)[0].astype(np.float64)
    total = square = np.zeros(trajectories.state_shape)
    for states in trajectories.states:
        for _, block in iterate_blocks(states):
            values = block - origin
            total = total + values.sum(axis=0)
            square = square + (values**2).sum(axis=0)
    shift = total / trajectories.n_states
    return origin + shift, np.maximum(square / trajectories.n_states - shift**2, 0)
