"""Conjugate gradients meet their tolerance, or say that they do not."""

import pytest
import torch
from linear_ode_cases import qr_solution, random_inputs

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.rows import product
from sciml_bench.mechnn.linear_ode.solvers.conjugate_gradient_solver import ConjugateGradientSolver


@pytest.mark.parametrize("tolerance", [1e-4, 1e-8])
def test_the_error_of_the_rows_is_within_the_tolerance(tolerance):
    inputs = random_inputs(order=3, n_states=2, n_steps=60)
    problem = LinearODEProblem(*inputs)
    solution = ConjugateGradientSolver(problem, tolerance).solution()
    states, slack = (torch.from_numpy(value) for value in qr_solution(inputs))
    exact = torch.cat([states.flatten(1), slack[:, None]], dim=1)
    wrong, whole = (
        torch.cat([row.flatten() for row in product(problem, inputs.coefficients, inputs.step_sizes, y)]).norm()
        for y in (solution - exact, exact)
    )
    assert wrong < 2 * tolerance * whole


def test_a_tolerance_that_is_not_met_is_an_error_with_what_was_reached():
    problem = LinearODEProblem(*random_inputs(order=4, n_states=2, n_steps=60))
    with pytest.raises(SolverError, match=r"residual of \d\.\de-\d\d in 8 iterations, .*asked for: use solver=band"):
        ConjugateGradientSolver(problem, max_iterations=8)
    with pytest.raises(SolverError, match=r"tolerance=1.0e-18 was asked for"):
        ConjugateGradientSolver(problem, 1e-18).solution()


@pytest.mark.parametrize("options", [{"tolerance": 0.0}, {"tolerance": 2.0}, {"max_iterations": 0}])
def test_a_tolerance_that_means_nothing_is_refused(options):
    with pytest.raises(ConfigurationError, match="tolerance lies between 0 and 1"):
        ConjugateGradientSolver(LinearODEProblem(*random_inputs()), **options)
