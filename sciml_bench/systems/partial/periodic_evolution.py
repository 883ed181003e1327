"""Dissipative evolution equations on the periodic unit interval or square, and one solver for all of them.

u_t = −λ u + N(u) with a decay rate λ for each Fourier mode and a quadratic N: Fourier–Galerkin in space, exact for
products (`dealiased_modes`), exponential Runge–Kutta of fourth order in time (`exponential_integrator`). The solver
refuses to return what its resolution cannot carry.
"""

from functools import partial

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber
from sciml_bench.core.errors import DataError, SolverError
from sciml_bench.systems.numerics.dealiased_modes import DealiasedModes, dealiased_modes
from sciml_bench.systems.numerics.exponential_integrator import ExponentialStep
from sciml_bench.systems.numerics.trigonometric_interpolation import interpolate_periodic
from sciml_bench.systems.partial.partial_differential_equation import PartialDifferentialEquation

_GRID_POINTS_PER_BATCH = 2**14
"""Fields are advanced together as long as they stay within a processor's cache."""
_LARGEST_LOSS = 1e-6
"""Part of an initial field, in the root mean square, that the kept modes may miss."""
_LARGEST_TAIL = 1e-3
"""Part of a solution, in the root mean square, that its highest eighth of frequencies may hold."""
FEWEST_SOLVER_POINTS = 8


class RoughInitialFields(DataError):
    """Initial fields hold frequencies that `solver_resolution` does not keep.

    Args:
        message: what a person reads.
        sufficient: a resolution that keeps every field on that many points.
    """

    def __init__(self, message: str, sufficient: int = 0) -> None:
        super().__init__(message)
        self.sufficient = sufficient


class EvolutionBrokeDown(SolverError):
    """The solution cannot be trusted from a time on.

    Args:
        message: what a person reads.
        time: at which it was noticed, as a fraction of the duration.
    """

    def __init__(self, message: str, time: float = 0.0) -> None:
        super().__init__(message)
        self.time = time


class StepsTooLarge(EvolutionBrokeDown):
    """The integration left the finite numbers: `solver_step` is too large for the fields."""


class StructuresTooFine(EvolutionBrokeDown):
    """The solution holds frequencies that `solver_resolution` does not carry."""


