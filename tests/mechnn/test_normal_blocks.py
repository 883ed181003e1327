"""N = MᵀM in superblocks: put together again they are the product of the rows written out."""

import numpy as np
import pytest
from linear_ode_cases import random_inputs, written_out

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.solvers.normal_blocks import normal_blocks


def assembled(blocks, member):
    """The scaled matrix of all slots, from its diagonal and lower blocks."""
    n_blocks, _, size = blocks.scale.shape
    whole = np.zeros((n_blocks * size, n_blocks * size))
    for i in range(n_blocks):
        here = slice(i * size, (i + 1) * size)
        whole[here, here] = blocks.diagonal[i, member]
        if i:
            before = slice((i - 1) * size, i * size)
            whole[here, before] = blocks.lower[i, member]
            whole[before, here] = blocks.lower[i, member].mT
    return whole


@pytest.mark.parametrize(("periodic", "central"), [(False, True), (True, True), (True, False), (False, False)])
@pytest.mark.parametrize("n_steps", [9, 30])
def test_blocks_are_the_normal_matrix_with_unknowns_of_unit_length(periodic, central, n_steps):
    inputs = random_inputs(n_states=2, order=3, n_steps=n_steps, initial_steps=1)
    blocks = normal_blocks(LinearODEProblem(*inputs, central=central, periodic=periodic))
    matrix, _ = written_out(inputs, central=central, periodic=periodic)
    for member in range(2):
        expected = matrix[member].T @ matrix[member]
        slots, scale = blocks.slots.numpy(), blocks.scale[:, member].numpy().ravel()
        found = assembled(blocks, member)
        np.testing.assert_allclose(np.diag(found), 1.0, rtol=1e-12)
        unscaled = found[np.ix_(slots, slots)] / np.outer(scale[slots], scale[slots])
        np.testing.assert_allclose(unscaled, expected[:-1, :-1], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(blocks.slack[member], expected[:-1, -1], rtol=1e-10, atol=1e-12)
        assert blocks.slack_square == pytest.approx(expected[-1, -1])
    assert not blocks.lower[0].any()


def test_slots_that_no_unknown_fills_stand_alone():
    blocks = normal_blocks(LinearODEProblem(*random_inputs(n_steps=9, batch=1)))
    whole = assembled(blocks, 0)
    empty = np.setdiff1d(np.arange(len(whole)), blocks.slots.numpy())
    assert len(empty) > 0
    np.testing.assert_array_equal(whole[empty], np.eye(len(whole))[empty])
