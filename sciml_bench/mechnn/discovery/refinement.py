"""Laws that were found, their refinement, and the components of which there is no law.

A component that no candidate term explains, such as a switch, would be noise to the joint estimate, and the largest:
what the other components ask for would be lost in it. They are refined once more beside its values as observed.
"""

import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.core.budget import BudgetSpentError, CpuBudget
from sciml_bench.core.errors import SolverError
from sciml_bench.data.views import InputSignals
from sciml_bench.mechnn.discovery.findings.explanation import LEAST_EXPLAINED, explained_variance
from sciml_bench.mechnn.discovery.integration import integration_record
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord, linearize
from sciml_bench.mechnn.discovery.selection.sparser_laws import implausibilities
from sciml_bench.mechnn.discovery.selection.term_selection import refine
from sciml_bench.mechnn.discovery.units import ScaledLibrary, ScaledRows

log = logging.getLogger(__name__)

_USUAL_STEPS, _TOLD = 100, 60.0
"""Linearizations of a refinement, of which 23 to 155 were counted, and CPU seconds beyond which it is told."""


@dataclass(frozen=True, eq=False)
class Laws:
    """An estimate, the record that it was made from, and the part of every component's change that it explains."""

    record: NoisyRecord
    estimate: JointEstimate
    states: list[np.ndarray]
    explained: Float[np.ndarray, " dim"]


@dataclass(frozen=True, eq=False)
class Refinement:
    """Of laws of some trajectories.

    Args:
        library: candidate terms, scaled.
        observed: times and states of every trajectory, scaled.
        inputs: what acts on every trajectory, where something does.
        window: rows along which the change is looked at.
        budget: within which the search is to end.
    """

    library: ScaledLibrary
    observed: Sequence[ScaledRows]
    inputs: Sequence[InputSignals] | None
    window: int
    budget: CpuBudget = field(default_factory=CpuBudget)

    def judged(self, estimate: JointEstimate, record: NoisyRecord | None = None) -> Laws:
        """An estimate beside what it explains.

        Args:
            estimate: of states and coefficients.
            record: with an integrator that is fine enough for it; None finds one.
        """
        if record is None:
            tried = estimate.states, estimate.coefficients
            record = integration_record(self.library, self.observed, *tried, self.inputs)
        ends = np.cumsum([len(times) for times, _ in self.observed])[:-1]
        parts = np.split(estimate.states, ends)
        data = self.observed, parts, self.window, self.inputs
        return Laws(record, estimate, parts, explained_variance(self.library, estimate.coefficients, *data))

    def refined(self, found: Laws, start: JointEstimate, threshold: float, significance: float) -> Laws | None:
        """Refined laws; None, with a warning, where that leads to none that hold from row to row.

        Args:
            found: before.
            start: where to begin.
            threshold: as in `refine`.
            significance: as in `refine`.
        """
        options = threshold, significance
        reason = "the refinement did not find equations that hold from row to row"
        try:
            self._tell_time(start)
            refined = self._from(start, *options)
        except BudgetSpentError:
            log.warning("trainer.cpu_seconds is spent before the refinement has ended; these are the laws before it")
            return None
        if refined is not None and not (refined.explained >= np.minimum(found.explained, 0.0)).all():
            refined = None
        if refined is not None and _cancels(found, refined, significance):
            refined, reason = None, "the refinement led to terms that cancel and explain too little for it"
        lawless = ~((refined or found).explained >= LEAST_EXPLAINED)
        if lawless.any() and not lawless.all():
            apart = None
            with contextlib.suppress(BudgetSpentError):
                apart = self._from(start.without(np.broadcast_to(lawless, start.support.shape)), *options, lawless)
            if apart is not None and (apart.explained >= LEAST_EXPLAINED)[~lawless].all():
                refined = _together(apart, found, lawless)
        if refined is None:
            log.warning("%s; it is left out", reason)
        return refined

    def _tell_time(self, start: JointEstimate) -> None:
        """Say beforehand that a refinement takes more than a minute."""
        begun, record = time.process_time(), self._record(start)
        with contextlib.suppress(SolverError):
            linearize(record, start)
        seconds = _USUAL_STEPS * (time.process_time() - begun)
        if seconds > _TOLD:
            log.warning(
                "refining %d coefficients together with %d rows of %d components takes about %.2g minutes; "
                "trainer.cpu_seconds=60 ends it earlier, training.refinement=never leaves it out, and a smaller "
                "model.degree or fewer data.delays make it shorter",
                start.support.sum(),
                *start.states.shape,
                seconds / 60,
            )

    def _record(self, start: JointEstimate, lawless: Bool[np.ndarray, " dim"] | None = None) -> NoisyRecord:
        return replace(self.judged(start).record, lawless=lawless, budget=self.budget)

    def _from(
        self,
        start: JointEstimate,
        threshold: float,
        significance: float,
        lawless: Bool[np.ndarray, " dim"] | None = None,
    ) -> Laws | None:
        record = self._record(start, lawless)
        with contextlib.suppress(SolverError):  # what leaves every bound on the way is no law either
            return self.judged(refine(record, start, threshold, significance), record)
        return None


def _cancels(found: Laws, refined: Laws, significance: float) -> bool:
    """Whether the terms of a component cancel more than they explain beside what was found before.

    What they explain may be a little less: the regression before aimed at just that, and not at the noise in its terms.
    """
    before, after = (implausibilities(laws.record, laws.estimate) for laws in (found, refined))
    gain = len(found.record.observed) * np.log(_left(found) / _left(refined))
    return bool((after - before > significance**2 + np.maximum(gain, 0.0)).any())


def _left(laws: Laws) -> Float[np.ndarray, " dim"]:
    return np.maximum(1.0 - laws.explained, np.finfo(float).eps)


def _together(apart: Laws, found: Laws, lawless: Bool[np.ndarray, " dim"]) -> Laws:
    """The laws that were refined apart, and for the other components what was found before."""
    mixed = {
        name: np.where(lawless, getattr(found.estimate, name), getattr(apart.estimate, name))
        for name in ("coefficients", "support", "standard_errors")
    }
    return replace(
        apart,
        record=replace(apart.record, lawless=None),
        estimate=replace(apart.estimate, **mixed),
        explained=np.where(lawless, found.explained, apart.explained),
    )
