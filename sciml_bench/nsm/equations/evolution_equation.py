"""Equations of fields that change in time on periodic axes, with a system that draws and solves them."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import require_integer, require_number
from sciml_bench.core.errors import DataError, SolverError
from sciml_bench.nsm.equations.equation import Equation, Parameters
from sciml_bench.systems.partial.periodic_evolution import (
    FEWEST_SOLVER_POINTS,
    PeriodicEvolution,
    RoughInitialFields,
    StepsTooLarge,
    StructuresTooFine,
)


class EvolutionEquation(Equation):
    """An equation whose random initial fields and reference solutions come from a system; a subclass sets `system`."""

    system: PeriodicEvolution

    @property
    def identity(self) -> str:
        """The system."""
        return repr(self.system)

    def draw_parameters(self, n_samples: int, seed: int) -> Parameters:
        """Initial fields (batch, *space)."""
        return self.system.random_parameters(n_samples, seed)

    def solve(self, parameters: Parameters, resolution: int, n_times: int) -> Float[np.ndarray, "batch time *space"]:
        """Pseudo-spectral, with exponential time differencing of the fourth order.

        Raises:
            DataError: fields too rough for `pde.solver_resolution`.
            SolverError: `pde.solver_resolution` or `pde.solver_step` does not do for the solutions.
        """
        times = np.linspace(0.0, 1.0, n_times)
        n_points, step = self.system.resolution, self.system.largest_step
        try:
            return self.system.reference(np.asarray(parameters, dtype=np.float64), times, resolution)
        except RoughInitialFields as error:
            raise DataError(
                f"pde.solver_resolution={n_points}: the initial fields hold waves that the reference solver does not "
                f"keep; {error.sufficient} points keep all of them, smoother fields (a larger pde.length_scale) need "
                "fewer"
            ) from error
        except StructuresTooFine as error:
            raise SolverError(
                f"pde.solver_resolution={n_points}: at time {error.time:g} the reference solution holds structures "
                f"that so few points do not carry; give more, or a smaller pde.solver_step (now {step:g}) if they are "
                "many, or a larger pde.viscosity"
            ) from error
        except StepsTooLarge as error:
            raise SolverError(
                f"pde.solver_step={step:g}: the reference solver broke down before time {error.time:g}; give a smaller "
                f"one, or a larger pde.solver_resolution (now {n_points}), or fields whose solution stays finite"
            ) from error


def require_solver(resolution: object, step: object) -> tuple[int, float]:
    """Return the points per axis and the largest step of a reference solver.

    Args:
        resolution: `pde.solver_resolution`.
        step: `pde.solver_step`.

    Raises:
        ConfigurationError: too few points, or a step that is not a positive number.
    """
    few = f"the reference solver needs at least {FEWEST_SOLVER_POINTS} points per axis"
    return (
        require_integer("pde.solver_resolution", resolution, FEWEST_SOLVER_POINTS, few),
        require_number("pde.solver_step", step, "give a positive number, the largest step in time"),
    )
