"""Equations of motion from trajectories in closed form: integrated terms, least squares, and refinement where it pays.

1. Smoothing by the block where rows that are left out say that it helps (`block_smoothing`).
2. Sparse regression of the states on the terms that the block has integrated along windows (`weak_form`).
3. Where observations are noisy or far apart: states and coefficients together, with a constraint that is raised step by
   step, and terms chosen by the likelihood (`joint_estimation`, `term_selection`).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError
from sciml_bench.data import Observations
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary, require_full_rank
from sciml_bench.mechnn.discovery.block_smoothing import block_smoothed
from sciml_bench.mechnn.discovery.flow_sensitivity import flow
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations
from sciml_bench.mechnn.discovery.sparse_regression import sequential_thresholding
from sciml_bench.mechnn.discovery.term_selection import refine
from sciml_bench.mechnn.discovery.weak_form import integrated

log = logging.getLogger(__name__)

REFINEMENTS = ("auto", "always", "never")
SMOOTHINGS = ("auto", "none")
_INTEGRATION_TOLERANCE = 1e-6
_MOST_STEPS = 32
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
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"training.{name}={getattr(self, name)}: give a number greater than 0")
        if not 1 <= self.taylor_order <= 8:
            raise ConfigurationError(f"training.taylor_order={self.taylor_order}: give a whole number from 1 to 8")
        if self.window < 3:
            raise ConfigurationError(f"training.window={self.window}: give at least 3 rows")
        if self.refinement not in REFINEMENTS:
            raise ConfigurationError(f"training.refinement={self.refinement}: choose one of {', '.join(REFINEMENTS)}")
        is_weight = not isinstance(self.smoothing, bool | str) and self.smoothing > 0
        if not is_weight and self.smoothing not in SMOOTHINGS:
            raise ConfigurationError(
                f"training.smoothing={self.smoothing}: choose auto or none, or give the weight of the data"
            )

    def __call__(self, library: BasisLibrary, observations: Observations) -> "Discovery":
        """Find the equations of the rows that are learned from.

        Raises:
            ConfigurationError: the terms cannot be told apart on the data.
            DataError: a trajectory is shorter than three rows.
            TrainingError: no term is left.
            SolverError: the refinement broke down.
        """
        pieces = learned_rows(observations)
        smoothed, weights = zip(*(self._smoothed(*piece) for piece in pieces), strict=True)
        coefficients = self._regression(library, pieces, smoothed)
        start = JointEstimate(np.concatenate(smoothed), coefficients, coefficients != 0)
        record = integration_record(library, pieces, start.states, coefficients)
        residual = one_step_residual(record, start.states, coefficients)
        deviation = float(library.spec.deviation.mean())
        is_noisy = any(np.isfinite(weight) for weight in weights)
        wanted = is_noisy or not residual <= self.one_step_tolerance * deviation
        if self.refinement == "always" or (self.refinement == "auto" and wanted):
            estimate = refine(record, start, float(self.threshold), float(self.significance))
        else:
            estimate = start
        lengths = np.cumsum([len(times) for times, _ in pieces])[:-1]
        return Discovery(
            SparseEquations(library, estimate.coefficients),
            np.split(estimate.states, lengths),
            estimate.standard_errors,
            float(np.sqrt(np.mean((record.observed - estimate.states) ** 2))),
            one_step_residual(record, estimate.states, estimate.coefficients),
        )

    def _smoothed(
        self, times: Float[np.ndarray, " time"], states: Float[np.ndarray, "time dim"]
    ) -> tuple[Float[np.ndarray, "time dim"], float]:
        if self.smoothing == "none" or len(times) < 10:
            return states.copy(), float("inf")
        weight = None if self.smoothing == "auto" else float(self.smoothing)
        return block_smoothed(states, np.diff(times), weight)

    def _regression(
        self,
        library: BasisLibrary,
        pieces: Sequence[tuple[np.ndarray, np.ndarray]],
        smoothed: Sequence[np.ndarray],
    ) -> Float[np.ndarray, "terms dim"]:
        shortest = min(len(times) for times, _ in pieces)
        length = min(self.window, max(shortest // _FEWEST_WINDOWS, _SHORTEST_WINDOW), shortest)
        if length < 3:
            raise DataError(f"a trajectory has {length} rows to learn from; equations need at least 3")
        starts = [window_starts(len(times), length, length) for times, _ in pieces]
        steps, inputs, targets = (
            np.concatenate([part[first[:, None] + np.arange(n)] for part, first in zip(parts, starts, strict=True)])
            for parts, n in (
                ([np.diff(times) for times, _ in pieces], length - 1),
                (smoothed, length),
                ([states for _, states in pieces], length),
            )
        )
        is_regular = np.ptp(steps) <= 1e-9 * steps.mean()
        rates = library(torch.from_numpy(inputs))
        require_full_rank(library, rates.flatten(0, 1).numpy())
        integrals = integrated(rates, torch.from_numpy(steps[:1] if is_regular else steps), self.taylor_order)
        design = integrals.flatten(0, 1).numpy()
        centred = (targets - targets.mean(axis=1, keepdims=True)).reshape(-1, library.spec.dim)
        names = library.spec.component_names
        return sequential_thresholding(design, centred, float(self.threshold), names)[0]


@dataclass(frozen=True, eq=False)
class Discovery:
    """What was found.

    Args:
        equations: of motion.
        states: of every trajectory at the rows that were learned from, denoised.
        standard_errors: of the coefficients, from the refinement; None without one.
        residual_deviation: root of the mean square of observed minus denoised states: the noise.
        one_step_residual: root mean square by which the equations miss the next denoised state.
    """

    equations: SparseEquations
    states: list[np.ndarray]
    standard_errors: Float[np.ndarray, "terms dim"] | None
    residual_deviation: float
    one_step_residual: float

    def forecast_from_end(
        self, observations: Observations, time_step: float, n_steps: int
    ) -> dict[str, Float[np.ndarray, "batch ..."]]:
        """Integrate from the last denoised states on, first over the rows that were not learned from, if there are any.

        Args:
            observations: all rows.
            time_step: between the states of the forecast.
            n_steps: number of states.

        Returns:
            `times (batch, steps)` and `states (batch, steps, dim)`, the last observation not included.

        Raises:
            SolverError: the integration broke down.
        """
        times, states = [], []
        for row, denoised in enumerate(self.states):
            grid = observations.times[row]
            last_learned = grid[int(observations.interpolation[row].sum()) - 1]
            ahead = grid[int(observations.lengths[row]) - 1] + time_step * np.arange(1, n_steps + 1)
            try:
                found = self.equations.reference(denoised[-1], np.concatenate([[last_learned], ahead]))
            except SolverError as error:
                raise SolverError(f"the equations found lead to infinity: {error}") from error
            times.append(ahead)
            states.append(found[1:])
        return {"times": np.stack(times), "states": np.stack(states)}


def learned_rows(observations: Observations) -> list[tuple[np.ndarray, np.ndarray]]:
    """Times and states of every trajectory, as far as they are learned from."""
    return [
        (times[kept], states[kept])
        for times, states, kept in zip(observations.times, observations.states, observations.interpolation, strict=True)
    ]


def window_starts(n_rows: int, length: int, stride: int) -> Int[np.ndarray, " windows"]:
    """First rows of windows, the last one flush with the end.

    Args:
        n_rows: of the trajectory.
        length: of a window.
        stride: between two windows.
    """
    starts = np.arange(0, n_rows - length + 1, stride)
    return starts if starts[-1] == n_rows - length else np.append(starts, n_rows - length)


def integration_record(
    library: BasisLibrary,
    pieces: Sequence[tuple[np.ndarray, np.ndarray]],
    states: Float[np.ndarray, "rows dim"],
    coefficients: Float[np.ndarray, "terms dim"],
) -> NoisyRecord:
    """All trajectories in a row, with an integrator that is fine enough for some equations.

    Args:
        library: candidate terms.
        pieces: times and observed states of every trajectory.
        states: where the integrator is tried.
        coefficients: with which it is tried.
    """
    observed = np.concatenate([rows for _, rows in pieces])
    intervals = np.concatenate([np.append(np.diff(times), 0.0) for times, _ in pieces])[:-1]
    n_steps = _steps_per_interval(library, coefficients, states, intervals)
    return NoisyRecord(observed, intervals, library, n_steps)


def _steps_per_interval(
    library: BasisLibrary,
    coefficients: Float[np.ndarray, "terms dim"],
    states: Float[np.ndarray, "rows dim"],
    intervals: Float[np.ndarray, " intervals"],
) -> int:
    """So many Runge–Kutta steps that twice as many make no difference."""
    nothing = np.zeros_like(coefficients, dtype=bool)
    x, h = torch.from_numpy(states[:-1]), torch.from_numpy(intervals)
    n_steps = 1
    coarse = flow(library, coefficients, nothing, x, h, n_steps)[0]
    while n_steps < _MOST_STEPS:
        fine = flow(library, coefficients, nothing, x, h, 2 * n_steps)[0]
        if float((fine - coarse).abs().max()) <= _INTEGRATION_TOLERANCE * float(library.spec.deviation.mean()):
            break
        n_steps, coarse = 2 * n_steps, fine
    return n_steps


def one_step_residual(
    record: NoisyRecord, states: Float[np.ndarray, "rows dim"], coefficients: Float[np.ndarray, "terms dim"]
) -> float:
    """Root mean square of x_{n+1} − F(x_n), over rows and components.

    Args:
        record: gives the intervals and the integrator.
        states: x.
        coefficients: of the vector field.
    """
    x = torch.from_numpy(states)
    inside = record.intervals > 0
    nothing = np.zeros_like(coefficients, dtype=bool)
    arrived = flow(record.library, coefficients, nothing, x[:-1], torch.from_numpy(record.intervals), record.n_steps)[0]
    return float(np.sqrt(np.mean((arrived - x[1:]).numpy()[inside] ** 2)))
