"""Equations of fields that change in time on periodic axes, with a system that draws and solves them."""

import dataclasses
import itertools
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import DataError, SolverError
from sciml_bench.data.views.fresh_parameters import Parameters
from sciml_bench.nsm.equations.equation import Equation, LinearPart, Solver
from sciml_bench.systems.partial.periodic_evolution import (
    FEWEST_SOLVER_POINTS,
    PeriodicEvolution,
    RoughInitialFields,
    StepsTooLarge,
    StructuresTooFine,
)

_SECONDS_PER_STEP, _SECONDS_PER_POINT = 1e-4, 1e-7
"""Of the reference solver [CPU, measured: 0.8e-4 s a step, and a point of a line 0.5e-7 s at 256 to 4096 of them, of a
plane 1.3e-7 s at 64² to 256²]."""


class EvolutionEquation(Equation):
    """An equation whose random initial fields and reference solutions come from a system that changes in time.

    Args:
        parameter_modes: waves per axis that hold an initial field.
        **settings: see `Equation`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    system: PeriodicEvolution
    parameter_modes_setting = "pde.parameter_modes"

    def __init__(self, parameter_modes: ConfiguredInteger = 41, **settings: Any) -> None:
        super().__init__(**settings)
        remedy = "give at least 3 waves that hold a field"
        waves = require_integer(self.parameter_modes_setting, parameter_modes, 3, remedy)
        self.parameter_modes = (waves,) * len(self.space_axes)
        self.linear_part = LinearPart(rate=1 / self.system.duration, diffusion=self.system.viscosity)

    def solvers(self, n_times: int) -> list[Solver]:
        """With all halvings of the points and doublings of the steps, as far as the times that are asked for allow."""
        system, space = self.system, len(self.space_axes)
        longest = system.duration / (n_times - 1)
        steps, points = [system.solver_step], [system.solver_resolution]
        while 2 * steps[-1] <= longest:
            steps.append(2 * steps[-1])
        while points[-1] // 2 >= FEWEST_SOLVER_POINTS:
            points.append(points[-1] // 2)
        settings = sorted(itertools.product(points, steps), key=lambda setting: setting[0] ** space / setting[1])
        times = np.linspace(0.0, 1.0, n_times)

        def solver(n_points: int, step: float) -> Solver:
            changed = dataclasses.replace(system, solver_resolution=n_points, solver_step=step)  # pyright: ignore[reportArgumentType]
            return lambda parameters, resolution: changed.reference(
                parameters, times, resolution, refuse_unresolved=False
            )

        return [solver(*setting) for setting in settings]

    def seconds_to_solve(self, count: int) -> float:
        """Steps times points, with what every step costs on its own."""
        steps = self.system.duration / self.system.solver_step
        points = count * float(self.system.solver_resolution) ** len(self.space_axes)
        return steps * (_SECONDS_PER_STEP + points * _SECONDS_PER_POINT)

    def solve(self, parameters: Parameters, resolution: int, n_times: int) -> Float[np.ndarray, "batch time *space"]:
        """Pseudo-spectral, with exponential time differencing of the fourth order.

        Raises:
            DataError: fields too rough for `pde.solver_resolution`.
            SolverError: `pde.solver_resolution` or `pde.solver_step` does not do for the solutions.
        """
        times = np.linspace(0.0, 1.0, n_times)
        n_points, step = self.system.solver_resolution, self.system.solver_step
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
