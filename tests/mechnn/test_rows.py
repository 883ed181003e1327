"""The rows of the block: what vanishes for polynomials, and M and Mᵀ as the formulas write them out."""

import numpy as np
import pytest
import torch
from linear_ode_cases import random_inputs, written_out

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.rows import normal_product, normal_residual, product, transposed_product

SHAPES = [(False, True), (True, True), (True, False)]


def unknowns_of(problem, seed=1):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((problem.batch, problem.n_unknowns + 1)))


def sampled(polynomial, times, order):
    """Every derivative at every time, and a slack of zero."""
    derivatives = [polynomial.deriv(k)(times) if k else polynomial(times) for k in range(order + 1)]
    return torch.from_numpy(np.append(np.stack(derivatives, axis=1).ravel(), 0.0))[None]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_taylor_and_central_rows_vanish_for_polynomials_of_the_order(order):
    polynomial = np.polynomial.Polynomial(np.random.default_rng(2).standard_normal(order + 1))
    inputs = random_inputs(order=order, batch=1)
    even_steps = torch.full((1, 8, 1), 0.1, dtype=torch.float64)
    for steps, n_exact in ((inputs.step_sizes, 2), (even_steps, 3)):
        # a chord has the slope of the middle of its interval, where the central row is if both halves are equal
        problem = LinearODEProblem(*inputs[:3], steps)
        times = np.concatenate([[0.0], np.cumsum(steps[0, :, 0].numpy())])
        rows = product(problem, problem.coefficients, steps, sampled(polynomial, times, order))
        for values in rows[2 : 2 + n_exact]:
            np.testing.assert_allclose(values, 0, atol=1e-12)


def test_the_slack_enters_taylor_and_central_rows_with_the_factor_one():
    problem = LinearODEProblem(*random_inputs(n_states=2, batch=1), periodic=True)
    slack_alone = torch.zeros(1, problem.n_unknowns + 1, dtype=torch.float64)
    slack_alone[:, -1] = 3.0
    found = [set(rows.unique().tolist()) for rows in product(problem, *problem.inputs[::3], slack_alone)]
    assert found == [{0.0}, {0.0}, {3.0}, {3.0}, {3.0}, {0.0}]


@pytest.mark.parametrize(("periodic", "central"), SHAPES)
@pytest.mark.parametrize("order", [2, 3])
def test_normal_product_and_residual_are_those_of_the_matrix(periodic, central, order):
    inputs = random_inputs(order=order, n_states=2, batch=2, initial_steps=2)
    problem = LinearODEProblem(*inputs, slack_weight=0.7, central=central, periodic=periodic)
    matrix, right = written_out(inputs, central=central, periodic=periodic)
    y = unknowns_of(problem)
    rest = np.einsum("brn,br->bn", matrix, right - np.einsum("brn,bn->br", matrix, y.numpy()))
    rest[:, -1] += 0.7
    np.testing.assert_allclose(normal_residual(problem, y), rest, rtol=1e-10, atol=1e-12)
    expected = np.einsum("brm,brn,bn->bm", matrix, matrix, y.numpy())
    np.testing.assert_allclose(normal_product(problem, y), expected, rtol=1e-10, atol=1e-12)


def test_the_transposed_product_is_the_adjoint_and_kinds_left_out_count_as_zero():
    problem = LinearODEProblem(*random_inputs(n_states=2), periodic=True)
    y, inputs = unknowns_of(problem), (problem.coefficients, problem.step_sizes)
    rows = product(problem, *inputs, y)
    generator = torch.Generator().manual_seed(0)
    some = tuple(torch.randn(part.shape, generator=generator, dtype=torch.float64) for part in rows)
    for count in (2, len(rows)):
        paired = sum(float((a * b).sum()) for a, b in zip(rows[:count], some[:count], strict=True))
        assert float((transposed_product(problem, *inputs, some[:count]) * y).sum()) == pytest.approx(paired, rel=1e-12)
