"""Derivatives of the least-squares solution against finite differences of NumPy's."""

import numpy as np
import pytest
import torch
from linear_ode_cases import Inputs, random_inputs, written_out

from sciml_bench.mechnn.linear_ode.differentiable_solve import LeastSquaresSolution, NormalSolution
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.solvers.band_solver import BandFactorization
from sciml_bench.mechnn.linear_ode.solvers.dense_solver import DenseFactorization

FACTORIZATIONS = [BandFactorization, DenseFactorization]
STEP = 1e-5


def leaves(**options):
    return Inputs(*(value.requires_grad_() for value in random_inputs(**{"batch": 2, "n_steps": 4, **options})))


def by_differences(function, values, number, direction):
    """How a function of the inputs changes along a direction in one of them."""
    ends = []
    for sign in (1, -1):
        moved = [value.detach().clone() for value in values]
        moved[number] += sign * STEP * direction
        ends.append(function(Inputs(*moved)))
    return (ends[0] - ends[1]) / (2 * STEP)


@pytest.mark.parametrize("factorization", FACTORIZATIONS)
@pytest.mark.parametrize("shared", [(), ("coefficients", "step_sizes", "initial_values")])
def test_gradients_are_those_of_the_least_squares_solution(factorization, shared):
    inputs = leaves(shared=shared)
    problem = LinearODEProblem(*inputs, slack_weight=0.3)
    solution = LeastSquaresSolution.apply(*inputs, problem, factorization(problem))
    upstream = torch.from_numpy(np.random.default_rng(1).standard_normal(solution.shape))

    def paired(moved):
        matrix, right = written_out(moved)
        normal = np.einsum("brn,br->bn", matrix, right)
        normal[:, -1] += 0.3
        return (np.linalg.solve(matrix.mT @ matrix, normal[..., None])[..., 0] * upstream.numpy()).sum()

    gradients = torch.autograd.grad(solution, inputs, upstream)
    rng = np.random.default_rng(2)
    for number, gradient in enumerate(gradients):
        direction = torch.from_numpy(rng.standard_normal(gradient.shape))
        expected = by_differences(paired, inputs, number, direction)
        assert float((gradient * direction).sum()) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_second_derivatives_agree_with_differences_of_the_first():
    inputs = leaves(batch=1)
    problem = LinearODEProblem(*inputs)
    upstream = torch.from_numpy(np.random.default_rng(1).standard_normal((1, problem.n_unknowns + 1)))
    rng = np.random.default_rng(3)
    weights = [torch.from_numpy(rng.standard_normal(value.shape)) for value in inputs]

    def paired_gradient(moved, create_graph=False):
        live = [value if create_graph else value.requires_grad_() for value in moved]
        again = LinearODEProblem(*live)
        solution = LeastSquaresSolution.apply(*live, again, DenseFactorization(again))
        first = torch.autograd.grad(solution, live, upstream, create_graph=create_graph)
        return torch.stack([(g * w).sum() for g, w in zip(first, weights, strict=True)]).sum()

    second = torch.autograd.grad(paired_gradient(inputs, create_graph=True), inputs)
    for number, gradient in enumerate(second):
        direction = torch.from_numpy(rng.standard_normal(gradient.shape))
        expected = float(by_differences(paired_gradient, inputs, number, direction))
        assert float((gradient * direction).sum()) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_the_normal_solution_is_differentiable_in_its_right_side_and_the_matrix():
    inputs = leaves(batch=1)
    problem = LinearODEProblem(*inputs)
    shape = (1, problem.n_unknowns + 1)
    right, upstream = torch.from_numpy(np.random.default_rng(1).standard_normal((2, *shape)))
    right.requires_grad_()
    arguments = (inputs.coefficients, inputs.step_sizes, right)
    solution = NormalSolution.apply(*arguments, problem, DenseFactorization(problem))
    by_coefficients, by_steps, by_right = torch.autograd.grad(solution, arguments, upstream)
    matrix, _ = written_out(inputs)
    inverse = np.linalg.inv(matrix[0].T @ matrix[0])
    np.testing.assert_allclose(by_right[0], inverse @ upstream[0].numpy(), rtol=1e-6, atol=1e-8)

    def paired(moved):
        matrix, _ = written_out(moved)
        return upstream[0].numpy() @ np.linalg.solve(matrix[0].T @ matrix[0], right[0].detach().numpy())

    for number, gradient in ((0, by_coefficients), (3, by_steps)):
        direction = torch.from_numpy(np.random.default_rng(number).standard_normal(gradient.shape))
        expected = by_differences(paired, inputs, number, direction)
        assert float((gradient * direction).sum()) == pytest.approx(expected, rel=1e-4, abs=1e-6)
