"""How well the parameters of many trajectories are recovered, on those that were learned from and on held-out ones."""

from dataclasses import dataclass

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.data.record import Record
from sciml_bench.data.views import PaddedTrajectories
from sciml_bench.mechnn.parameters.estimates import GrowthEstimator
from sciml_bench.scores.equation_scores import parameter_scores

SCORED = ("train", "test")


@dataclass(frozen=True)
class ParameterEvaluation:
    """Inferred beside true parameters; see `parameter_scores`.

    `state_rmse_clean_<part>`: root mean square difference of the explained trajectories to the true ones.
    """

    def __call__(self, learned: GrowthEstimator, record: Record) -> Results:
        """Score an estimator on a record.

        Raises:
            DataError: the true parameters are not known.
        """
        metrics: Metrics = {}
        arrays: dict[str, np.ndarray] = {}
        for part in SCORED:
            trajectories = record.part(part)
            if trajectories.parameters is None:
                raise DataError("the true parameters of these trajectories are not known; use data=logistic_growth")
            found, shown = learned.explained(trajectories), PaddedTrajectories.of(trajectories)
            plural = {"growth_rate": "growth_rates", "capacity": "capacities"}
            inferred = {"growth_rate": found.growth_rates, "capacity": found.capacities}
            for name, values in inferred.items():
                true = trajectories.parameters[name]
                metrics |= parameter_scores(name, values, true, part)
                arrays |= {f"{plural[name]}_{part}": true, f"inferred_{plural[name]}_{part}": values}
            if shown.clean is not None:
                error = float(np.sqrt(np.mean((found.states - shown.clean[..., 0]) ** 2)))
                metrics[f"state_rmse_clean_{part}"] = error
                arrays["clean"] = shown.clean[..., 0]
            arrays |= {"times": shown.times[0], "observed": shown.states[..., 0]}
            arrays |= {"states": found.states, "smoothed": found.smoothed}
        return Results(metrics, arrays, ("parameters", "explained_trajectories"))
