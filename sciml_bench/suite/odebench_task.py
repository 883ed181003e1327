"""The two tasks of ODEBench: equations learned from one initial state, integrated from this one and from another.

d'Ascoli et al., ODEFormer (ICLR 2024). R² is that of its code, of all components together; integration begins at the
exact initial states of the file, and what comes is compared with the true solutions at all their times, also where rows
were dropped or noisy.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredNumber, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.data.capabilities import EquationDiscoverer, require_ability
from sciml_bench.data.odebench import OdeBench
from sciml_bench.data.odebench.systems_file import Solution
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.scores.equation_scores import coefficient_of_determination


@dataclass(frozen=True)
class OdeBenchTask:
    """The share of the systems that are reconstructed, and that generalise.

    Args:
        least_r2: from which on a solution counts as found.
    """

    least_r2: ConfiguredNumber = 0.9

    def __post_init__(self) -> None:
        require_number("evaluation.least_r2", self.least_r2, "give a number between 0 and 1")

    def require_record(self, record: Any, method: Method) -> None:
        """Stop before fits that could not be scored.

        Args:
            record: of all systems.
            method: not fitted yet.

        Raises:
            ConfigurationError: another record, or a single system.
        """
        if not isinstance(record, OdeBench) or not record.single_records:
            raise ConfigurationError("evaluation=OdeBenchTask scores data=odebench with data.system=all; choose these")

    def __call__(self, learned: Any, record: OdeBench) -> Results:
        """Both tasks; a fit that failed and an integration that leaves every bound count as not found.

        Args:
            learned: `LearnedFromEach`, equations of every system.
            record: of all systems.

        Raises:
            NotApplicableError: what was learned are no equations.
        """
        found = learned.by_name
        for member in found.values():
            if member is not None:
                require_ability(member, EquationDiscoverer)
        systems = {str(number): system for number, system in record.systems.items()}
        r2 = np.array([[_r2(found[name], solution) for solution in systems[name].solutions] for name in found])
        terms = np.array([np.nan if member is None else _n_terms(member) for member in found.values()])
        shares = np.mean(r2 > self.least_r2, axis=0)
        metrics = {
            "reconstructed_fraction": float(shares[0]),
            "generalised_fraction": float(shares[1]),
            "median_terms": float(np.nanmedian(terms)),
            "failed_fraction": float(np.mean(np.isnan(terms))),
        }
        arrays = {
            "system_names": np.array(list(found)),
            "reconstruction_r2": r2[:, 0],
            "generalisation_r2": r2[:, 1],
            "system_terms": terms,
        }
        return Results(metrics, arrays)


def _r2(learned: Any, solution: Solution) -> float:
    """Of the solution that begins at the first true row; nan where there is none."""
    if learned is None:
        return np.nan
    times, states = solution.times, solution.states
    past = Trajectories((states[:1],), float(np.median(np.diff(times))), "time", times=(times[:1],))
    forecast = learned.forecast(past, times[1:])
    return coefficient_of_determination(states, np.concatenate([states[:1], forecast.states[0]]))


def _n_terms(learned: EquationDiscoverer) -> int:
    return int(sum(np.count_nonzero(row) for row in learned.coefficient_table().values()))
