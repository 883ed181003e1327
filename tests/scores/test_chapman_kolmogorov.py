import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.scores import chapman_kolmogorov_test, largest_violation

TRANSITION = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])


def states(count=50, length=600, seed=0):
    rng = np.random.default_rng(seed)
    thresholds = TRANSITION.cumsum(axis=1)[:, :-1]
    path = np.empty((count, length), dtype=int)
    path[:, 0] = rng.integers(0, 3, count)
    for t in range(1, length):
        path[:, t] = (rng.random((count, 1)) > thresholds[path[:, t - 1]]).sum(axis=1)
    return path


def test_a_markov_chain_passes_with_its_transition_probabilities():
    data, multiples = list(np.eye(3)[states()]), [1, 2, 4]
    predicted, estimated = chapman_kolmogorov_test(data, lag=2, multiples=multiples, confidence=0.99)
    for place, multiple in enumerate(multiples):
        exact = np.linalg.matrix_power(TRANSITION, 2 * multiple)
        np.testing.assert_allclose(predicted.estimates[place], exact, atol=0.03)
        np.testing.assert_allclose(estimated.estimates[place], exact, atol=0.03)
    assert np.all(estimated.lower <= estimated.upper)
    assert largest_violation(predicted, estimated) == 0


def test_a_lumped_chain_that_is_not_markovian_fails():
    # A cycle 0 → 1 → 2 → 3 → 0 seen as two halves: after one step it is undecided, after four it is surely back.
    phase = (np.random.default_rng(0).integers(0, 4, 30)[:, None] + np.arange(100)) % 4
    predicted, estimated = chapman_kolmogorov_test(list(np.eye(2)[phase // 2]), lag=1, multiples=[1, 4])
    np.testing.assert_allclose(estimated.estimates[1], np.eye(2), atol=1e-12)
    np.testing.assert_allclose(predicted.estimates[1], 0.5, atol=0.02)
    assert largest_violation(predicted, estimated) > 0.4
    assert largest_violation(predicted, predicted) == 0


def test_the_first_multiple_predicts_itself_and_bad_multiples_are_errors():
    predicted, estimated = chapman_kolmogorov_test(list(np.eye(3)[states(5, 200)]), lag=1, multiples=[1])
    np.testing.assert_array_equal(predicted.estimates, estimated.estimates)
    with pytest.raises(ConfigurationError, match="multiples"):
        chapman_kolmogorov_test(list(np.eye(3)[states(5, 50)]), lag=1, multiples=[0, 1])
