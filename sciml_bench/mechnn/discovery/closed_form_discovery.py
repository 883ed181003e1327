"""Equations of motion from trajectories in closed form: integrated terms, least squares, and refinement where it pays.

1. Smoothing by the block where rows that are left out say that it helps (`block_smoothing`).
2. Sparse regression of the states on the terms that the block has integrated along windows (`linear_ode.integral`).
3. Where observations are noisy or far apart: states and coefficients together, with a constraint that is raised step by
   step, and terms chosen by the likelihood (`joint_estimation`, `term_selection`).
"""

import contextlib
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from sciml_bench.core.checks import require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError, SolverError
from sciml_bench.core.kinds import require_arguments
from sciml_bench.core.method import DirectMethod
from sciml_bench.data.held_out import end_of
from sciml_bench.data.views import InputSignals, PaddedTrajectories, WholeTrajectoriesView
from sciml_bench.data.views.whole_trajectories_view import MOST_FLATTENED
from sciml_bench.mechnn.discovery.basis_library import (
    BasisLibrary,
    determined_terms,
    indistinct_terms,
    require_full_rank,
    without,
)
from sciml_bench.mechnn.discovery.block_smoothing import block_smoothed
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.findings.coefficients import with_errors
from sciml_bench.mechnn.discovery.findings.explanation import explained_variance, verdicts
from sciml_bench.mechnn.discovery.findings.few_rows import few_rows
from sciml_bench.mechnn.discovery.findings.invariants import invariants
from sciml_bench.mechnn.discovery.findings.look_alikes import look_alikes
from sciml_bench.mechnn.discovery.integration import (
    inputs_of,
    integrated_along,
    integration_record,
    one_step_residual,
    rows_of,
    windows_of,
    with_acting,
)
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate
from sciml_bench.mechnn.discovery.rational.rational_fit import rational_laws
from sciml_bench.mechnn.discovery.rational.rational_library import RationalEquations, RationalLibrary, system_of
from sciml_bench.mechnn.discovery.selection.sparse_regression import SparseFit, sparse_regression
from sciml_bench.mechnn.discovery.selection.term_selection import refine
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations
from sciml_bench.mechnn.discovery.units import ScaledLibrary, ScaledRows, Units
from sciml_bench.mechnn.linear_ode.integral import integrated

log = logging.getLogger(__name__)

REFINEMENTS = ("auto", "always", "never")
SMOOTHINGS = ("auto", "none")
_HIGHEST_ORDER = 8
_ORDERS = "give a whole number from 1 to 8"
# noise in the terms biases long integrals more than short ones, and few windows leave little to average over
_FEWEST_WINDOWS, _SHORTEST_WINDOW = 4, 10


