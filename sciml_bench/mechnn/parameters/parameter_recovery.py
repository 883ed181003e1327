"""How well the parameters of many trajectories are recovered, on those that were learned from and on unseen ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from lightning.pytorch import LightningDataModule

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.types import Metrics
from sciml_bench.data import LogisticTrajectories
from sciml_bench.data.logistic_trajectories import Populations

SCORED = ("training", "unseen")


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


@dataclass(frozen=True, eq=False)
class ParameterRecovery:
    """Inferred beside true parameters.

    Args:
        truth: of every split that is scored.
        recovered: the same trajectories.
    """

    truth: dict[str, Populations]
    recovered: dict[str, RecoveredParameters]

    @property
    def metrics(self) -> Metrics:
        """Relative errors |r̂/r − 1| and |K̂/K − 1| over trajectories, and errors of the trajectories themselves.

        `growth_rate_median_error_unseen`, `growth_rate_quantile_90_error_unseen`, the same for `capacity`, and all with
        `_training`. `capacity_unknown_fraction_…`: trajectories without a finite capacity, which count as infinitely
        wrong; left out where there are none. `state_rmse_clean_…`: root mean square difference of the explained
        trajectories to the true ones.
        """
        metrics: Metrics = {}
        for split, truth in self.truth.items():
            found = self.recovered[split]
            pairs = {
                "growth_rate": (found.growth_rates, truth.growth_rates),
                "capacity": (found.capacities, truth.capacities),
            }
            for name, (inferred, true) in pairs.items():
                errors = np.abs(inferred / true - 1)
                metrics[f"{name}_median_error_{split}"] = float(np.median(errors))
                metrics[f"{name}_quantile_90_error_{split}"] = float(np.quantile(errors, 0.9))
            unknown = float(np.mean(~np.isfinite(found.capacities)))
            if unknown:
                metrics[f"capacity_unknown_fraction_{split}"] = unknown
            metrics[f"state_rmse_clean_{split}"] = float(np.sqrt(np.mean((found.states - truth.clean) ** 2)))
        return metrics

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Parameters of all scored trajectories; the curves of the unseen ones, and the names of the pictures."""
        arrays: dict[str, np.ndarray] = {}
        for split, truth in self.truth.items():
            found = self.recovered[split]
            arrays[f"growth_rates_{split}"] = truth.growth_rates
            arrays[f"inferred_growth_rates_{split}"] = found.growth_rates
            arrays[f"capacities_{split}"] = truth.capacities
            arrays[f"inferred_capacities_{split}"] = found.capacities
        truth, found = self.truth["unseen"], self.recovered["unseen"]
        curves = {"times": truth.times, "observed": truth.observed, "clean": truth.clean}
        curves |= {"states": found.states, "smoothed": found.smoothed}
        return {**arrays, **curves, "pictures": np.array(["parameters", "explained_trajectories"])}

    @property
    def figures(self) -> dict[str, Any]:
        """Inferred against true parameters, and some trajectories, none of them seen in training."""
        from sciml_bench.drawing import pictures_of

        return pictures_of(self.arrays)


def require_populations(data: LightningDataModule, training: str) -> LogisticTrajectories:
    """Stop where the data have no parameters to recover.

    Args:
        data: of the run.
        training: the choice, for the message.

    Raises:
        ConfigurationError: other data.
    """
    if not isinstance(data, LogisticTrajectories):
        raise ConfigurationError(f"training={training} infers growth rates and capacities of data=logistic_growth")
    return data
