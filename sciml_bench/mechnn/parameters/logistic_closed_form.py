"""The parameters of populations without any training: least squares through the block, trajectory by trajectory.

The solution of u′ = a ũ + b ũ² is linear in a and b, so with the data as ũ it is fitted to them by linear least
squares; then r = a and K = −a/b. All trajectories share one factorisation of the block.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import DataError
from sciml_bench.core.method import DirectMethod
from sciml_bench.data import RecordSpec, Trajectories, WholeTrajectoriesView
from sciml_bench.mechnn.linear_ode.integral import integrated
from sciml_bench.mechnn.parameters.logistic_training import HEADLINE, require_populations
from sciml_bench.mechnn.parameters.parameter_recovery import GrowthEstimator, RecoveredParameters, populations


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
    growth, brake = _fitted(integrals, observed - mean)
    if not (brake < 0).any():
        raise DataError(
            "no trajectory is slowed down by its size (u′ = a u + b u² fits all of them best with b ≥ 0), so that "
            "their capacities are unknown: observe them for longer, or with less noise"
        )
    capacities = torch.where(brake < 0, -growth / brake, torch.inf)
    states = mean + growth[:, None] * integrals[..., 0] + brake[:, None] * integrals[..., 1]
    return RecoveredParameters(growth.numpy(), capacities.numpy(), states.numpy(), observed.numpy())


def _fitted(
    columns: Float[Tensor, "batch time 2"], target: Float[Tensor, "batch time"]
) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
    """Coefficients of two columns by least squares, by Gram–Schmidt.

    The last digits of LAPACK's solution depend on where in memory it works; a restored estimator must give them all.
    """
    first, second = columns.unbind(-1)
    norm = first.square().sum(dim=1, keepdim=True).sqrt()
    direction = first / norm
    overlap = (direction * second).sum(dim=1, keepdim=True)
    rest = second - overlap * direction
    along = (direction * target).sum(dim=1, keepdim=True)
    coefficient = (rest * (target - along * direction)).sum(dim=1, keepdim=True) / rest.square().sum(1, keepdim=True)
    return ((along - coefficient * overlap) / norm)[:, 0], coefficient[:, 0]


@dataclass(frozen=True, eq=False)
class LogisticLeastSquares(GrowthEstimator):
    """`fitted_growth` of any trajectories; nothing is learned from one for another.

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


class LogisticClosedForm(DirectMethod):
    """Growth rates and capacities as a method without epochs.

    Args:
        model: not used; there is no network.
        view: whole trajectories.
        taylor_order: highest derivative in Taylor's formula.

    Raises:
        ConfigurationError: the order is below 1, or other data.
    """

    headline: tuple[str, ...] = HEADLINE

    def __init__(self, model: nn.Module, view: WholeTrajectoriesView, *, taylor_order: int = 4) -> None:
        super().__init__(view)
        require_populations(view, "logistic_closed_form")
        self.taylor_order = require_integer("training.taylor_order", taylor_order, 1, "give at least 1")

    def fit(self) -> None:
        """Nothing is learned from one trajectory for another."""

    def learned(self) -> LogisticLeastSquares:
        """The estimator."""
        return LogisticLeastSquares(self.view.spec, self.taylor_order)
