import numpy as np
import pytest
import torch
from sciml_bench.data.observation_noise import drawn_noise, relative_deviation
from scipy.integrate import solve_ivp
from scipy.stats import kstest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import SimulatedWindows
from sciml_bench.systems import Lorenz63, LotkaVolterra

PREY_AND_PREDATORS = [0.44249296, 4.6280594]


def lotka_volterra(**options):
    return SimulatedWindows(
        LotkaVolterra(), **{"initial_states": PREY_AND_PREDATORS, "time_step": 0.1, "end_time": 6.0, **options}
    )


def observed(**options):
    data = lotka_volterra(**options)
    data.setup()
    return data.observations


def noise_of(observations):
    return observations.states - observations.clean


def test_the_truth_is_the_solution_of_the_equations():
    observations = observed()
    expected = solve_ivp(
        lambda t, u: [1.3 * u[0] - 0.9 * u[0] * u[1], 0.8 * u[0] * u[1] - 1.8 * u[1]],
        (0, 12),
        PREY_AND_PREDATORS,
        t_eval=0.1 * np.arange(121),
        method="LSODA",
        rtol=1e-11,
        atol=1e-12,
    ).y.T
    np.testing.assert_allclose(observations.clean[0], expected, atol=1e-7)
    np.testing.assert_array_equal(observations.states, observations.clean)
    assert (observations.interpolation.sum(), observations.extrapolation.sum()) == (61, 60)


def test_after_setup_the_data_know_their_system_and_scale():
    data = lotka_volterra(component_names=["prey", "predators"])
    data.setup()
    data.setup("fit")
    assert data.system == data.spec.system == LotkaVolterra()
    assert data.spec.component_names == ("prey", "predators")
    assert data.spec.time_step == pytest.approx(0.1)
    np.testing.assert_allclose(data.spec.mean, data.observations.states[0, :61].mean(axis=0))


def test_the_same_seed_draws_the_noise_of_the_published_experiments():
    """Their noise floors, with their first row noisy too, are .857 and 5.80 (×1e-2); the formula is theirs."""
    with torch.random.fork_rng():
        torch.manual_seed(10)
        theirs = torch.normal(mean=0.0, std=torch.ones(1, 2, 61))[0].double().numpy().T
    rows = observed(relative_noise=0.05, noise_on_first_row=True)
    expected = 0.05 * rows.clean[0, :61].mean(axis=0) * theirs
    np.testing.assert_allclose(noise_of(rows)[0, :61], expected, atol=1e-12)
    assert np.mean(noise_of(rows)[0, :61] ** 2) == pytest.approx(0.857e-2, abs=0.5e-5)
    lorenz = SimulatedWindows(
        Lorenz63(),
        initial_states=[1.2, 2.1, 1.7],
        time_step=0.1,
        end_time=3.0,
        noise_std=0.25,
        noise_on_first_row=True,
    ).load()
    assert np.mean(noise_of(lorenz)[0, :31] ** 2) == pytest.approx(5.80e-2, abs=0.5e-4)


def test_noise_leaves_the_initial_state_alone_unless_asked():
    alone, row, state = (
        observed(noise_std=0.5, **asked)
        for asked in ({}, {"noise_on_first_row": True}, {"noise_on_initial_state": True})
    )
    for observations in (alone, row, state):
        np.testing.assert_array_equal(observations.clean[0, 0], PREY_AND_PREDATORS)
        np.testing.assert_array_equal(observations.states[0, 1:], alone.states[0, 1:])
    np.testing.assert_array_equal(alone.states[0, 0], PREY_AND_PREDATORS)
    np.testing.assert_array_equal(alone.initial_states[0], PREY_AND_PREDATORS)
    assert (row.states[0, 0] != PREY_AND_PREDATORS).all()
    np.testing.assert_array_equal(row.initial_states[0], PREY_AND_PREDATORS)
    np.testing.assert_array_equal(state.states[0, 0], row.states[0, 0])
    np.testing.assert_array_equal(state.initial_states[0], state.states[0, 0])


def test_a_longer_forecast_leaves_the_rows_to_learn_from_as_they_are():
    short, long = (observed(relative_noise=0.05, extrapolation=extrapolation) for extrapolation in (0.0, 3.0))
    np.testing.assert_allclose(short.states[0], long.states[0, :61], atol=1e-9)


def test_noise_is_independent_and_normal():
    noise = drawn_noise(2, 10_000, 10_000, 2, seed=3)
    assert noise.shape == (2, 20_000, 2)
    columns = np.concatenate([noise[0, :10_000], noise[0, 10_000:], noise[1, :10_000]], axis=1)
    np.testing.assert_allclose(np.corrcoef(columns.T), np.eye(6), atol=0.05)
    assert kstest(noise.ravel(), "norm").pvalue > 1e-3


