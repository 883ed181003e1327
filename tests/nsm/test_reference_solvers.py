"""What a reference solver cannot do is said with the settings that a person has."""

import numpy as np
import pytest

from sciml_bench.core.errors import DataError, SolverError
from sciml_bench.nsm.equations import Burgers, NavierStokes, ReactionDiffusion
from sciml_bench.nsm.equations.evolution_equation import EvolutionEquation


@pytest.mark.parametrize("kind", [Burgers, NavierStokes])
def test_solutions_too_fine_for_the_solver_name_its_points_and_its_step(kind: type[EvolutionEquation]):
    equation = kind(viscosity=1e-4, solver_resolution=64, solver_step=0.01)
    field = (2 if kind is Burgers else 8) * equation.draw_parameters(1, 0)
    with pytest.raises(
        SolverError, match=r"pde\.solver_resolution=64: at time 1 .*pde\.solver_step \(now 0\.01\).*pde\.viscosity"
    ):
        equation.solve(field, 8, 2)


def test_steps_that_break_down_name_themselves():
    with pytest.raises(SolverError, match=r"pde\.solver_step=0\.02: .* pde\.solver_resolution \(now 32\)"):
        ReactionDiffusion(solver_resolution=32, solver_step=0.02).solve(np.full((1, 16), -0.5), 16, 2)


@pytest.mark.parametrize("kind", [Burgers, ReactionDiffusion, NavierStokes])
def test_fields_too_rough_for_the_solver_name_the_points_that_hold_them(kind: type[EvolutionEquation]):
    equation = kind(solver_resolution=32)
    rough = np.random.default_rng(0).standard_normal((1,) + (32,) * len(equation.space_axes))
    rough -= rough.mean()
    with pytest.raises(DataError, match=r"pde\.solver_resolution=32: .*; 49 points keep all of them"):
        equation.solve(rough, 8, 3)
    there = kind(solver_resolution=49).system.reference(rough, np.array([0.0]), 32)[:, 0]
    np.testing.assert_allclose(there, rough, atol=1e-12)
