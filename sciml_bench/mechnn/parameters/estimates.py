"""What is inferred from the observations of populations: their parameters, and the trajectories that these explain."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.stored.learned_file import LearnedModule
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import PaddedTrajectories
from sciml_bench.mechnn.parameters.logistic_network import LogisticNetwork


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


class GrowthEstimator:
    """Base of the estimators of growth rates and capacities, which `ParameterEvaluation` scores."""

    def explained(self, trajectories: Trajectories) -> RecoveredParameters:
        """The parameters of every trajectory, and what they explain.

        Args:
            trajectories: of one component, as long as one another.
        """
        raise NotImplementedError(f"{type(self).__name__} must define explained()")

    def estimate(self, trajectories: Trajectories) -> dict[str, Float[np.ndarray, " batch"]]:
        """`growth_rate`, in 1/time, and `capacity` of every trajectory.

        Args:
            trajectories: of one component, as long as one another.
        """
        found = self.explained(trajectories)
        return {"growth_rate": found.growth_rates, "capacity": found.capacities}


@dataclass(frozen=True, eq=False)
class LogisticNetworkEstimator(LearnedModule, GrowthEstimator):
    """Networks that read the parameters from the observations.

    Args:
        model: the networks, trained.
    """

    model: LogisticNetwork

    @torch.no_grad()
    def explained(self, trajectories: Trajectories) -> RecoveredParameters:
        """By the networks."""
        estimate = self.model(torch.from_numpy(populations(trajectories)).float())
        parts = (estimate.growth_rates, estimate.capacities, estimate.states, estimate.smoothed)
        return RecoveredParameters(*(part.double().numpy() for part in parts))


def populations(trajectories: Trajectories) -> Float[np.ndarray, "batch time"]:
    """The observations of one component.

    Args:
        trajectories: as long as one another.
    """
    return PaddedTrajectories.of(trajectories).states[..., 0]
