"""Equations in whichever candidate terms forecast the validation part best, all within one budget.

More terms explain more of what was learned from, so that only rows that were not learned from can choose. Every library
is tried without the long refinement of noisy rows; the best of them are then refined as long as time is
left. A law that already carries each row to the next as it is ends the search: none that is longer is wanted.
"""

import logging
import math
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_bench.core.budget import CpuBudget
from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError, SolverError
from sciml_bench.core.kinds import require_arguments
from sciml_bench.core.method import DirectMethod
from sciml_bench.data.files.short_files import too_few_to_choose_by
from sciml_bench.data.views import WholeTrajectoriesView
from sciml_bench.mechnn.discovery.choice.library_choice import LibraryChoice
from sciml_bench.mechnn.discovery.closed_form_discovery import CLEAN_ALONE, ClosedFormDiscovery
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.equation_discovery import EquationDiscovery, FewComponents
from sciml_bench.mechnn.discovery.flows.compilation import compile_ahead
from sciml_bench.scores.forecasting.held_out_error import validation_error

log = logging.getLogger(__name__)

_REFINED = 2
"""Libraries whose laws are refined, at most."""


@dataclass(frozen=True, eq=False)
class _Tried:
    """Laws in one library, refined or not, and the error of their forecasts."""

    name: str
    method: EquationDiscovery
    error: float

    @property
    def is_exact(self) -> bool:
        return self.method.discovery is not None and self.method.discovery.is_exact


class HeldOutChoice(FewComponents, DirectMethod):
    """Find equations without epochs, in the candidate terms that held-out forecasts choose.

    Args:
        model: the candidate terms to choose from.
        view: whole trajectories.
        n_starts: of the forecasts that choose.
        **recipe: as in `ClosedFormDiscovery`.

    Raises:
        ConfigurationError: another model, or a value is out of range.
    """

    takes_inputs: ClassVar[bool] = True
    needs_validation: ClassVar[bool] = True
    headline: tuple[str, ...] = EquationDiscovery.headline

    def __init__(self, model: LibraryChoice, view: WholeTrajectoriesView, *, n_starts: int = 5, **recipe: Any) -> None:
        super().__init__(view)
        if not isinstance(model, LibraryChoice):
            raise ConfigurationError("training=held_out_choice chooses among libraries: choose model=library_choice")
        require_arguments(ClosedFormDiscovery, recipe, "training")
        self.libraries, self.recipe, self.refinement = model.libraries, recipe, ClosedFormDiscovery(**recipe).refinement
        compile_ahead()
        self.n_starts = require_integer("training.n_starts", n_starts, 1, "give at least 1 forecast")
        self._tried: list[_Tried] = []

    def fit(self) -> None:
        """Find the equations.

        Raises:
            NotApplicableError: nothing is held out.
            DataError: too few rows for any library, or there is no law in one, with the reasons.
        """
        if "validation" not in self.view.record.splits:
            raise NotApplicableError(
                "training=held_out_choice: nothing is held out; set data.split.validation above 0, or for a record of "
                "few rows choose training=closed_form model=polynomials and a small model.degree"
            )
        n_rows, fewest = int(self.view.train.rows.sum()), 2 * min(each.n_terms for each in self.libraries.values())
        if n_rows < fewest:
            raise too_few_to_choose_by(f"{n_rows} rows to learn from", fewest)
        budget, refused, longest = CpuBudget(self.cpu_seconds), [], 0.0
        first_look = "never" if self.refinement == "never" else CLEAN_ALONE
        self._tried = []
        for number, name in enumerate(self.libraries):
            if self._tried and self._tried[-1].is_exact:
                break
            if self._tried and budget.remaining < longest:
                of = len(self.libraries)
                log.warning("trainer.cpu_seconds is spent with %d of %d libraries tried", number, of)
                break
            begun = time.process_time()
            try:
                self._tried.append(self._laws(name, budget, refinement=first_look))
            except (ConfigurationError, DataError, SolverError) as error:
                refused.append(f"{name}: {error}")
            longest = max(longest, time.process_time() - begun)
        if not self._tried:
            raise DataError(f"there is no law in any of the candidate terms; {'; '.join(refused)}")
        for first in sorted(self._tried, key=lambda each: each.error)[:_REFINED]:
            if first.is_exact or self.refinement in ("never", CLEAN_ALONE) or budget.remaining <= 0:
                break
            try:
                self._tried.append(self._laws(first.name, budget))
            except (ConfigurationError, DataError, SolverError) as error:
                log.warning("%s: the refinement is left out: %s", first.name, error)
        self._best.method.look_for_invariants()
        log.info("of %d libraries %s forecasts best", len({each.name for each in self._tried}), self._best.name)
        for line in self._best.method.told:
            log.info("%s", line)

    def _laws(self, name: str, budget: CpuBudget, **changed: Any) -> _Tried:
        method = EquationDiscovery(self.libraries[name], self.view, **{**self.recipe, **changed})
        method.cpu_seconds = None if math.isinf(budget.remaining) else max(budget.remaining, 0.0)
        method.find()
        return _Tried(name, method, validation_error(method.learned(), self.view.record, self.n_starts))

    @property
    def _best(self) -> _Tried:
        if not self._tried:
            raise RuntimeError("No equations have been found yet: call fit() first.")
        return min(self._tried, key=lambda each: each.error)

    def learned(self) -> DiscoveredEquations:
        """The equations."""
        return self._best.method.learned()

    def record_entries(self) -> dict[str, Any]:
        """The equations, which library they are written in, and the errors that chose it."""
        if not self._tried:
            return {}
        errors = {each.name: each.error for each in self._tried if math.isfinite(each.error)}
        return {**self._best.method.record_entries(), "library": self._best.name, "validation_errors": errors}
