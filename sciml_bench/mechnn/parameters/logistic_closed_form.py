"""Growth rates and capacities by least squares, as a method without epochs."""

from torch import nn

from sciml_bench.core.checks import require_integer
from sciml_bench.core.method import DirectMethod
from sciml_bench.data.views import WholeTrajectoriesView
from sciml_bench.mechnn.parameters.estimates import LogisticLeastSquares
from sciml_bench.mechnn.parameters.logistic_training import HEADLINE, require_populations


class LogisticClosedForm(DirectMethod):
    """`fitted_growth` for all trajectories.

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
