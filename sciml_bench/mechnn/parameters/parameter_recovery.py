"""Parameters inferred from observations of populations, the trajectories that these explain, and how good both are.

Scored are the trajectories that were learned from and held-out ones.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.data import PaddedTrajectories, Record, Trajectories
from sciml_bench.scores.equation_scores import parameter_scores

SCORED = ("train", "test")


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
        """`growth_rate`, in 1/time, and `capacity` of every trajectory, all of one component and one length."""
        found = self.explained(trajectories)
        return {"growth_rate": found.growth_rates, "capacity": found.capacities}


def populations(trajectories: Trajectories) -> Float[np.ndarray, "batch time"]:
    """The observations of one component, from trajectories as long as one another."""
    return PaddedTrajectories.of(trajectories).states[..., 0]


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
            for name, plural in (("growth_rate", "growth_rates"), ("capacity", "capacities")):
                values, true = getattr(found, plural), trajectories.parameters[name]
                metrics |= parameter_scores(name, values, true, part)
                arrays |= {f"{plural}_{part}": true, f"inferred_{plural}_{part}": values}
            if shown.clean is not None:
                arrays["clean"] = shown.clean[..., 0]
                metrics[f"state_rmse_clean_{part}"] = float(np.sqrt(np.mean((found.states - arrays["clean"]) ** 2)))
            arrays |= {"times": shown.times[0], "observed": shown.states[..., 0]}
            arrays |= {"states": found.states, "smoothed": found.smoothed}
        return Results(metrics, arrays, ("parameters", "explained_trajectories"))