class PeriodicEvolution(PartialDifferentialEquation):
    """Base of the equations whose parameter is the field at the time 0.

    Times run from 0 to 1, as a fraction of `duration`.

    Attributes:
        viscosity: ν of the term ν Δu.
        duration: time that passes from 0 to 1.
        solver_resolution: points of the solver per axis; two thirds of their frequencies are kept.
        solver_step: of the solver, in the unit of `duration`; errors fall with its fourth power.
    """

    viscosity: ConfiguredNumber
    duration: ConfiguredNumber
    solver_resolution: ConfiguredInteger
    solver_step: ConfiguredNumber

    def reference(
        self,
        initial: Float[np.ndarray, "batch *grid"],
        times: Float[np.ndarray, " time"],
        n_points: int,
        *,
        refuse_unresolved: bool = True,
    ) -> Float[np.ndarray, "batch time *fine"]:
        """The solution at given times, at the points j / n_points of every axis.

        Args:
            initial: fields at the time 0 on a grid of any size, continued between its points by trigonometric
                interpolation.
            times: increasing, from 0 to 1.
            n_points: per axis, of the result.
            refuse_unresolved: whether to stop where `solver_resolution` cannot hold the fields or carry the solution.
                Without it such a solution is as inaccurate as its grid makes it, which comparisons of solvers ask for.

        Raises:
            DataError: initial fields of the wrong shape or not finite; `RoughInitialFields` if
                `solver_resolution` cannot hold them.
            ConfigurationError: times that do not increase or leave 0 to 1, or `n_points` below 1.
            SolverError: `StepsTooLarge` if the integration broke down, `StructuresTooFine` if the solution became too
                rough for `solver_resolution`.
        """
        times, initial = self._checked_times(times), self._checked_fields(initial)
        self._require_at_least_one(n_points=n_points)
        self._check_initial(initial)
        modes = dealiased_modes(self.solver_resolution, self.n_dims)
        solution = np.empty((len(initial), len(times)) + (n_points,) * self.n_dims)
        n_together = max(1, _GRID_POINTS_PER_BATCH // self.solver_resolution**self.n_dims)
        for start in range(0, len(initial), n_together):
            batch = slice(start, start + n_together)
            self._solve_batch(modes, initial[batch], times, solution[batch], refuse_unresolved)
        return solution

    def _solve_batch(
        self, modes: DealiasedModes, initial: np.ndarray, times: np.ndarray, solution: np.ndarray, refuse: bool
    ) -> None:
        fine = interpolate_periodic(initial, max(self.solver_resolution, initial.shape[1]), self.n_dims)
        state = modes.from_finer_grid(fine)
        if refuse:
            self._require_kept(fine, modes.norms(state), initial.shape[1])
        steps: dict[float, ExponentialStep] = {}
        decay = self._decay(modes)
        n_points = solution.shape[-1]
        now = 0.0
        for index, time in enumerate(times):
            passed = (time - now) * self.duration
            n_steps = int(np.ceil(passed / self.solver_step - 1e-9))
            if n_steps:
                size = round(passed / n_steps, 13)  # equal intervals share their coefficients
                if size not in steps:
                    steps[size] = ExponentialStep(decay, size)
                with np.errstate(over="ignore", invalid="ignore"):
                    state = steps[size].advance(state, partial(self._nonlinear, modes), n_steps)
                if refuse:
                    self._require_resolved(modes, state, time)
                else:
                    self._require_finite_values(state, time)
            now = time
            solution[:, index] = modes.at_points(state, n_points)

    def _require_kept(self, fine: np.ndarray, kept: np.ndarray, n_points: int) -> None:
        whole = np.sqrt((fine**2).mean(axis=tuple(range(1, fine.ndim))))
        if np.any(whole**2 - kept**2 > _LARGEST_LOSS**2 * whole**2):
            raise RoughInitialFields(
                f"{type(self).__name__}: initial fields on {n_points} points hold frequencies that "
                f"solver_resolution = {self.solver_resolution} does not keep: choose one above {3 * n_points // 2}, or "
                "smoother fields",
                3 * n_points // 2 + 1,
            )

    def _require_finite_values(self, values: np.ndarray, time: float) -> None:
        if not np.isfinite(values).all():
            raise StepsTooLarge(
                f"{type(self).__name__}: the integration broke down before time {time:g}: choose a smaller "
                f"solver_step than {self.solver_step:g} or a larger solver_resolution, or fields whose "
                "solution stays finite",
                float(time),
            )

    def _require_resolved(self, modes: DealiasedModes, state: np.ndarray, time: float) -> None:
        whole = modes.norms(state)
        self._require_finite_values(whole, time)
        tail = modes.norms(state, above=0.875 * (modes.n_kept - 1))
        if np.any(tail > _LARGEST_TAIL * whole):
            raise StructuresTooFine(
                f"{type(self).__name__}: at time {time:g} the solution holds structures that solver_resolution = "
                f"{self.solver_resolution} does not carry: choose a larger one, or a smaller solver_step if it is "
                "already large",
                float(time),
            )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_positive("viscosity", "duration", "solver_step")
        self._require_points("solver_resolution", FEWEST_SOLVER_POINTS)

    def _check_initial(self, initial: np.ndarray) -> None:
        """What an equation asks of its initial fields beyond shape and finite values."""

    def _decay(self, modes: DealiasedModes) -> np.ndarray:
        """λ of every mode."""
        return self.viscosity * modes.squared

    def _nonlinear(self, modes: DealiasedModes, state: np.ndarray) -> np.ndarray:
        """N(u) in modes."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it changes")
