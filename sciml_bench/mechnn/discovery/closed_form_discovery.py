"""Equations of motion from trajectories in closed form: integrated terms, least squares, and refinement where it pays.

1. Smoothing by the block where rows that are left out say that it helps (`block_smoothing`).
2. Sparse regression of the states on the terms that the block has integrated along windows (`linear_ode.integral`);
   where rows are clean, but too far apart for that, its coefficients carry them from row to row (`row_to_row`).
3. Where observations are noisy or far apart: states and coefficients together, with a constraint that is raised step by
   step, and terms chosen by the likelihood (`joint_estimation`, `term_selection`).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.budget import CpuBudget
from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.views import InputSignals, PaddedTrajectories
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary, require_full_rank
from sciml_bench.mechnn.discovery.block_smoothing import block_smoothed
from sciml_bench.mechnn.discovery.integration import (
    inputs_of,
    integrated_along,
    one_step_residual,
    rows_of,
    windows_of,
    with_acting,
)
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate
from sciml_bench.mechnn.discovery.rational.rational_fit import rational_laws
from sciml_bench.mechnn.discovery.rational.rational_library import RationalEquations, RationalLibrary, system_of
from sciml_bench.mechnn.discovery.refinement import Refinement
from sciml_bench.mechnn.discovery.selection.row_to_row import carrying_rows
from sciml_bench.mechnn.discovery.selection.sparse_regression import SparseFit, sparse_regression
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations
from sciml_bench.mechnn.discovery.units import ScaledLibrary, ScaledRows, Units
from sciml_bench.mechnn.linear_ode.integral import integrated

log = logging.getLogger(__name__)

CLEAN_ALONE = "clean"
REFINEMENTS = ("auto", "always", "never", CLEAN_ALONE)
SMOOTHINGS = ("auto", "none")
_HIGHEST_ORDER = 8
_ORDERS = "give a whole number from 1 to 8"
# noise in the terms biases long integrals more than short ones, and few windows leave little to average over
_FEWEST_WINDOWS, _SHORTEST_WINDOW = 4, 10
_PERFECT = 1e-9
"""In standard deviations of the states: laws that miss the next row by less are taken as they are."""


@dataclass(frozen=True)
class ClosedFormDiscovery:
    """The recipe.

    Args:
        threshold: a term is dropped without which less than this part of the derivative is lost.
        taylor_order: K of the block; more is more accurate for smooth data.
        window: rows along which terms are integrated, at most; shorter where a trajectory has fewer than four of them.
        smoothing: `auto`, `none`, or the weight of the data (see `block_smoothed`).
        refinement: `auto`, `always`, `never`, or `clean` for the quick one of clean rows alone; `auto` refines where
            the data were smoothed, or the equations do not carry one row to the next within `one_step_tolerance`.
        one_step_tolerance: in standard deviations of the states.
        significance: of a term in the refinement, in standard errors.

    Raises:
        ConfigurationError: a value is out of range.
    """

    threshold: float | int = 0.003
    taylor_order: int = 5
    window: int = 50
    smoothing: str | float | int = "auto"
    refinement: ConfiguredWord = "auto"
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

    def __call__(
        self, library: BasisLibrary | RationalLibrary, trajectories: PaddedTrajectories, budget: CpuBudget | None = None
    ) -> "Discovery":
        """Find the equations of some trajectories.

        Args:
            library: the candidate terms.
            trajectories: to learn from.
            budget: within which a refinement is to end; what was found before it is kept otherwise.

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
            choice = "never"  # the denominators would stay as they are
        else:
            scaled, choice = ScaledLibrary.of(library, states_and_inputs), self.refinement
            problem = self._regression(scaled, observed, smoothed, window, inputs)
            law = sparse_regression(*problem, float(self.threshold), float(self.significance), window)
        estimate = JointEstimate(together, law.coefficients, law.support, standard_errors=law.standard_errors)
        refinement = Refinement(scaled, observed, inputs, window, budget or CpuBudget())
        laws = refinement.judged(estimate)
        residual = one_step_residual(laws.record, estimate.states, estimate.coefficients)
        if choice in ("auto", CLEAN_ALONE) and problem is not None and not is_noisy and not residual <= _PERFECT:
            limits = (float(each) for each in (self.one_step_tolerance, self.threshold, self.significance))
            fine = replace(laws.record, n_steps=2 * laws.record.n_steps, budget=refinement.budget)
            carrying = carrying_rows(fine, estimate, *limits)
            if carrying.mean_square <= min(residual, self.one_step_tolerance) ** 2:
                laws, residual = refinement.judged(carrying), float(np.sqrt(carrying.mean_square))
                estimate = laws.estimate
        wanted, refined = is_noisy or not residual <= self.one_step_tolerance, None
        if problem is not None and (choice == "always" or (choice == "auto" and wanted)):
            # noise in the terms makes chance look significant; the refinement knows of it, and chooses among all
            broad = sparse_regression(*problem, float(self.threshold), 0.0, window)
            start = JointEstimate(together, broad.coefficients, broad.support)
            refined = refinement.refined(laws, start, float(self.threshold), float(self.significance))
        laws = refined or laws
        record, estimate = laws.record, laws.estimate
        misfit, errors = units.deviation * (record.observed - estimate.states), estimate.standard_errors
        return Discovery(
            system_of(library, scaled.in_units_of_the_record(estimate.coefficients)),
            [units.deviation * part for part in laws.states],
            scaled.in_units_of_the_record(np.zeros_like(estimate.coefficients) if errors is None else errors),
            float(np.sqrt(np.mean(misfit**2))),
            one_step_residual(record, estimate.states, estimate.coefficients, units.deviation),
            laws.explained,
            None if refined is None else estimate.stiffness,
            not wanted and refined is None,
        )

    def _window(self, shortest: int) -> int:
        length = min(self.window, max(shortest // _FEWEST_WINDOWS, _SHORTEST_WINDOW), shortest)
        if length < 3:
            raise DataError(f"data.split: a trajectory has {length} rows to learn from; equations need 3 or more")
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
