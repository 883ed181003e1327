"""The banded factor against the rows written out: RᵀR = MᵀM, and substitution with it."""

import numpy as np
import pytest
from linear_ode_cases import random_inputs, written_out

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.row_schedule import row_schedule
from sciml_bench.mechnn.linear_ode.solvers.band_kernel import (
    LANES,
    factorize,
    first_undetermined,
    substitute_back,
    substitute_forward,
)


def factorized(inputs, central, periodic):
    """The compiled factor, and in which place of it every unknown of the time order stands (the slack last)."""
    p = LinearODEProblem(*inputs, central=central, periodic=periodic)
    schedule = row_schedule(p.n_steps, p.n_states, p.order, p.initial_steps, central, periodic)
    order = (schedule.position, schedule.kind, schedule.step, schedule.bandwidth)
    triangle, right = factorize(*(value.numpy() for value in inputs), *order, np.array(p.inverse_factorials))
    places = (schedule.position[:, None] * p.width + np.arange(p.width)).ravel()
    return triangle, right, np.append(places, p.n_unknowns)


def dense(triangle, member):
    """R as a whole matrix."""
    factor = triangle[member // LANES, :, :, member % LANES]
    n, border = len(factor) - 1, factor.shape[1] - 1
    whole = np.zeros((n + 1, n + 1))
    for i in range(n):
        reach = min(border, n - i)
        whole[i, i : i + reach] = factor[i, :reach]
        whole[i, n] = factor[i, border]
    whole[n, n] = factor[n, 0]
    return whole


CASES = [(2, False, True), (3, True, True), (2, True, False), (1, False, False)]


@pytest.mark.parametrize(("order", "periodic", "central"), CASES)
def test_the_factor_has_the_normal_matrix_and_the_right_side_of_the_rows(order, periodic, central):
    inputs = random_inputs(order=order, n_states=2, batch=LANES + 1, initial_steps=2)
    triangle, right, places = factorized(inputs, central, periodic)
    matrix, value = written_out(inputs, central=central, periodic=periodic)
    for member in (0, LANES - 1, LANES):  # in two chunks
        r = dense(triangle, member)[:, places]
        np.testing.assert_allclose(r.T @ r, matrix[member].T @ matrix[member], rtol=1e-9, atol=1e-11)
        q_times_value = right[member // LANES, :, member % LANES]
        np.testing.assert_allclose(r.T @ q_times_value, matrix[member].T @ value[member], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("periodic", [False, True])
def test_substitution_solves_with_the_factor_and_its_transpose(periodic):
    triangle, _, places = factorized(random_inputs(n_states=2, batch=3), True, periodic)
    b = np.random.default_rng(0).standard_normal((1, len(places), LANES))
    back, forward = b.copy(), b.copy()
    substitute_back(triangle, back)
    substitute_forward(triangle, forward)
    for member in range(3):
        r = dense(triangle, member)
        np.testing.assert_allclose(r @ back[0, :, member], b[0, :, member], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(r.T @ forward[0, :, member], b[0, :, member], rtol=1e-9, atol=1e-9)


def test_one_factor_serves_many_chunks_of_right_sides():
    triangle, _, places = factorized(random_inputs(batch=1), True, False)
    b = np.random.default_rng(0).standard_normal((3, len(places), LANES))
    back = b.copy()
    substitute_back(triangle, back)
    np.testing.assert_allclose(np.einsum("ij,cjl->cil", dense(triangle, 0), back), b, rtol=1e-9, atol=1e-10)


def test_the_first_unknown_with_a_small_pivot_is_found_for_every_problem():
    rng = np.random.default_rng(0)
    triangle = rng.uniform(0.5, 1.0, (1, 6, 4, LANES))  # five unknowns, bandwidth two
    triangle[0, 3, 0, 1] = 1e-16
    triangle[0, 4, 0, 1] = 0.0
    triangle[0, 0, 0, 2] = np.nan
    assert first_undetermined(triangle, 1e-14)[0, :4].tolist() == [-1, 3, 0, -1]
