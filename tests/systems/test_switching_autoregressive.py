import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import SwitchingAutoregressive

PERSISTENT = [[0.95, 0.05], [0.1, 0.9]]


def rotation(angle, factor):
    return factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_regimes_drawn_afresh_every_step_give_the_textbook_moments():
    # Independent regimes: variance E[s²] / (1 − E[a²]) and autocovariance E[a]^lag times it.
    system = SwitchingAutoregressive([[0.5, 0.5], [0.5, 0.5]], [[[0.9]], [[-0.3]]], [[0], [0]], [1.0, 2.0])
    variance = 2.5 / (1 - (0.81 + 0.09) / 2)
    np.testing.assert_allclose(system.stationary_mean, 0, atol=1e-14)
    np.testing.assert_allclose(system.stationary_covariance, variance, rtol=1e-12)
    np.testing.assert_allclose(system.autocovariance(3), 0.3**3 * variance, rtol=1e-12)


def test_equal_regimes_are_a_plain_autoregression():
    system = SwitchingAutoregressive(PERSISTENT, [[[0.8]], [[0.8]]], [[1.0], [1.0]], [0.5, 0.5])
    np.testing.assert_allclose(system.stationary_mean, 1 / 0.2, rtol=1e-12)
    np.testing.assert_allclose(system.stationary_covariance, 0.25 / (1 - 0.64), rtol=1e-12)
    np.testing.assert_allclose(system.autocovariance(2), 0.64 * 0.25 / (1 - 0.64), rtol=1e-12)


@pytest.mark.parametrize(
    "system",
    [
        SwitchingAutoregressive(PERSISTENT, [[[0.9]], [[-0.5]]], [[0.0], [1.0]], [0.3, 0.6]),
        SwitchingAutoregressive(
            [[0.9, 0.1, 0.0], [0.0, 0.8, 0.2], [0.3, 0.0, 0.7]],
            np.stack([rotation(0.3, 0.9), rotation(-0.8, 0.7), np.diag([0.5, -0.2])]),
            [[0.5, 0.0], [0.0, -1.0], [0.0, 0.0]],
            [0.4, 0.2, 0.6],
        ),
    ],
    ids=["scalar", "planar"],
)
def test_moments_agree_with_simulation(system):
    states = system.sample(400, seed=0, n_trajectories=1000)
    centred = states - system.stationary_mean
    # Four standard errors, estimated from the independent trajectories.
    error = 4 * states.mean(axis=1).std(axis=0).max() / np.sqrt(1000)
    np.testing.assert_allclose(states.mean(axis=(0, 1)), system.stationary_mean, atol=error)
    np.testing.assert_allclose(states[:, 0].mean(axis=0), system.stationary_mean, atol=0.12)
    for lag in (0, 1, 4):
        products = np.einsum("bti,btj->bij", centred[:, lag:], centred[:, : 400 - lag]) / (400 - lag)
        error = 4 * products.std(axis=0).max() / np.sqrt(1000)
        np.testing.assert_allclose(products.mean(axis=0), system.autocovariance(lag), atol=error)


def test_spectra_of_the_joint_process_are_those_of_its_chain_and_of_its_mean_motion():
    system = SwitchingAutoregressive(PERSISTENT, [[[0.9]], [[-0.5]]], [[0.0], [1.0]], [0.3, 0.6])
    np.testing.assert_allclose(system.regime_eigenvalues(lag=2), [1, 0.85**2], atol=1e-13)
    # E[h(x', r') | x, r] of h = c_r x is (Σ_j P_rj a_j c_j) x + a function of r.
    operator = np.array(PERSISTENT) * np.array([0.9, -0.5])
    np.testing.assert_allclose(
        np.sort(system.linear_eigenvalues().real), np.sort(np.linalg.eigvals(operator)), atol=1e-13
    )


def test_x_is_made_by_the_regime_that_is_reported_with_it():
    system = SwitchingAutoregressive(PERSISTENT, [[[0.9]], [[-0.5]]], [[0.0], [1.0]], [0.0, 0.0])
    states, regimes = system.sample_with_regimes(500, seed=1, n_trajectories=3)
    expected = np.where(regimes[:, 1:] == 0, 0.9 * states[:, :-1, 0], 1 - 0.5 * states[:, :-1, 0])
    np.testing.assert_allclose(states[:, 1:, 0], expected, atol=1e-12)
    np.testing.assert_array_equal(states, system.sample(500, seed=1, n_trajectories=3))


def test_regimes_follow_their_chain():
    system = SwitchingAutoregressive(PERSISTENT, [[[0.9]], [[-0.5]]], [[0.0], [1.0]], [0.3, 0.6])
    _, regimes = system.sample_with_regimes(500, seed=2, n_trajectories=200)
    assert np.mean(regimes == 0) == pytest.approx(2 / 3, abs=0.02)
    assert np.mean(regimes[:, 1:][regimes[:, :-1] == 0]) == pytest.approx(0.05, abs=0.005)


def test_a_second_moment_that_grows_is_refused():
    with pytest.raises(ConfigurationError, match="second moment of x grows"):
        SwitchingAutoregressive(PERSISTENT, [[[1.2]], [[0.1]]], [[0.0], [0.0]], [1.0, 1.0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"transition_matrix": [[1.0, 0.0], [0.0, 1.0]]}, "reach each other"),
        ({"coefficients": [[[0.9]]]}, r"coefficients has shape \(1, 1, 1\)"),
        ({"offsets": [[0.0, 0.0], [0.0, 0.0]]}, "coefficients has shape"),
        ({"noise_deviations": [1.0]}, r"noise_deviations has shape \(1,\)"),
        ({"noise_deviations": [1.0, -1.0]}, "at least 0"),
    ],
)
def test_parameters_that_do_not_fit_each_other_are_refused(changes, message):
    parameters = {
        "transition_matrix": PERSISTENT,
        "coefficients": [[[0.9]], [[-0.5]]],
        "offsets": [[0.0], [1.0]],
        "noise_deviations": [0.3, 0.6],
    }
    with pytest.raises(ConfigurationError, match=message):
        SwitchingAutoregressive(**(parameters | changes))
