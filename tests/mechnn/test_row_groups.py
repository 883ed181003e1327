"""Groups of rows, stacked, are the rows as the formulas write them out."""

import numpy as np
import pytest
from linear_ode_cases import random_inputs, written_out

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.solvers.normal_blocks import row_groups


def stacked(problem):
    rows = []
    for group in row_groups(problem):
        values, columns = group.values.expand(problem.batch, -1, -1, -1).numpy(), group.columns.numpy()
        for number, members in enumerate(columns):
            block = np.zeros((problem.batch, values.shape[2], problem.n_unknowns + 1))
            block[:, :, members] = values[:, number]
            block[:, :, -1] = group.has_slack
            rows.append(block)
    return np.concatenate(rows, axis=1)


@pytest.mark.parametrize(("periodic", "central"), [(False, True), (True, True), (True, False)])
@pytest.mark.parametrize("order", [1, 2, 4])
def test_groups_hold_all_rows_of_the_problem(order, periodic, central):
    inputs = random_inputs(order=order, n_states=2, initial_steps=2, shared=("coefficients",))
    found = stacked(LinearODEProblem(*inputs, central=central, periodic=periodic))
    expected, _ = written_out(inputs, central=central, periodic=periodic)
    assert found.shape == expected.shape
    # in which order rows come is not theirs to say: MᵀM and Mᵀ|M| are the same, and every row is there
    np.testing.assert_allclose(found.mT @ found, expected.mT @ expected, rtol=1e-12, atol=1e-13)
    direction = np.random.default_rng(0).standard_normal(expected.shape[-1])
    np.testing.assert_allclose(np.sort(found @ direction), np.sort(expected @ direction), rtol=1e-12, atol=1e-13)


def test_without_initial_values_there_is_no_group_of_them():
    inputs = random_inputs(initial_steps=0, n_equations=2)
    assert [group.has_slack for group in row_groups(LinearODEProblem(*inputs))] == [False, True, True]
