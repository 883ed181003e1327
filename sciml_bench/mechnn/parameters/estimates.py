"""Estimators of growth rates and capacities, as plain objects, and the trajectories that their estimates explain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.stored.learned_file import load_module
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import PaddedTrajectories
from sciml_bench.mechnn.parameters.least_squares import fitted_growth
from sciml_bench.mechnn.parameters.logistic_network import LogisticNetwork
from sciml_bench.mechnn.parameters.recovered_parameters import RecoveredParameters


@runtime_checkable
class ExplainsTrajectories(Protocol):
    """What `ParameterEvaluation` scores."""

    def explained(self, trajectories: Trajectories) -> RecoveredParameters:
        """The parameters of every trajectory, and what they explain."""
        ...


class GrowthEstimator:
    """Base of the estimators."""

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
class LogisticNetworkEstimator(GrowthEstimator):
    """Networks that read the parameters from the observations.

    Args:
        network: trained.
    """

    network: LogisticNetwork

    def tensors(self) -> dict[str, Tensor]:
        """The weights."""
        return dict(self.network.state_dict())

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take what `tensors` gave."""
        load_module(self.network, tensors)

    @torch.no_grad()
    def explained(self, trajectories: Trajectories) -> RecoveredParameters:
        """By the networks."""
        observed = torch.from_numpy(populations(trajectories)).float()
        estimate = self.network(observed)
        parts = (estimate.growth_rates, estimate.capacities, estimate.states, estimate.smoothed)
        return RecoveredParameters(*(part.double().numpy() for part in parts))


@dataclass(frozen=True, eq=False)
class LogisticLeastSquares(GrowthEstimator):
    """Least squares through the block, trajectory by trajectory; nothing is learned from one for another.

    Args:
        spec: of the record, for its clock.
        taylor_order: highest derivative in Taylor's formula.
    """

    spec: RecordSpec
    taylor_order: int = 4

    def tensors(self) -> dict[str, Tensor]:
        """Nothing is learned."""
        return {}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Nothing is learned."""

    def explained(self, trajectories: Trajectories) -> RecoveredParameters:
        """By least squares."""
        return fitted_growth(torch.from_numpy(populations(trajectories)), trajectories.time_step, self.taylor_order)


def populations(trajectories: Trajectories) -> Float[np.ndarray, "batch time"]:
    """The observations of one component.

    Args:
        trajectories: as long as one another.
    """
    return PaddedTrajectories.of(trajectories).states[..., 0]
