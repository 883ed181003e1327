from itertools import pairwise

import numpy as np
import pytest

from sciml_bench.node.solvers.compiled_activations import ACTIVATION_CODES
from sciml_bench.node.solvers.compiled_kernel import integrate, pull_back
from sciml_bench.node.solvers.compiled_solver import sparse
from sciml_bench.node.solvers.runge_kutta import TABLES

SIZES = np.array([3, 5, 4, 3])


def problem(n_rows=4, n_members=2, n_steps=6, forced=True, seed=0):
    rng = np.random.default_rng(seed)
    n_parameters = int(np.sum((SIZES[:-1] + 1) * SIZES[1:]))
    table = TABLES["rk4"]
    return {
        "x0": rng.standard_normal((n_rows, 3)),
        "weights": rng.standard_normal((n_members, n_parameters)) / 2,
        "member": np.repeat(np.arange(n_members), n_rows // n_members),
        "linear": sparse(rng.standard_normal((3, 3)) * [[1, 0, 1], [0, 0, 0], [1, 1, 1]] / 3),
        "sizes": SIZES,
        "matrix": table.matrix,
        "stage_weights": table.weights,
        "step_sizes": rng.uniform(0.02, 0.2, (n_rows, n_steps)),
        "arrivals": np.array([-1, 1, 2, -1, -1, 3]),
        "activation": ACTIVATION_CODES["tanh"],
        "forcing": rng.standard_normal((n_rows, n_steps, 4, 3)) if forced else np.empty((0, 0, 0, 0)),
        "driving": np.empty((0, 0, 0, 0)),
    }


def written_out(x0, member, linear, weights, step_sizes, forcing, **_):
    """The classical method of order four, stage by stage, for every row."""
    states, (begins, columns, entries) = [x0], linear
    whole = np.zeros((3, 3))
    whole[np.repeat(np.arange(3), np.diff(begins)), columns] = entries
    for step in range(step_sizes.shape[1]):
        now, h = states[-1], step_sizes[:, step, None]

        def slope(x, stage, step=step):
            z, at = x, 0
            for number, (n_in, n_out) in enumerate(pairwise(SIZES)):
                matrix = weights[member, at : at + n_in * n_out].reshape(-1, n_in, n_out)
                bias = weights[member, at + n_in * n_out : at + (n_in + 1) * n_out]
                z = np.einsum("ri,rio->ro", np.tanh(z) if number else z, matrix) + bias
                at += (n_in + 1) * n_out
            return z + x @ whole.T + (forcing[:, step, stage] if len(forcing) else 0)

        k1 = slope(now, 0)
        k2 = slope(now + h / 2 * k1, 1)
        k3 = slope(now + h / 2 * k2, 2)
        k4 = slope(now + h * k3, 3)
        states.append(now + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.stack([states[number] for number in (0, 2, 3, 6)], axis=1)


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize("keep", [False, True])
def test_it_takes_the_steps_of_the_method(forced, keep):
    given = problem(forced=forced)
    states, _, _ = integrate(*given.values(), keep)
    np.testing.assert_allclose(states, written_out(**given), rtol=1e-12, atol=1e-12)


def test_pulling_back_transposes_the_steps():
    given = problem()
    states, _, slopes = integrate(*given.values(), True)
    factors = np.random.default_rng(1).standard_normal(states.shape)
    names = ("weights", "member", "linear", "sizes", "matrix", "stage_weights", "step_sizes", "arrivals")
    gradient, _ = pull_back(factors, *(given[name] for name in names), slopes)
    for row, component in ((0, 0), (2, 1), (3, 2)):
        moved = []
        for shift in (1e-6, -1e-6):
            x0 = given["x0"].copy()
            x0[row, component] += shift
            moved.append(np.sum(factors * written_out(**(given | {"x0": x0}))))
        assert gradient[row, component] == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-7)


def test_the_gradients_at_the_layers_outputs_give_those_of_the_biases():
    given = problem()
    states, _, slopes = integrate(*given.values(), True)
    factors = np.random.default_rng(1).standard_normal(states.shape)
    names = ("weights", "member", "linear", "sizes", "matrix", "stage_weights", "step_sizes", "arrivals")
    _, deltas = pull_back(factors, *(given[name] for name in names), slopes)
    of_members = deltas.reshape(2, -1, deltas.shape[-1]).sum(axis=1)  # hidden units, then the state's components
    places = {0: 3 * 5 + 0, 5 + 2: (3 + 1) * 5 + 5 * 4 + 2, 9 + 1: (3 + 1) * 5 + (5 + 1) * 4 + 4 * 3 + 1}
    for output, parameter in places.items():
        moved = []
        for shift in (1e-6, -1e-6):
            weights = given["weights"].copy()
            weights[1, parameter] += shift
            moved.append(np.sum(factors * written_out(**(given | {"weights": weights}))))
        assert of_members[1, output] == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-7)
