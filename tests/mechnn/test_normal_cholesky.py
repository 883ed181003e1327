"""All of N, the slack included, against dense algebra."""

import numpy as np
import pytest
import torch
from linear_ode_cases import random_inputs, written_out

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.solvers.block_solver import NormalCholesky


def right_sides(problem):
    shape = (problem.batch, problem.n_unknowns + 1)
    return np.random.default_rng(1).standard_normal(shape)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shared", [(), ("coefficients", "step_sizes")], ids=["one matrix each", "one for all"])
def test_it_solves_with_the_normal_matrix_of_the_rows(periodic, shared):
    inputs = random_inputs(n_states=2, n_steps=14, batch=3, shared=shared)
    problem = LinearODEProblem(*inputs, periodic=periodic)
    matrix, _ = written_out(inputs, periodic=periodic)
    b = right_sides(problem)
    # unknowns of unit length, for NumPy's digits
    length = np.linalg.norm(matrix, axis=1)
    scaled = matrix / length[:, None]
    expected = np.linalg.solve(scaled.mT @ scaled, (b / length)[..., None])[..., 0] / length
    found = NormalCholesky(problem)
    np.testing.assert_allclose(found.solve(torch.from_numpy(b)), expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.scale.expand(3, -1), 1 / length, rtol=1e-12)


def test_a_shift_is_added_to_the_diagonal_of_unknowns_of_unit_length():
    inputs = random_inputs(n_steps=14)
    problem = LinearODEProblem(*inputs)
    matrix, _ = written_out(inputs)
    normal, b = matrix.mT @ matrix, right_sides(problem)
    shifted = normal * (1 + 0.2 * np.eye(normal.shape[1]))
    expected = np.linalg.solve(shifted, b[..., None])[..., 0]
    found = NormalCholesky(problem, shift=0.2).solve(torch.from_numpy(b))
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_the_problem_and_the_unknown_that_no_row_determines_are_found():
    inputs = random_inputs(n_states=2, n_equations=2, initial_steps=0, batch=3)
    assert NormalCholesky(LinearODEProblem(*inputs)).undetermined() is None
    inputs.coefficients[2, :, :, 1] = 0.0  # a free state is known up to a polynomial
    member, unknown = NormalCholesky(LinearODEProblem(*inputs)).undetermined()
    assert member == 2
    assert unknown // 3 % 2 == 1
