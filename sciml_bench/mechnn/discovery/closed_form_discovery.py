"""Equations of motion from trajectories in closed form: integrated terms, least squares, and refinement where it pays.

1. Smoothing by the block where rows that are left out say that it helps (`block_smoothing`).
2. Sparse regression of the states on the terms that the block has integrated along windows (`linear_ode.integral`).
3. Where observations are noisy or far apart: states and coefficients together, with a constraint that is raised step by
   step, and terms chosen by the likelihood (`joint_estimation`, `term_selection`).
"""

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
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.core.kinds import require_arguments
from sciml_bench.core.method import DirectMethod
from sciml_bench.data.held_out import end_of
from sciml_bench.data.views import InputSignals, PaddedTrajectories, WholeTrajectoriesView
from sciml_bench.data.views.whole_trajectories_view import MOST_FLATTENED
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary, distinct_terms, require_full_rank
from sciml_bench.mechnn.discovery.block_smoothing import block_smoothed
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.integration import (
    inputs_of,
    integrated_along,
    integration_record,
    one_step_residual,
    rows_of,
    windows_of,
)
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations
from sciml_bench.mechnn.discovery.term_selection import refine, sequential_thresholding
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
        threshold: a coefficient of smaller absolute value is dropped.
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

    threshold: float | int = 0.1
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
        if require_integer("training.taylor_order", self.taylor_order, 1, _ORDERS) > _HIGHEST_ORDER:
            raise ConfigurationError(f"training.taylor_order={self.taylor_order}: {_ORDERS}.")
        require_integer("training.window", self.window, 3, "give at least 3 rows")
        require_choice("training.refinement", self.refinement, REFINEMENTS)
        if self.smoothing not in SMOOTHINGS:
            require_number("training.smoothing", self.smoothing, "choose auto or none, or give the weight of the data")

    def __call__(self, library: BasisLibrary, trajectories: PaddedTrajectories) -> "Discovery":
        """Find the equations of some trajectories.

        Raises:
            ConfigurationError: the terms cannot be told apart on the data.
            DataError: a trajectory is shorter than three rows.
            TrainingError: no term is left.
            SolverError: the refinement broke down.
        """
        pieces, inputs = rows_of(trajectories), inputs_of(trajectories)
        if self.smoothing == "none":
            smoothed, weights = [states for _, states in pieces], [float("inf")]
        else:
            given = None if self.smoothing == "auto" else float(self.smoothing)
            found = [block_smoothed(states, np.diff(times), given) for times, states in pieces]
            smoothed, weights = zip(*found, strict=True)
        coefficients = self._regression(library, pieces, smoothed, inputs)
        start = JointEstimate(np.concatenate(smoothed), coefficients, coefficients != 0)
        record = integration_record(library, pieces, start.states, coefficients, inputs)
        residual = one_step_residual(record, start.states, coefficients)
        largest = self.one_step_tolerance * float(library.spec.deviation.mean())
        wanted = bool(np.isfinite(weights).any()) or not residual <= largest
        estimate = start
        if self.refinement == "always" or (self.refinement == "auto" and wanted):
            estimate = refine(record, start, float(self.threshold), float(self.significance))
        lengths = np.cumsum([len(times) for times, _ in pieces])[:-1]
        return Discovery(
            SparseEquations(library, estimate.coefficients),
            np.split(estimate.states, lengths),
            estimate.standard_errors,
            float(np.sqrt(np.mean((record.observed - estimate.states) ** 2))),
            one_step_residual(record, estimate.states, estimate.coefficients),
            estimate.stiffness if estimate is not start else None,
        )

    def _regression(
        self,
        library: BasisLibrary,
        pieces: list[tuple[np.ndarray, np.ndarray]],
        smoothed: Sequence[np.ndarray],
        inputs: Sequence[InputSignals] | None,
    ) -> Float[np.ndarray, "terms dim"]:
        shortest = min(len(times) for times, _ in pieces)
        length = min(self.window, max(shortest // _FEWEST_WINDOWS, _SHORTEST_WINDOW), shortest)
        if length < 3:
            raise DataError(f"a trajectory has {length} rows to learn from; equations need at least 3")
        of_smoothed = [(times, states) for (times, _), states in zip(pieces, smoothed, strict=True)]
        targets = windows_of(pieces, length, length)[1].numpy()
        if inputs is None:
            steps, windows = windows_of(of_smoothed, length, length)
            rates = library(windows)
            require_full_rank(library, rates.flatten(0, 1).numpy())
            design = integrated(rates, steps, self.taylor_order).flatten(0, 1).numpy()
        else:
            driven = [(*part, one) for part, one in zip(of_smoothed, inputs, strict=True)]
            variables = np.concatenate([np.concatenate([states, one.values[0]], axis=1) for _, states, one in driven])
            require_full_rank(library, library(torch.from_numpy(variables)).numpy())
            integrals = [(times, integrated_along(library, times, states, one)) for times, states, one in driven]
            windows = windows_of(integrals, length, length)[1].numpy()
            design = (windows - windows.mean(axis=1, keepdims=True)).reshape(-1, library.n_terms)
        centred = (targets - targets.mean(axis=1, keepdims=True)).reshape(-1, library.spec.dim)
        return sequential_thresholding(design, centred, float(self.threshold), library.spec.component_names)[0]


@dataclass(frozen=True, eq=False)
class Discovery:
    """What was found.

    Args:
        equations: of motion.
        states: of every trajectory at the rows that were learned from, denoised.
        standard_errors: of the coefficients, from the refinement; None without one.
        residual_deviation: root of the mean square of observed minus denoised states: the noise.
        one_step_residual: root mean square by which the equations miss the next denoised state.
        stiffness: μ of the refinement; None without one.
    """

    equations: SparseEquations
    states: list[np.ndarray]
    standard_errors: Float[np.ndarray, "terms dim"] | None
    residual_deviation: float
    one_step_residual: float
    stiffness: float | None = None


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


def require_rows(library: BasisLibrary, view: WholeTrajectoriesView) -> None:
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

    def __init__(self, model: BasisLibrary | nn.Module, view: WholeTrajectoriesView, **recipe: Any) -> None:
        super().__init__(view)
        if not isinstance(model, BasisLibrary):
            raise ConfigurationError("training=closed_form needs candidate terms: choose model=polynomials")
        require_arguments(ClosedFormDiscovery, recipe, "training")
        require_rows(model, view)
        self.library, self.recipe = model, ClosedFormDiscovery(**recipe)
        self.discovery: Discovery | None = None

    def fit(self) -> None:
        """Find the equations.

        Raises:
            ConfigurationError, DataError, TrainingError, SolverError: as in `ClosedFormDiscovery`.
        """
        train = self.view.train
        acting = [] if train.inputs is None else [train.inputs.values[train.rows]]
        variables = torch.from_numpy(np.concatenate([train.states[train.rows], *acting], axis=1))
        if len(variables) >= self.library.n_terms:
            self.library = distinct_terms(self.library, self.library(variables).numpy())
        self.discovery = self.recipe(self.library, self.view.train)

    def learned(self) -> DiscoveredEquations:
        """The equations."""
        found = self.discovery
        if found is None:
            raise RuntimeError("No equations have been found yet: call fit() first.")
        coefficients = found.equations.coefficients
        past = end_of(self.view.record, DiscoveredEquations.longest_past)
        return DiscoveredEquations(self.library, coefficients, found.standard_errors, found.stiffness, past=past)

    def record_entries(self) -> dict[str, Any]:
        """The equations, as a person reads them."""
        return {} if self.discovery is None else {"equations": list(self.discovery.equations.text)}