@dataclass(frozen=True)
class ClosedFormDiscovery:
    """The recipe.

    Args:
        threshold: a term is dropped without which less than this part of the derivative is lost.
        taylor_order: K of the block; more is more accurate for smooth data.
        window: rows along which terms are integrated, at most; shorter where a trajectory has fewer than four of them.
        smoothing: `auto`, `none`, or the weight of the data (see `block_smoothed`).
        refinement: `auto`, `always` or `never`; `auto` refines where the data were smoothed, or the equations do not
            carry one row to the next within `one_step_tolerance`.
        one_step_tolerance: in standard deviations of the states.
        significance: of a term in the refinement, in standard errors.

    Raises:
        ConfigurationError: a value is out of range.
    """

    threshold: float | int = 0.003
    taylor_order: int = 5
    window: int = 50
    smoothing: str | float | int = "auto"
    refinement: str = "auto"
    one_step_tolerance: float | int = 1e-5
    significance: float | int = 4.0

    def __post_init__(self) -> None:
        """Check the choices."""
        for name in ("threshold", "one_step_tolerance", "significance"):
            require_number(f"training.{name}", getattr(self, name), "give a number greater than 0")
        if self.threshold >= 1:
            raise ConfigurationError(
                f"training.threshold={self.threshold:g}: give a part of the derivative, less than 1."
            )
        if require_integer("training.taylor_order", self.taylor_order, 1, _ORDERS) > _HIGHEST_ORDER:
            raise ConfigurationError(f"training.taylor_order={self.taylor_order}: {_ORDERS}.")
        require_integer("training.window", self.window, 3, "give at least 3 rows")
        require_choice("training.refinement", self.refinement, REFINEMENTS)
        if self.smoothing not in SMOOTHINGS:
            require_number("training.smoothing", self.smoothing, "choose auto or none, or give the weight of the data")

    def __call__(self, library: BasisLibrary | RationalLibrary, trajectories: PaddedTrajectories) -> "Discovery":
        """Find the equations of some trajectories.

        Raises:
            ConfigurationError: the terms cannot be told apart on the data.
            DataError: a trajectory is shorter than three rows.
        """
        units, inputs = Units.of(library.spec), inputs_of(trajectories)
        observed = [units.scaled(*piece) for piece in rows_of(trajectories)]
        if self.smoothing == "none":
            smoothed, weights = [states for _, states in observed], [float("inf")]
        else:
            given = None if self.smoothing == "auto" else float(self.smoothing)
            found = [block_smoothed(states, np.diff(times), given) for times, states in observed]
            smoothed, weights = zip(*found, strict=True)
        is_noisy, together = bool(np.isfinite(weights).any()), np.concatenate(smoothed)
        window, own = self._window(min(len(times) for times, _ in observed)), [units.deviation * s for s in smoothed]
        states_and_inputs = np.concatenate(own) if inputs is None else with_acting(own, inputs)
        problem: tuple[np.ndarray, np.ndarray] | None = None
        if isinstance(library, RationalLibrary):
            settings = (window, self.taylor_order, float(self.threshold), float(self.significance))
            library, law = rational_laws(library, observed, smoothed, *settings)
            scaled = ScaledLibrary.of(library)
            law = SparseFit(*(scaled.scaled_coefficients(part) for part in (law.coefficients, law.standard_errors)))
            refinement = "never"  # the denominators would stay as they are
        else:
            scaled, refinement = ScaledLibrary.of(library, states_and_inputs), self.refinement
            problem = self._regression(scaled, observed, smoothed, window, inputs)
            law = sparse_regression(*problem, float(self.threshold), float(self.significance), window)
        estimate = JointEstimate(together, law.coefficients, law.support, standard_errors=law.standard_errors)
        record = integration_record(scaled, observed, estimate.states, estimate.coefficients, inputs)
        residual = one_step_residual(record, estimate.states, estimate.coefficients)
        wanted = is_noisy or not residual <= self.one_step_tolerance
        is_refined = refinement == "always" or (refinement == "auto" and wanted)
        states = _parts(estimate.states, observed)
        explained = explained_variance(scaled, estimate.coefficients, observed, states, window, inputs)
        if is_refined and problem is not None:
            # noise in the terms makes chance look significant; the refinement knows of it, and chooses among all
            broad = sparse_regression(*problem, float(self.threshold), 0.0, window)
            start = JointEstimate(together, broad.coefficients, broad.support)
            joint = integration_record(scaled, observed, start.states, start.coefficients, inputs)
            is_refined = False
            with contextlib.suppress(SolverError):  # what leaves every bound on the way is no law either
                refined = refine(joint, start, float(self.threshold), float(self.significance))
                parts = _parts(refined.states, observed)
                better = explained_variance(scaled, refined.coefficients, observed, parts, window, inputs)
                is_refined = bool((better >= np.minimum(explained, 0.0)).all())
                if is_refined:
                    record, estimate, states, explained = joint, refined, parts, better
            if not is_refined:
                log.warning("the refinement did not find equations that hold from row to row; it is left out")
        misfit, errors = units.deviation * (record.observed - estimate.states), estimate.standard_errors
        return Discovery(
            system_of(library, scaled.in_units_of_the_record(estimate.coefficients)),
            [units.deviation * part for part in states],
            scaled.in_units_of_the_record(np.zeros_like(estimate.coefficients) if errors is None else errors),
            float(np.sqrt(np.mean(misfit**2))),
            one_step_residual(record, estimate.states, estimate.coefficients, units.deviation),
            explained,
            estimate.stiffness if is_refined else None,
            not (wanted or is_refined),
        )

    def _window(self, shortest: int) -> int:
        length = min(self.window, max(shortest // _FEWEST_WINDOWS, _SHORTEST_WINDOW), shortest)
        if length < 3:
            raise DataError(f"a trajectory has {length} rows to learn from; equations need at least 3")
        return length

    def _regression(
        self,
        library: ScaledLibrary,
        observed: Sequence[ScaledRows],
        smoothed: Sequence[np.ndarray],
        window: int,
        inputs: Sequence[InputSignals] | None,
    ) -> tuple[Float[np.ndarray, "rows terms"], Float[np.ndarray, "rows dim"]]:
        of_smoothed = [(times, states) for (times, _), states in zip(observed, smoothed, strict=True)]
        targets = windows_of(observed, window, window)[1].numpy()
        if inputs is None:
            steps, windows = windows_of(of_smoothed, window, window)
            rates = library(windows)
            require_full_rank(library.names, rates.flatten(0, 1).numpy())
            design = integrated(rates, steps, self.taylor_order).flatten(0, 1).numpy()
        else:
            require_full_rank(library.names, library(torch.from_numpy(with_acting(smoothed, inputs))).numpy())
            driven = zip(of_smoothed, inputs, strict=True)
            integrals = [(times, integrated_along(library, times, rows, one)) for (times, rows), one in driven]
            along = windows_of(integrals, window, window)[1].numpy()
            design = (along - along.mean(axis=1, keepdims=True)).reshape(-1, library.n_terms)
        centred = (targets - targets.mean(axis=1, keepdims=True)).reshape(-1, library.spec.dim)
        return design, centred


def _parts(states: Float[np.ndarray, "rows dim"], observed: Sequence[ScaledRows]) -> list[Float[np.ndarray, "_ dim"]]:
    """The rows of each trajectory."""
    return np.split(states, np.cumsum([len(times) for times, _ in observed])[:-1])


@dataclass(frozen=True, eq=False)
class Discovery:
    """What was found.

    Args:
        equations: of motion.
        states: of every trajectory at the rows that were learned from, denoised.
        standard_errors: of the coefficients.
        residual_deviation: root of the mean square of observed minus denoised states: the noise.
        one_step_residual: root mean square by which the equations miss the next denoised state.
        explained: part of the variance of each component's change that the equations explain.
        stiffness: μ of the refinement; None without one.
        is_exact: whether they carry one row to the next as they are, within the tolerance.
    """

    equations: SparseEquations | RationalEquations
    states: list[np.ndarray]
    standard_errors: Float[np.ndarray, "terms dim"]
    residual_deviation: float
    one_step_residual: float
    explained: Float[np.ndarray, " dim"]
    stiffness: float | None = None
    is_exact: bool = False


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
                f"shape {tuple(state_shape)}: training=sequence learns from fields and bodies, train_koopman.py from "
                "any"
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
            raise ConfigurationError("data.inputs: laws with a denominator take no inputs; choose model=polynomials")
        require_arguments(ClosedFormDiscovery, recipe, "training")
        require_rows(model, view)
        self.library, self.recipe = model, ClosedFormDiscovery(**recipe)
        self.discovery: Discovery | None = None
        self.invariants: tuple[str, ...] = ()
        self.look_alikes: tuple[str, ...] = ()

    def fit(self) -> None:
        """Find the equations.

        Raises:
            ConfigurationError, DataError: as in `ClosedFormDiscovery`.
        """
        train = self.view.train
        inputs = inputs_of(train)
        rows = [states for _, states in rows_of(train)]
        variables = torch.from_numpy(np.concatenate(rows) if inputs is None else with_acting(rows, inputs))
        if isinstance(self.library, BasisLibrary) and len(variables) >= self.library.n_terms:
            values = self.library(variables).numpy()
            determined = determined_terms(self.library, values)
            self.invariants = invariants(self.library, variables, determined)
            self.library = without(self.library, determined + indistinct_terms(self.library, values, determined))
        self.discovery = self.recipe(self.library, self.view.train)
        if isinstance(self.library, BasisLibrary):
            chosen = np.asarray(self.discovery.equations.support.any(axis=1))
            self.look_alikes = look_alikes(self.library.names, self.library(variables).numpy(), chosen)
        for line in (*self.discovery.equations.text, *self._remarks()):
            log.info("%s", line)

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
