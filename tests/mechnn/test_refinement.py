"""Iterative refinement brings back the digits that a rough factor loses."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.linear_ode.solvers.block_solver import MAX_REFINEMENTS, refined


def test_a_factor_in_single_precision_ends_with_the_digits_of_double():
    rng = np.random.default_rng(0)
    matrix = np.eye(8) + 0.3 * rng.standard_normal((8, 8))
    matrix = torch.from_numpy(matrix @ matrix.T)
    rough = matrix.float().inverse().double()
    right = torch.from_numpy(rng.standard_normal((2, 8)))
    calls = []

    def solve(rest):
        calls.append(float(rest.norm()))
        return rest @ rough

    found = refined(lambda y: right - y @ matrix, solve, right @ rough, torch.ones(1, 8).double())
    expected = np.linalg.solve(matrix.numpy(), right.numpy().T).T
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert 1 <= len(calls) <= MAX_REFINEMENTS


def test_an_exact_solution_is_refined_once():
    calls = []

    def solve(rest):
        calls.append(rest)
        return rest

    one = torch.ones(1, 3).double()
    np.testing.assert_array_equal(refined(lambda y: one - y, solve, one.clone(), one), one)
    assert len(calls) == 1


def test_changes_are_measured_in_units_of_the_unknowns():
    # the second unknown is tiny in its own units: without them its slow convergence would go unseen
    scale = torch.tensor([[1.0, 1e-12]]).double()
    target = torch.tensor([[1.0, 1e-12]]).double()
    with pytest.raises(SolverError, match="too badly conditioned"):
        refined(lambda y: target - y, lambda rest: rest * torch.tensor([1.0, 0.3]), torch.zeros(1, 2).double(), scale)