def test_noise_has_its_own_seed_and_its_own_generator():
    state = torch.random.get_rng_state()
    first, again, other = (noise_of(observed(noise_std=[0.1, 0.4], noise_seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(first, again)
    assert (first[0, 1:] != other[0, 1:]).all()
    np.testing.assert_allclose(first[0].std(axis=0), [0.1, 0.4], rtol=0.25)


def test_relative_noise_follows_the_size_of_each_component_of_each_trajectory():
    clean = np.array([[[1.0, -10.0], [3.0, -30.0]], [[0.0, 5.0], [0.0, 7.0]]])
    deviation = relative_deviation(np.array([0.1, 0.2]), clean)
    np.testing.assert_allclose(deviation[:, 0], [[0.2, 4.0], [0.0, 1.2]])


def test_many_trajectories_start_around_the_given_state_and_the_first_from_it():
    few, many, other = (
        lotka_volterra(n_trajectories=n, data_seed=seed).initial_states for n, seed in ((3, 0), (400, 0), (400, 1))
    )
    np.testing.assert_array_equal(many[0], PREY_AND_PREDATORS)
    np.testing.assert_array_equal(many[:3], few)
    assert (many[1:] != other[1:]).all()
    np.testing.assert_allclose(many.mean(axis=0), PREY_AND_PREDATORS, rtol=0.02)
    np.testing.assert_allclose(many.std(axis=0), LotkaVolterra.initial_deviation, rtol=0.1)
    observations = observed(n_trajectories=3, end_time=1.0)
    np.testing.assert_array_equal(observations.initial_states, few)
    np.testing.assert_array_equal(observations.clean[:, 0], few)


def test_every_listed_state_starts_a_trajectory_of_its_own():
    states = [[0.5, 4.0], [1.0, 2.0], [2.0, 1.0]]
    observations = observed(initial_states=states, relative_noise=0.1)
    np.testing.assert_array_equal(observations.initial_states, states)
    np.testing.assert_allclose(LotkaVolterra().invariant(observations.clean).std(axis=1), 0, atol=1e-9)


def test_times_may_be_listed_and_whole_numbers():
    data = lotka_volterra(time_step=None, end_time=None, times=[0, 1, 4, 5, 9], n_interpolation=3)
    data.setup()
    assert data.observations.times.tolist() == [[0.0, 1.0, 4.0, 5.0, 9.0]]
    assert data.observations.window.tolist() == [[1, 1, 1, 2, 2]]
    dense = observed(time_step=1, end_time=9, extrapolation=0)
    np.testing.assert_allclose(data.observations.clean, dense.clean[:, [0, 1, 4, 5, 9]], atol=1e-9)


def test_defaults_come_from_the_system():
    data = SimulatedWindows(LotkaVolterra(), end_time=1.0)
    data.setup()
    assert data.spec.time_step == pytest.approx(LotkaVolterra.default_time_step)
    np.testing.assert_array_equal(data.observations.initial_states[0], LotkaVolterra().default_initial_state)
    assert data.spec.component_names == ("x1", "x2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise_std": -0.1}, "data.noise_std=-0.1"),
        ({"noise_std": [0.1, 0.2, 0.3]}, r"data.noise_std=\[0.1, 0.2, 0.3\].*2 components"),
        ({"noise_std": float("nan")}, "data.noise_std=nan"),
        ({"relative_noise": -0.05}, "data.relative_noise=-0.05"),
        ({"relative_noise": [0.1] * 3}, "data.relative_noise=.*2 components"),
        ({"noise_std": 0.1, "relative_noise": 0.1}, "data.relative_noise=0.1 excludes data.noise_std"),
        ({"noise_seed": -1}, "data.noise_seed=-1"),
        ({"data_seed": 0.5}, "data.data_seed=0.5"),
        ({"times": [0, 1]}, "data.time_step=0.1 excludes data.times"),
        ({"n_interpolation": 3}, "data.n_interpolation=3 excludes"),
        ({"time_step": 0}, "data.time_step=0"),
        ({"end_time": None}, "data.end_time=None"),
        ({"initial_states": [1.0, 2.0, 3.0]}, "data.initial_states=.*LotkaVolterra has 2"),
        ({"initial_states": [1.0, float("inf")]}, "data.initial_states=.*2 finite"),
        ({"initial_states": []}, "data.initial_states="),
        ({"initial_states": [[1.0, 2.0], [1.0]]}, "data.initial_states="),
        ({"initial_states": ["a", "b"]}, "data.initial_states="),
        ({"n_trajectories": 0}, "data.n_trajectories=0"),
        ({"n_trajectories": 3, "initial_states": [[1.0, 2.0]] * 2}, "already lists 2 states"),
    ],
)
def test_impossible_observations_are_named_before_anything_is_integrated(options, message):
    with pytest.raises(ConfigurationError, match=message):
        lotka_volterra(**options)
