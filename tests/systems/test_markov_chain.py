import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import MarkovChain


def test_a_chain_of_two_states_has_its_textbook_spectrum():
    chain = MarkovChain([[0.7, 0.3], [0.1, 0.9]])
    np.testing.assert_allclose(chain.stationary_weights, [0.25, 0.75], atol=1e-14)
    np.testing.assert_allclose(chain.eigenvalues(2, lag=3), [1, 0.6**3], atol=1e-14)
    np.testing.assert_allclose(chain.singular_values(2), [1, 0.6], atol=1e-14)
    # The second eigenfunction of norm 1 and mean 0: (√3, −1/√3) up to its sign.
    function = chain.eigenfunctions(2, np.array([[0.0], [1.0]]))[:, 1]
    np.testing.assert_allclose(np.abs(function), [np.sqrt(3), 1 / np.sqrt(3)], atol=1e-13)


def test_a_cycle_has_the_roots_of_unity_as_eigenvalues_and_singular_values_one():
    chain = MarkovChain([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    root = np.exp(2j * np.pi / 3)
    np.testing.assert_allclose(chain.eigenvalues(3), [1, root, root.conj()], atol=1e-14)
    np.testing.assert_allclose(chain.singular_values(3), 1, atol=1e-14)
    np.testing.assert_array_equal(np.diff(chain.sample(50, seed=0)[0, :, 0]) % 3, 1)


@pytest.mark.parametrize("lag", [1, 2])
def test_singular_functions_maximise_the_correlation_between_present_and_future(lag):
    chain = MarkovChain.random(7, seed=3)
    matrix = np.linalg.matrix_power(np.array(chain.transition_matrix), lag)
    weights = np.linalg.matrix_power(matrix, 200)[0]  # every row tends to the stationary law
    reversed_matrix = matrix.T * weights / weights[:, None]
    squares = np.sort(np.linalg.eigvals(matrix @ reversed_matrix).real)[::-1]
    np.testing.assert_allclose(chain.singular_values(7, lag) ** 2, squares, atol=1e-12)
    states = np.arange(7.0)[:, None]
    left, right = chain.singular_functions(7, states, lag)
    np.testing.assert_allclose((left * weights[:, None]).T @ left, np.eye(7), atol=1e-10)
    np.testing.assert_allclose((right * weights[:, None]).T @ right, np.eye(7), atol=1e-10)
    np.testing.assert_allclose(matrix @ right, left * chain.singular_values(7, lag), atol=1e-12)
    np.testing.assert_allclose(right[:, 0], 1, atol=1e-12)


def test_eigenfunctions_are_right_eigenvectors_of_norm_one():
    chain, states = MarkovChain.random(6, seed=1), np.arange(6.0)[:, None]
    functions = chain.eigenfunctions(6, states)
    image = np.array(chain.transition_matrix) @ functions
    np.testing.assert_allclose(image, functions * chain.eigenvalues(6), atol=1e-12)
    np.testing.assert_allclose(chain.stationary_weights @ np.abs(functions) ** 2, 1, atol=1e-12)
    np.testing.assert_allclose(functions[:, 0], 1, atol=1e-12)


@pytest.mark.parametrize("n_trajectories", [1, 40])
def test_sampled_transitions_occur_with_their_probabilities(n_trajectories):
    chain = MarkovChain([[0.5, 0.5, 0.0], [0.0, 0.2, 0.8], [0.6, 0.0, 0.4]])
    path = chain.sample(40_000 // n_trajectories, seed=0, n_trajectories=n_trajectories)[..., 0].astype(int)
    counts = np.zeros((3, 3))
    np.add.at(counts, (path[:, :-1].ravel(), path[:, 1:].ravel()), 1)
    np.testing.assert_allclose(counts / counts.sum(axis=1, keepdims=True), chain.transition, atol=0.02)
    assert np.all(counts[chain.transition == 0] == 0)
    np.testing.assert_allclose(np.bincount(path.ravel()) / path.size, chain.stationary_weights, atol=0.02)


def test_trajectories_start_from_the_stationary_law():
    chain = MarkovChain([[0.7, 0.3], [0.1, 0.9]])
    assert chain.sample(2, seed=0, n_trajectories=40_000)[:, 0].mean() == pytest.approx(0.75, abs=0.01)


def test_features_are_the_indicators_of_the_states():
    chain = MarkovChain.random(3, seed=0)
    np.testing.assert_array_equal(chain.features(np.array([[2.0], [0.0]])), [[0, 0, 1], [1, 0, 0]])
    with pytest.raises(ConfigurationError, match="whole numbers 0 to 2"):
        chain.features(np.array([[0.5]]))


def test_equal_matrices_make_equal_chains_from_lists_and_arrays():
    rows = [[0.25, 0.75], [0.5, 0.5]]
    assert MarkovChain(rows) == MarkovChain(np.array(rows))
    assert len({MarkovChain(rows), MarkovChain(np.array(rows))}) == 1


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0.5, 0.5]], "as many columns as rows"),
        ([[0.5, 0.4], [0.5, 0.5]], "row 0 sums to 0.9"),
        ([[1.5, -0.5], [0.5, 0.5]], "entry -0.5"),
        ([[1.0, 0.0], [0.5, 0.5]], "do not both reach each other"),
        ([[1.0, 0.0], [0.0, 1.0]], "do not both reach each other"),
        ([[0.5, 0.5], [1.0]], "lists of equal length"),
        ([[0.5, float("nan")], [0.5, 0.5]], "all of them finite"),
        ([], "at least one number"),
    ],
)
def test_what_is_no_ergodic_transition_matrix_is_refused(matrix, message):
    with pytest.raises(ConfigurationError, match=rf"MarkovChain\.transition_matrix.*{message}"):
        MarkovChain(matrix)


def test_more_values_than_states_are_refused():
    with pytest.raises(ConfigurationError, match="chain of 3 states"):
        MarkovChain.random(3, seed=0).eigenvalues(4)
    for name in ("eigenvalues", "singular_values"):
        with pytest.raises(ConfigurationError, match="MarkovChain: lag = 0: give an integer of at least 1"):
            getattr(MarkovChain.random(3, seed=0), name)(2, lag=0)
        with pytest.raises(ConfigurationError, match="MarkovChain: count = 0: give an integer of at least 1"):
            getattr(MarkovChain.random(3, seed=0), name)(0)
