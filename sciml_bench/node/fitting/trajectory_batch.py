"""Trajectories as the tensors of one batch: where they start, when they are seen, what was seen, what counts."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sciml_bench.data import Observations


@dataclass(frozen=True, eq=False)
class TrajectoryBatch:
    """One row per trajectory or segment.

    Args:
        times: one increasing grid per row, also where nothing counts.
        initial_states: states at the first time.
        states: what was observed.
        counts: which points the error is taken over.
    """

    times: Float[np.ndarray, "batch time"]
    initial_states: Float[Tensor, "batch dim"]
    states: Float[Tensor, "batch time dim"]
    counts: Bool[Tensor, "batch time"]

    @classmethod
    def of(
        cls, observations: Observations, counts: Bool[np.ndarray, "batch time"], dtype: torch.dtype
    ) -> "TrajectoryBatch":
        """The rows of some observations.

        Args:
            observations: the trajectories.
            counts: which points the error is taken over.
            dtype: of the states.
        """
        return cls(
            observations.times,
            torch.from_numpy(observations.initial_states).to(dtype, copy=True),  # a method may start elsewhere
            torch.from_numpy(observations.states).to(dtype),
            torch.from_numpy(np.ascontiguousarray(counts)),
        )

    def mean_squared_error(self, prediction: Float[Tensor, "members batch time dim"]) -> Float[Tensor, " members"]:
        """Mean over the points that count and all components, for every member."""
        return mean_squared_error(prediction, self.states, self.counts)


def mean_squared_error(
    prediction: Float[Tensor, "*members batch time dim"],
    target: Float[Tensor, "batch time dim"],
    counts: Bool[Tensor, "batch time"],
) -> Float[Tensor, "*members"]:
    """Σ (prediction − target)² over the points that count, divided by the number of their components."""
    squares = (prediction - target).square().sum(dim=-1)
    # where() and not a product: what does not count may be infinite
    total = torch.where(counts, squares, 0.0).sum(dim=(-2, -1))
    return total / (int(counts.sum()) * target.shape[-1])
