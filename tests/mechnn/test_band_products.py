"""Compiled products with the rows, against the rows written out and finite differences of them."""

import numpy as np
import pytest
from linear_ode_cases import Inputs, random_inputs, written_out

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.row_schedule import row_schedule
from sciml_bench.mechnn.linear_ode.solvers.band_kernel import LANES
from sciml_bench.mechnn.linear_ode.solvers.band_products import gradients, transposed_residual


class Lanes:
    """Unknowns in time order to and from the layout of the compiled loops."""

    def __init__(self, inputs, central, periodic):
        self.problem = p = LinearODEProblem(*inputs, central=central, periodic=periodic)
        self.position = row_schedule(p.n_steps, p.n_states, p.order, p.initial_steps, central, periodic).position
        self.places = np.append((self.position[:, None] * p.width + np.arange(p.width)).ravel(), p.n_unknowns)

    def into(self, values):
        lanes = np.zeros((1, values.shape[1], LANES))
        lanes[0, self.places, : len(values)] = values.T
        return lanes

    def out(self, lanes, batch):
        return lanes[0, self.places, :batch].T


CASES = [(2, False, True), (3, True, True), (4, True, False), (1, False, False)]


@pytest.mark.parametrize(("order", "periodic", "central"), CASES)
def test_transposed_residual_is_that_of_the_rows(order, periodic, central):
    inputs = random_inputs(order=order, n_states=2, batch=3, initial_steps=2)
    lanes = Lanes(inputs, central, periodic)
    matrix, right = written_out(inputs, central=central, periodic=periodic)
    x = np.random.default_rng(1).standard_normal((3, matrix.shape[2]))
    found = transposed_residual(
        *(value.numpy() for value in inputs),
        lanes.position,
        central,
        periodic,
        np.array(lanes.problem.inverse_factorials),
        lanes.into(x),
    )
    expected = np.einsum("brn,br->bn", matrix, right - np.einsum("brn,bn->br", matrix, x))
    np.testing.assert_allclose(lanes.out(found, 3), expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(("order", "periodic", "central"), CASES)
@pytest.mark.parametrize("shared", [(), ("coefficients", "step_sizes")], ids=["one each", "one for all"])
def test_gradients_are_the_differences_of_the_bilinear_form(order, periodic, central, shared):
    inputs = random_inputs(order=order, n_states=2, batch=2, n_steps=5, shared=shared)
    lanes = Lanes(inputs, central, periodic)
    x, adjoint = np.random.default_rng(1).standard_normal((2, 2, lanes.problem.n_unknowns + 1))

    def form(changed):
        matrix, right = written_out(Inputs(*changed), central=central, periodic=periodic)
        of_x, of_adjoint = (np.einsum("brn,bn->br", matrix, y) for y in (x, adjoint))
        return (of_adjoint * (right - of_x)).sum()

    found = gradients(
        *(value.numpy() for value in inputs),
        lanes.position,
        central,
        np.array(lanes.problem.inverse_factorials),
        2,
        lanes.into(x),
        lanes.into(adjoint),
    )
    rng, step = np.random.default_rng(2), 1e-6
    for number, gradient in enumerate(found):
        assert gradient.shape == tuple(inputs[number].shape)
        # along a random direction in one input at a time
        direction = rng.standard_normal(gradient.shape)
        ends = []
        for sign in (1, -1):
            moved = [value.clone() for value in inputs]
            moved[number] += sign * step * moved[number].new_tensor(direction)
            ends.append(form(moved))
        assert (gradient * direction).sum() == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6, abs=1e-6)
