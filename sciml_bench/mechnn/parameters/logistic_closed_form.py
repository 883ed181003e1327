"""The parameters of populations without any training: least squares through the block, trajectory by trajectory.

The solution of u′ = a ũ + b ũ² is linear in a and b, so with the data as ũ it is fitted to them by linear least
squares; then r = a and K = −a/b. All trajectories share one factorisation of the block.
"""

from typing import Any

import lightning.pytorch as pl
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.data import ObservationSpec
from sciml_bench.mechnn.discovery.weak_form import integrated
from sciml_bench.mechnn.parameters.parameter_recovery import (
    SCORED,
    ParameterRecovery,
    RecoveredParameters,
    require_populations,
)


def fitted_growth(
    observed: Float[Tensor, "batch time"], time_step: float, taylor_order: int = 4
) -> RecoveredParameters:
    """Growth rate and capacity of every trajectory; infinite where nothing slows the growth down.

    Args:
        observed: at regular times, in double precision.
        time_step: between two observations.
        taylor_order: highest derivative in Taylor's formula; the equation's order is 1.

    Raises:
        DataError: no trajectory approaches a capacity.
    """
    rates = torch.stack([observed, observed**2], dim=-1)
    steps = observed.new_full((1, observed.shape[1] - 1), time_step)
    integrals = integrated(rates, steps, taylor_order)
    mean = observed.mean(dim=1, keepdim=True)
    solution = torch.linalg.lstsq(integrals, (observed - mean)[..., None]).solution
    growth, brake = solution[..., 0].unbind(1)
    if not (brake < 0).any():
        raise DataError(
            "no trajectory is slowed down by its size (u′ = a u + b u² fits all of them best with b ≥ 0), so that "
            "their capacities are unknown: observe them for longer, or with less noise"
        )
    capacities = torch.where(brake < 0, -growth / brake, torch.inf)
    states = mean + (integrals @ solution)[..., 0]
    return RecoveredParameters(growth.numpy(), capacities.numpy(), states.numpy(), observed.numpy())


class LogisticClosedForm(Method):
    """`fitted_growth` for all trajectories; nothing is learned from one for another.

    Args:
        model: not used; there is no network.
        spec: of the data.
        taylor_order: highest derivative in Taylor's formula.

    Raises:
        ConfigurationError: the order is below 1.
    """

    headline: tuple[str, ...] = ("growth_rate_median_error_unseen", "capacity_median_error_unseen")

    def __init__(self, model: nn.Module, spec: ObservationSpec, *, taylor_order: int = 4) -> None:
        super().__init__()
        if taylor_order < 1:
            raise ConfigurationError(f"training.taylor_order={taylor_order}: give at least 1")
        self.spec, self.taylor_order = spec, taylor_order

    def fit_directly(self, data: pl.LightningDataModule) -> None:
        """Fit every trajectory of every split."""
        populations = require_populations(data, "logistic_closed_form")
        truth = {split: populations.populations(split) for split in SCORED}
        self._results = ParameterRecovery(
            truth,
            {
                split: fitted_growth(torch.from_numpy(part.observed), self.spec.time_step, self.taylor_order)
                for split, part in truth.items()
            },
        )

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """As for the networks; see `ParameterRecovery`."""
        return self._results.metrics

    def figures(self, data: pl.LightningDataModule) -> dict[str, Figure]:
        """As for the networks."""
        return self._results.figures

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """As for the networks."""
        return self._results.arrays
