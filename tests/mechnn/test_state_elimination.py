"""States eliminated from a least-squares problem, against the whole problem as one dense matrix."""

import numpy as np
import pytest

from sciml_bench.mechnn.discovery.flows.state_elimination import eliminated


@pytest.mark.parametrize(("rows", "dim", "unknowns"), [(2, 1, 1), (7, 3, 5), (40, 2, 0)])
def test_it_solves_the_dense_problem(rows: int, dim: int, unknowns: int) -> None:
    draws = np.random.default_rng(0)
    weights, stiffness = draws.uniform(0.5, 2, dim), draws.uniform(0, 50, (rows - 1, dim))
    stiffness[rows // 2 :: 3] = 0  # between trajectories
    misfit, defect = draws.standard_normal((rows, dim)), draws.standard_normal((rows - 1, dim))
    by_state = draws.standard_normal((rows - 1, dim, dim))
    by_coefficient = draws.standard_normal((rows - 1, dim, unknowns))
    found = eliminated(weights, stiffness, misfit, defect, by_state, by_coefficient)
    assert found is not None
    changes, left = found

    # rows √w (misfit − dx), then √μ (defect + A dx_n + B dξ − dx_{n+1}); of the columns the first is without dξ
    of_states = np.zeros(((2 * rows - 1) * dim, rows * dim))
    of_states[: rows * dim] = -np.eye(rows * dim)
    for n in range(rows - 1):
        place = slice((rows + n) * dim, (rows + n + 1) * dim)
        of_states[place, n * dim : (n + 1) * dim] = by_state[n]
        of_states[place, (n + 1) * dim : (n + 2) * dim] = -np.eye(dim)
    constant = np.zeros((len(of_states), 1 + unknowns))
    constant[: rows * dim, 0], constant[rows * dim :, 0] = misfit.ravel(), defect.ravel()
    constant[rows * dim :, 1:] = by_coefficient.reshape((rows - 1) * dim, unknowns)
    roots = np.sqrt(np.concatenate([np.tile(weights, rows), stiffness.ravel()]))[:, None]
    expected = np.linalg.lstsq(roots * of_states, -roots * constant, rcond=None)[0]
    np.testing.assert_allclose(changes.reshape(rows * dim, -1), expected, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(left, roots * (constant + of_states @ expected), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("bad", [0.0, np.nan])
def test_singular_equations_and_numbers_that_are_none_are_told(bad: float) -> None:
    one = np.ones((1, 1))
    assert eliminated(np.zeros(1), bad * one, np.ones((2, 1)), one, one[None], one[None]) is None
