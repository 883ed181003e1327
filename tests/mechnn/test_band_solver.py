"""The banded solver against NumPy's least squares."""

import numpy as np
import pytest
import torch
from linear_ode_cases import random_inputs, written_out

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.solvers.band_solver import BandFactorization


def least_squares(matrix, right):
    return np.stack([np.linalg.lstsq(m, r, rcond=None)[0] for m, r in zip(matrix, right, strict=True)])


@pytest.mark.parametrize("shared", [(), ("coefficients", "step_sizes")], ids=["one matrix each", "one for all"])
@pytest.mark.parametrize("periodic", [False, True])
def test_the_solution_is_the_least_squares_one(shared, periodic):
    inputs = random_inputs(n_states=2, batch=10, shared=shared)  # more than the lanes of one chunk
    found = BandFactorization(LinearODEProblem(*inputs, periodic=periodic)).solution()
    expected = least_squares(*written_out(inputs, periodic=periodic))
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_the_slack_weight_pushes_along_the_response_to_the_slack():
    for part in (random_inputs(batch=2), random_inputs(batch=2, shared=("coefficients", "step_sizes"))):
        matrix, _ = written_out(part)
        plain, pushed = (BandFactorization(LinearODEProblem(*part, slack_weight=w)).solution() for w in (0.0, 0.5))
        response = np.linalg.inv(matrix.mT @ matrix)[:, :, -1]
        np.testing.assert_allclose(pushed - plain, 0.5 * response, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("periodic", [False, True])
def test_normal_solutions_use_the_factor(periodic):
    inputs = random_inputs(n_states=2, batch=3)
    factorization = BandFactorization(LinearODEProblem(*inputs, periodic=periodic))
    matrix, _ = written_out(inputs, periodic=periodic)
    b = np.random.default_rng(1).standard_normal((3, matrix.shape[2]))
    expected = np.linalg.solve(matrix.mT @ matrix, b[..., None])[..., 0]
    np.testing.assert_allclose(factorization.normal_solution(torch.from_numpy(b)), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("periodic", [False, True])
def test_the_undetermined_unknown_is_named_in_the_order_of_time(periodic):
    inputs = random_inputs(n_states=2, n_equations=2, n_steps=6, initial_steps=0, batch=2)
    inputs.coefficients[1, :, :, 1] = 0.0
    with pytest.raises(SolverError, match=r"number 1 of the batch is singular: derivative \d of state 1 at step \d "):
        BandFactorization(LinearODEProblem(*inputs, periodic=periodic))
