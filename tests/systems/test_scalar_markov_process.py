"""Loops over floats and over a batch give the same paths."""

import numpy as np
import pytest

from sciml_bench.systems import DoubleWell, NoisyLogisticMap, OrnsteinUhlenbeck, PrinzPotential
from sciml_bench.systems.markov import scalar_markov_process
from sciml_bench.systems.markov.scalar_markov_process import ScalarMarkovProcess


class Halving(ScalarMarkovProcess):
    """x ← x/2 + noise."""

    def _advance_float(self, x, noise):
        return x / 2 + noise[0]


def test_every_step_starts_from_the_state_before():
    noise = np.random.default_rng(0).standard_normal((4, 3, 1))
    states, x = np.zeros((4, 3, 1)), np.array([[1.0], [2.0], [-1.0]])
    Halving()._run(x, noise, states)
    expected = x
    for step in range(4):
        expected = expected / 2 + noise[step]
        np.testing.assert_allclose(states[step], expected, rtol=1e-14)


@pytest.mark.parametrize("process", [NoisyLogisticMap(), OrnsteinUhlenbeck(), PrinzPotential(), DoubleWell()])
def test_few_and_many_trajectories_take_the_same_steps(process, monkeypatch):
    if not isinstance(process, ScalarMarkovProcess):
        pytest.skip("is sampled otherwise")
    over_floats = process.sample(20, n_trajectories=3, seed=0)
    monkeypatch.setattr(scalar_markov_process, "_MOST_TRAJECTORIES_OVER_FLOATS", 0)
    np.testing.assert_allclose(over_floats, process.sample(20, n_trajectories=3, seed=0), rtol=1e-10)


def test_a_process_must_say_how_it_steps():
    with pytest.raises(NotImplementedError, match="has no transition"):
        ScalarMarkovProcess()._advance_float(0.0, [0.0])


@pytest.mark.parametrize("process", [OrnsteinUhlenbeck(), PrinzPotential()])
def test_singular_functions_of_a_reversible_process_are_orthonormal_on_both_sides(process):
    rule, lag = process.quadrature(400), 2
    left, right = process.singular_functions(4, rule.points, lag)
    for functions in (left, right):
        np.testing.assert_allclose((functions.T * rule.weights) @ functions, np.eye(4), atol=1e-6)
    transition = np.linalg.matrix_power(rule.transition, lag)
    values = process.singular_values(4, lag)
    np.testing.assert_allclose((left.T * rule.weights) @ transition @ right, np.diag(values), atol=1e-6)
    np.testing.assert_array_equal(values, process.eigenvalues(4, lag))
