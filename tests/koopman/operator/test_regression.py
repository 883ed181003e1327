"""Regressions of the future on the present, against the formulas of their table and the chain itself."""

import numpy as np
import pytest
from chains import BACKWARD, N_STATES, NOW, TRANSITION, VALUES, chain_moments, singular_values
from scipy.linalg import sqrtm

from sciml_bench.koopman.operator.moments import LaggedMoments
from sciml_bench.koopman.operator.regression import REGRESSIONS, inverse_factor, solve_regression

EYE = np.eye(N_STATES)
RNG = np.random.default_rng(7)
SAMPLES = RNG.standard_normal((30, 4)) * [1.0, 2.0, 0.5, 0.1]
TARGETS = SAMPLES @ RNG.standard_normal((4, 4)) + RNG.standard_normal((30, 4))
METRIC, CORRELATION = SAMPLES.T @ SAMPLES / 30, SAMPLES.T @ TARGETS / 30
GAMMA = 0.3


def factor_square(method, rank):
    factor = inverse_factor(method, METRIC, CORRELATION, rank, GAMMA, 1e-12)
    return factor @ factor.T


def test_least_squares_inverts_the_metric():
    for method in ("edmd_left", "edmd_right"):
        np.testing.assert_allclose(factor_square(method, 2), np.linalg.inv(METRIC), rtol=1e-7)


def test_ridge_inverts_the_shifted_metric_whatever_the_rank():
    expected = np.linalg.inv(METRIC + GAMMA * np.eye(4))
    np.testing.assert_allclose(factor_square("ridge", 2), expected, rtol=1e-9)
    np.testing.assert_allclose(factor_square("reduced_rank", None), expected, rtol=1e-9)


def test_principal_components_invert_the_metric_on_its_leading_directions():
    variances, directions = np.linalg.eigh(METRIC)
    leading = directions[:, -2:]
    expected = leading @ np.diag(1 / variances[-2:]) @ leading.T
    np.testing.assert_allclose(factor_square("principal_component", 2), expected, atol=1e-9)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_reduced_rank_regression_is_the_best_of_its_rank_under_the_regularised_risk(rank):
    estimate = factor_square("reduced_rank", rank) @ CORRELATION
    assert np.linalg.matrix_rank(estimate, tol=1e-9) == rank
    root = np.real(sqrtm(METRIC + GAMMA * np.eye(4)))
    u, s, vt = np.linalg.svd(np.linalg.inv(root) @ CORRELATION)
    best = np.linalg.inv(root) @ (u[:, :rank] * s[:rank]) @ vt[:rank]
    np.testing.assert_allclose(estimate, best, atol=1e-9)


@pytest.mark.parametrize("method", ["reduced_rank", "principal_component"])
def test_backward_in_time_the_roles_of_present_and_future_are_exchanged(method):
    features = np.random.default_rng(1).standard_normal((N_STATES, 4))
    solution = solve_regression(chain_moments(features), method, 2, GAMMA, 1e-12)
    reversed_solution = solve_regression(reversed_moments(features), method, 2, GAMMA, 1e-12)
    for steps in (1, 2):
        back = solution.backward.predict(features, [steps])
        np.testing.assert_allclose(back, reversed_solution.forward.predict(features, [steps]), atol=1e-9)
        assert np.abs(back - solution.forward.predict(features, [steps])).max() > 1e-3


def reversed_moments(features):
    """Of the same pairs, in the other order."""
    i, j = (index.ravel() for index in np.indices(TRANSITION.shape))
    weights = (NOW[:, None] * TRANSITION).ravel()
    return LaggedMoments.of_pairs((features[j], features[i]), None, (VALUES[j], VALUES[i]), weights)


@pytest.mark.parametrize("method", REGRESSIONS)
def test_on_all_functions_of_a_chain_every_regression_is_the_chain(method):
    solution = solve_regression(chain_moments(EYE, EYE), method, None, 1e-13, 0.0)
    np.testing.assert_allclose(solution.singular_values, singular_values(), atol=1e-7)
    ahead, back = solution.forward.predict(EYE, [1, 3]), solution.backward.predict(EYE, [1, 2])
    np.testing.assert_allclose(ahead[:, 0], TRANSITION @ VALUES, atol=1e-8)
    np.testing.assert_allclose(ahead[:, 1], np.linalg.matrix_power(TRANSITION, 3) @ VALUES, atol=1e-8)
    np.testing.assert_allclose(back[:, 0], BACKWARD @ VALUES, atol=1e-8)
    np.testing.assert_allclose(back[:, 1], np.linalg.matrix_power(BACKWARD, 2) @ VALUES, atol=1e-8)


def test_edmd_right_reads_the_lagged_encoder_alone():
    features = np.random.default_rng(1).standard_normal((N_STATES, 2))
    solution = solve_regression(chain_moments(features, EYE), "edmd_right", None, 0.0, 0.0)
    assert solution.left_encoder == solution.right_encoder == solution.forward.encoder == "g"
    np.testing.assert_allclose(solution.singular_values, singular_values(), atol=1e-7)


def test_singular_values_of_a_compressed_operator_are_those_between_the_two_laws():
    features = np.random.default_rng(1).standard_normal((N_STATES, 3))
    solution = solve_regression(chain_moments(features), "edmd_left", None, 0.0, 0.0)
    later = NOW @ TRANSITION
    metric = features.T @ (NOW[:, None] * features)
    estimate = features @ np.linalg.solve(metric, features.T @ (NOW[:, None] * TRANSITION) @ features)
    coordinates = np.linalg.qr(np.sqrt(later)[:, None] * features)
    whitened = np.sqrt(NOW)[:, None] * estimate @ np.linalg.inv(coordinates[1])
    expected = np.linalg.svd(whitened, compute_uv=False)
    np.testing.assert_allclose(solution.singular_values, expected, rtol=1e-7)


def test_eigenfunctions_and_their_duals_are_biorthogonal_under_the_present_law():
    system = solve_regression(chain_moments(), "edmd_left", None, 0.0, 0.0).eigensystem()
    right, left = EYE @ system.right_map, EYE @ system.left_map
    np.testing.assert_allclose(TRANSITION @ right, right * system.eigenvalues, atol=1e-8)
    np.testing.assert_allclose(left.conj().T @ (NOW[:, None] * right), np.eye(N_STATES), atol=1e-7)
    np.testing.assert_allclose(np.einsum("s,sr->r", NOW, np.abs(right) ** 2), 1.0, atol=1e-9)
