"""The method that finds equations in closed form, and what is asked of a record first and said of them at the end."""

import functools
import logging
import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from sciml_bench.core.budget import CpuBudget
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.core.kinds import require_arguments
from sciml_bench.core.method import DirectMethod
from sciml_bench.data.held_out import end_of
from sciml_bench.data.views import WholeTrajectoriesView
from sciml_bench.data.views.whole_trajectories_view import MOST_FLATTENED
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.closed_form_discovery import ClosedFormDiscovery, Discovery
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.findings.coefficients import with_errors
from sciml_bench.mechnn.discovery.findings.explanation import verdicts
from sciml_bench.mechnn.discovery.findings.few_rows import few_rows
from sciml_bench.mechnn.discovery.findings.invariants import invariants, told_apart
from sciml_bench.mechnn.discovery.findings.look_alikes import look_alikes
from sciml_bench.mechnn.discovery.flows.compilation import compile_ahead
from sciml_bench.mechnn.discovery.flows.flow_sensitivity import table_of
from sciml_bench.mechnn.discovery.integration import inputs_of, rows_of, with_acting
from sciml_bench.mechnn.discovery.rational.rational_library import RationalLibrary

log = logging.getLogger(__name__)


class FewComponents:
    """Base of methods that learn equations, of which there is one per component."""

    @classmethod
    def require_states(cls, state_shape: tuple[int, ...]) -> None:
        """Stop at states whose candidate terms would be too many.

        Raises:
            NotApplicableError: images, fields or more than twenty components.
        """
        if math.prod(state_shape) > MOST_FLATTENED:
            raise NotApplicableError(
                f"equations are discovered for states of at most {MOST_FLATTENED} components; these states have the "
                f"shape {tuple(state_shape)}: choose some with data.observe=[...], or another method: "
                "training=sequence learns from fields and bodies, train_koopman.py from any"
            )


def require_rows(library: BasisLibrary | RationalLibrary, view: WholeTrajectoriesView) -> None:
    """Stop at fewer than two rows for each candidate term, before anything is estimated.

    Raises:
        DataError: there are so few.
    """
    n_rows = int(view.train.rows.sum())
    if n_rows < 2 * library.n_terms:
        raise DataError(
            f"data: {n_rows} rows to learn from are too few for the {library.n_terms} candidate terms of the model; "
            f"give at least {2 * library.n_terms} rows, or a smaller model.degree or fewer components (data.observe)"
        )


class EquationDiscovery(FewComponents, DirectMethod):
    """Find equations without epochs.

    Args:
        model: the candidate terms.
        view: whole trajectories.
        **recipe: as in `ClosedFormDiscovery`.

    Raises:
        ConfigurationError: the model is no basis library, or a value is out of range.
    """

    takes_inputs: ClassVar[bool] = True
    headline: tuple[str, ...] = (
        "n_terms",
        "exact_support",
        "worst_coefficient_error",
        "one_step_residual",
        "noise_deviation",
        "forecast_relative_error",
    )

    def __init__(
        self, model: BasisLibrary | RationalLibrary | nn.Module, view: WholeTrajectoriesView, **recipe: Any
    ) -> None:
        super().__init__(view)
        if not isinstance(model, BasisLibrary | RationalLibrary):
            raise ConfigurationError("training=closed_form needs candidate terms: choose model=polynomials")
        if isinstance(model, RationalLibrary) and view.spec.dim_in:
            raise NotApplicableError("data.inputs: laws with a denominator take no inputs; choose model=polynomials")
        require_arguments(ClosedFormDiscovery, recipe, "training")
        require_rows(model, view)
        if table_of(model) is not None:
            compile_ahead()
        self.library, self.recipe = model, ClosedFormDiscovery(**recipe)
        self.discovery: Discovery | None = None
        self.invariants: tuple[str, ...] = ()
        self._redundant: Callable[[], tuple[str, ...]] = tuple
        self.look_alikes: tuple[str, ...] = ()

    def fit(self) -> None:
        """Find the equations, and say what they are.

        Raises:
            ConfigurationError, DataError: as in `ClosedFormDiscovery`.
        """
        self.find()
        self.look_for_invariants()
        for line in self.told:
            log.info("%s", line)

    def find(self) -> None:
        """Find the equations without a word.

        Raises:
            ConfigurationError, DataError: as in `ClosedFormDiscovery`.
        """
        train = self.view.train
        inputs = inputs_of(train)
        rows = [states for _, states in rows_of(train)]
        variables = torch.from_numpy(np.concatenate(rows) if inputs is None else with_acting(rows, inputs))
        if isinstance(self.library, BasisLibrary):
            whole = self.library
            self.library, determined = told_apart(whole, variables)
            self._redundant = functools.partial(invariants, whole, variables, determined)
        self.discovery = self.recipe(self.library, self.view.train, CpuBudget(self.cpu_seconds))
        if isinstance(self.library, BasisLibrary):
            chosen = np.asarray(self.discovery.equations.support.any(axis=1))
            self.look_alikes = look_alikes(self.library.names, self.library(variables).numpy(), chosen)

    def look_for_invariants(self) -> None:
        """Find what the record conserves, which takes a while where many terms are redundant."""
        self.invariants = self._redundant()

    @property
    def told(self) -> tuple[str, ...]:
        """The equations and what is to be said of them; nothing before they are found."""
        return () if self.discovery is None else (*self.discovery.equations.text, *self._remarks())

    def _remarks(self) -> tuple[str, ...]:
        if self.discovery is None:
            return ()
        constant = tuple(f"the record keeps {relation}" for relation in self.invariants)
        explained = verdicts(self.library.spec.component_names, self.discovery.explained)
        few = () if self.discovery.is_exact else few_rows(self.discovery.equations, int(self.view.train.rows.sum()))
        return constant + self.look_alikes + explained + few

    def learned(self) -> DiscoveredEquations:
        """The equations."""
        found = self.discovery
        if found is None:
            raise RuntimeError("No equations have been found yet: call fit() first.")
        past = end_of(self.view.record, DiscoveredEquations.longest_past)
        return DiscoveredEquations(
            found.equations.library,
            found.equations.coefficients,
            found.standard_errors,
            found.stiffness,
            past=past,
            invariants=self.invariants,
        )

    def record_entries(self) -> dict[str, Any]:
        """The equations, as a person reads them, and what is to be said of them."""
        if self.discovery is None:
            return {}
        entries: dict[str, Any] = {"equations": list(self.discovery.equations.text)}
        entries["coefficients"] = with_errors(self.discovery.equations, self.discovery.standard_errors)
        if self.invariants:
            entries["invariants"] = list(self.invariants)
        if self._remarks():
            entries["remarks"] = list(self._remarks())
        return entries
