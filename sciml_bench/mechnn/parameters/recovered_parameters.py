"""What is inferred from the observations of a population: its parameters, and what they explain."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class RecoveredParameters:
    """What was inferred from the observations of some trajectories.

    Args:
        growth_rates: r, in 1/time.
        capacities: K.
        states: the trajectories that these parameters explain.
        smoothed: the state on which the right side was evaluated.
    """

    growth_rates: Float[np.ndarray, " batch"]
    capacities: Float[np.ndarray, " batch"]
    states: Float[np.ndarray, "batch time"]
    smoothed: Float[np.ndarray, "batch time"]
