"""Superblocks hold the matrix that the rows give, and their factor solves with it."""

import numpy as np
import pytest
import torch
from linear_ode_cases import random_inputs

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.rows import normal_product, product
from sciml_bench.mechnn.linear_ode.solvers.block_solver import BlockFactorization, NormalCholesky, refined
from sciml_bench.mechnn.linear_ode.solvers.dense_solver import dense_matrix

SHAPES = [(False, True), (True, True), (True, False), (False, False)]


@pytest.mark.parametrize(("periodic", "central"), SHAPES)
def test_the_matrix_of_the_rows_does_what_the_rows_do(periodic, central):
    problem = LinearODEProblem(*random_inputs(n_states=2, order=3), central=central, periodic=periodic)
    matrix = dense_matrix(problem)
    y = torch.randn(2, problem.n_unknowns + 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rows = product(problem, problem.coefficients, problem.step_sizes, y)
    # in which order rows are stacked differs
    found = torch.sort((matrix @ y[..., None])[..., 0]).values
    torch.testing.assert_close(found, torch.sort(torch.cat([row.flatten(1) for row in rows], dim=1)).values)


@pytest.mark.parametrize(("periodic", "central"), SHAPES)
@pytest.mark.parametrize("shared", [(), ("coefficients", "step_sizes")], ids=["one matrix each", "one for all"])
def test_the_factor_inverts_the_normal_matrix(periodic, central, shared):
    inputs = random_inputs(n_states=2, n_steps=30, batch=3, shared=shared)
    problem = LinearODEProblem(*inputs, central=central, periodic=periodic)
    y = torch.randn(3, problem.n_unknowns + 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    right = normal_product(problem, y)
    torch.testing.assert_close(NormalCholesky(problem).solve(right), y, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(BlockFactorization(problem).normal_solution(right), y, rtol=1e-10, atol=1e-10)


def test_noise_has_the_normal_matrix_for_its_covariance():
    inputs = random_inputs(n_steps=12, batch=20_000, shared=("coefficients", "step_sizes"))
    problem = LinearODEProblem(*inputs)
    noise = NormalCholesky(problem).noise(seed=0)[:, :-1]
    matrix = dense_matrix(problem)[0, :, :-1]
    expected = matrix.mT @ matrix
    length = expected.diagonal().sqrt()
    difference = (noise.mT @ noise / len(noise) - expected) / length / length[:, None]
    assert float(difference.abs().max()) < 0.05


def test_corrections_that_do_not_become_small_are_an_error():
    matrix = torch.diag(torch.tensor([1.0, 2.0]).double())
    right, scale = torch.ones(1, 2).double(), torch.ones(1, 2).double()
    solved = refined(lambda y: right - y @ matrix, lambda rest: 0.99 * rest @ matrix.inverse(), right, scale)
    np.testing.assert_allclose(solved, [[1.0, 0.5]], rtol=1e-11)
    with pytest.raises(SolverError, match=r"too badly conditioned: after \d refinements .* solver=band"):
        refined(lambda y: right - y @ matrix, lambda rest: 0.2 * rest, right, scale)
