"""The truncated singular value decomposition of a Markov chain's operator, from exact moments."""

import numpy as np
import pytest
from chains import BACKWARD, LATER, N_STATES, NOW, TRANSITION, VALUES, chain_moments, singular_values

from sciml_bench.koopman.operator.cca import solve_cca

EYE = np.eye(N_STATES)


def mixed(seed):
    """Indicators in other coordinates, which span the same functions."""
    return np.random.default_rng(seed).standard_normal((N_STATES, N_STATES))


@pytest.mark.parametrize("rank", [None, 3])
def test_singular_values_and_functions_are_those_of_the_chain(rank):
    f, g = mixed(0), mixed(1)
    solution = solve_cca(chain_moments(f, g), rank, 0.0)
    np.testing.assert_allclose(solution.singular_values, singular_values()[:rank], atol=1e-9)
    left, right = f @ solution.left_map, g @ solution.right_map
    n = left.shape[1]
    np.testing.assert_allclose(left.T @ (NOW[:, None] * left), np.eye(n), atol=1e-8)
    np.testing.assert_allclose(right.T @ (LATER[:, None] * right), np.eye(n), atol=1e-8)
    # K v = s u
    np.testing.assert_allclose(TRANSITION @ right, left * solution.singular_values, atol=1e-8)


def test_with_all_functions_predictions_are_powers_of_the_chain_in_both_directions():
    f, g = mixed(0), mixed(1)
    solution = solve_cca(chain_moments(f, g), None, 0.0)
    ahead = solution.forward.predict(f, [1, 2, 4])
    back = solution.backward.predict(g, [1, 3])
    for place, steps in enumerate((1, 2, 4)):
        np.testing.assert_allclose(ahead[:, place], np.linalg.matrix_power(TRANSITION, steps) @ VALUES, atol=1e-7)
    for place, steps in enumerate((1, 3)):
        np.testing.assert_allclose(back[:, place], np.linalg.matrix_power(BACKWARD, steps) @ VALUES, atol=1e-6)


def test_a_truncated_operator_is_the_sum_of_its_leading_triplets():
    solution = solve_cca(chain_moments(EYE, EYE), 2, 0.0)
    u, s, vt = np.linalg.svd(np.sqrt(NOW)[:, None] * TRANSITION / np.sqrt(LATER))
    # as a kernel: K h = Σ s u ⟨v, h⟩ with u and v orthonormal under the two laws
    truncated = (u[:, :2] * s[:2]) @ vt[:2] * np.sqrt(LATER) / np.sqrt(NOW)[:, None]
    np.testing.assert_allclose(solution.forward.predict(EYE, [1])[:, 0], truncated @ VALUES, atol=1e-9)
    np.testing.assert_allclose(
        solution.forward.predict(EYE, [3])[:, 0], np.linalg.matrix_power(truncated, 3) @ VALUES, atol=1e-9
    )


def test_directions_with_too_little_variance_are_left_out():
    f = np.hstack([EYE, EYE[:, :2]])  # two features twice
    solution = solve_cca(chain_moments(f, f), None, 1e-9)
    np.testing.assert_allclose(solution.singular_values, singular_values(), atol=1e-7)


def test_eigenfunctions_are_those_of_the_chain_with_dual_functions_of_the_future():
    f, g = mixed(0), mixed(1)
    system = solve_cca(chain_moments(f, g), None, 0.0).eigensystem()
    exact = np.linalg.eigvals(TRANSITION)
    np.testing.assert_allclose(np.sort(np.abs(system.eigenvalues)), np.sort(np.abs(exact)), atol=1e-8)
    right, left = f @ system.right_map, g @ system.left_map
    np.testing.assert_allclose(TRANSITION @ right, right * system.eigenvalues, atol=1e-6)
    np.testing.assert_allclose(left.conj().T @ (LATER[:, None] * right), np.eye(N_STATES), atol=1e-6)
    np.testing.assert_allclose(right @ system.modes, TRANSITION @ VALUES, atol=1e-6)
