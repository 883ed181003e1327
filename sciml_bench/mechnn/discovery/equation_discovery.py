"""Discovery as a run: a data set, a basis library and a recipe give equations, metrics, figures and a forecast."""

from typing import Any, ClassVar, cast

import lightning.pytorch as pl
import numpy as np
from matplotlib.figure import Figure
from torch import nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.types import Metrics
from sciml_bench.data import ObservationSpec, ObservedTrajectories
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.closed_form_discovery import ClosedFormDiscovery, Discovery
from sciml_bench.mechnn.discovery.discovery_evaluation import DiscoveryEvaluation


class EquationDiscovery(Method):
    """Find equations without epochs.

    Args:
        model: the candidate terms.
        spec: of the data.
        **recipe: as in `ClosedFormDiscovery`.

    Raises:
        ConfigurationError: the model is no basis library, or a value is out of range.
    """

    monitor: ClassVar[str | None] = None
    headline: tuple[str, ...] = (
        "n_terms",
        "exact_support",
        "worst_coefficient_error",
        "one_step_residual",
        "noise_deviation",
        "forecast_relative_error",
    )

    def __init__(self, model: BasisLibrary | nn.Module, spec: ObservationSpec, **recipe: Any) -> None:
        super().__init__()
        if not isinstance(model, BasisLibrary):
            raise ConfigurationError("training=closed_form needs candidate terms: choose model=polynomials")
        self.library, self.spec = model, spec
        self.recipe = ClosedFormDiscovery(**recipe)
        self._results: DiscoveryEvaluation | None = None

    def fit_directly(self, data: ObservedTrajectories) -> None:
        """Find the equations.

        Raises:
            ConfigurationError, DataError, TrainingError, SolverError: as in `ClosedFormDiscovery`.
        """
        self.discovery: Discovery = self.recipe(self.library, data.observations)

    def evaluate(self, data: pl.LightningDataModule) -> Metrics:
        """See `DiscoveryEvaluation.metrics`."""
        self._results = DiscoveryEvaluation(self.discovery, cast(ObservedTrajectories, data).observations)
        return self._results.metrics

    def figures(self, data: pl.LightningDataModule) -> dict[str, Figure]:
        """Coefficients, trajectories, phase portrait."""
        return {} if self._results is None else self._results.figures

    def arrays(self, data: pl.LightningDataModule) -> dict[str, Any]:
        """Observed and denoised states, forecast, coefficients."""
        return {} if self._results is None else self._results.arrays

    def record_entries(self) -> dict[str, Any]:
        """The equations, as a person reads them."""
        return {"equations": list(self.discovery.equations.text)}

    def forecast_from_end(self, data: pl.LightningDataModule, n_steps: int) -> dict[str, np.ndarray]:
        """Integrate the equations from the last state of every trajectory on.

        Args:
            data: after its `setup()`.
            n_steps: number of states, one time step apart.

        Returns:
            `times (batch, steps)` and `states (batch, steps, dim)`, the last observation not included.

        Raises:
            SolverError: the integration broke down.
        """
        observations = cast(ObservedTrajectories, data).observations
        return self.discovery.forecast_from_end(observations, self.spec.time_step, n_steps)
