"""The reference solver against NumPy's least squares."""

import numpy as np
import pytest
import torch
from linear_ode_cases import random_inputs, written_out

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.solvers.dense_solver import DenseFactorization, dense_matrix


@pytest.mark.parametrize("shared", [(), ("coefficients", "step_sizes")], ids=["one matrix each", "one for all"])
@pytest.mark.parametrize("periodic", [False, True])
def test_the_solution_is_the_least_squares_one(shared, periodic):
    inputs = random_inputs(n_states=2, batch=3, shared=shared)
    factorization = DenseFactorization(LinearODEProblem(*inputs, periodic=periodic))
    matrix, right = written_out(inputs, periodic=periodic)
    expected = np.stack([np.linalg.lstsq(m, r, rcond=None)[0] for m, r in zip(matrix, right, strict=True)])
    np.testing.assert_allclose(factorization.solution(), expected, rtol=1e-7, atol=1e-9)
    b = np.random.default_rng(1).standard_normal(expected.shape)
    expected = np.linalg.solve(matrix.mT @ matrix, b[..., None])[..., 0]
    np.testing.assert_allclose(factorization.normal_solution(torch.from_numpy(b)), expected, rtol=1e-6, atol=1e-8)


def test_the_slack_weight_pushes_along_the_response_to_the_slack():
    inputs = random_inputs(batch=1)
    matrix, _ = written_out(inputs)
    plain, pushed = (DenseFactorization(LinearODEProblem(*inputs, slack_weight=w)).solution() for w in (0.0, 0.5))
    column = np.linalg.inv(matrix[0].T @ matrix[0])[:, -1]
    np.testing.assert_allclose(pushed - plain, 0.5 * column[None], rtol=1e-6, atol=1e-9)


def test_the_matrix_of_shared_coefficients_and_steps_is_held_once():
    problem = LinearODEProblem(*random_inputs(batch=4, shared=("coefficients", "step_sizes")))
    assert len(dense_matrix(problem)) == 1


def test_a_column_of_zeros_is_named():
    inputs = random_inputs(n_states=2, n_equations=2, initial_steps=0)
    inputs.coefficients[1, :, :, 1] = 0.0
    with pytest.raises(SolverError, match=r"number 1 of the batch .* of state 1 .*\(no equation contains state 1"):
        DenseFactorization(LinearODEProblem(*inputs))
