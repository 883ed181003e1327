from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import SimulatedTrajectories
from sciml_bench.data.views import LaggedPairsView, PaddedTrajectories
from sciml_bench.systems import Lorenz63, LotkaVolterra
from sciml_bench.training import composed
from sciml_bench.training.build import build_record
from sciml_bench.training.run import plain

PREY_AND_PREDATORS = [0.44249296, 4.6280594]
HALVES = {"train": 61, "test": 60}


def lotka_volterra(**options):
    usual = {"initial_states": PREY_AND_PREDATORS, "time_step": 0.1, "end_time": 12.0, "split": HALVES}
    return SimulatedTrajectories(LotkaVolterra(), **{**usual, **options})


def noise_of(trajectories):
    return np.stack([one - other for one, other in zip(trajectories.states, trajectories.clean, strict=True)])


def test_the_truth_is_the_solution_of_the_equations():
    trajectories = lotka_volterra().load()
    expected = solve_ivp(
        lambda t, u: [1.3 * u[0] - 0.9 * u[0] * u[1], 0.8 * u[0] * u[1] - 1.8 * u[1]],
        (0, 12),
        PREY_AND_PREDATORS,
        t_eval=0.1 * np.arange(121),
        method="LSODA",
        rtol=1e-11,
        atol=1e-12,
    ).y.T
    np.testing.assert_allclose(trajectories.clean[0], expected, atol=1e-7)
    assert trajectories.clean is trajectories.states


@pytest.mark.parametrize(("given", "deviation"), [([], 0.01), (["data.noise_std=0.2"], 0.2)])
def test_an_oscillation_of_van_der_pol_has_the_noise_that_was_typed(given, deviation, tmp_path):
    configuration = plain(composed("node_homotopy", ["data=van_der_pol", *given], folder=tmp_path))
    assert configuration["data"]["noise_std"] == deviation
    trajectories = build_record(configuration).load()
    field = lambda t, u: [u[1], (1 - u[0] ** 2) * u[1] - u[0]]  # noqa: E731
    truth = solve_ivp(field, (0, 30), [2.0, 0.0], "DOP853", 0.02 * np.arange(1501), rtol=1e-11, atol=1e-12).y.T
    np.testing.assert_allclose(trajectories.clean[0], truth, atol=1e-6)
    assert np.sum(np.diff(np.sign(truth[:, 0])) != 0) == 9  # it turns, which noise alone does not
    assert noise_of(trajectories).std() == pytest.approx(deviation, rel=0.05)
    other = build_record(plain(composed("node_homotopy", ["data=van_der_pol", *given, "data.noise_seed=3"]))).load()
    assert (other.states[0] != trajectories.states[0]).all()


def test_after_setup_the_record_knows_its_system_and_scale():
    record = lotka_volterra(component_names=["prey", "predators"])
    record.setup()
    assert record.system == record.spec.system == LotkaVolterra()
    assert record.spec.component_names == ("prey", "predators")
    assert (record.spec.time_step, record.spec.time_unit) == (0.1, LotkaVolterra().time_unit)
    assert {name: part.lengths for name, part in record.splits.items()} == {"train": (61,), "test": (60,)}
    np.testing.assert_allclose(record.spec.mean, record.splits["train"].states[0].mean(axis=0))


def test_the_same_seed_draws_the_noise_of_the_published_experiments():
    """Their noise floors, with their first row noisy too, are .857 and 5.80 (×1e-2); the formula is theirs."""
    with torch.random.fork_rng():
        torch.manual_seed(10)
        theirs = torch.normal(mean=0.0, std=torch.ones(1, 2, 61))[0].double().numpy().T
    rows = lotka_volterra(relative_noise=0.05).load()
    expected = 0.05 * rows.clean[0][:61].mean(axis=0) * theirs
    np.testing.assert_allclose(noise_of(rows)[0, :61], expected, atol=1e-12)
    assert np.mean(noise_of(rows)[0, :61] ** 2) == pytest.approx(0.857e-2, abs=0.5e-5)
    lorenz = SimulatedTrajectories(
        Lorenz63(),
        initial_states=[1.2, 2.1, 1.7],
        time_step=0.1,
        end_time=6.0,
        noise_std=0.25,
        split={"train": 31, "test": 30},
    ).load()
    assert np.mean(noise_of(lorenz)[0, :31] ** 2) == pytest.approx(5.80e-2, abs=0.5e-4)


def test_noise_leaves_the_first_row_alone_where_it_is_told():
    exact, noisy = (lotka_volterra(noise_std=0.5, noise_on_first_row=on).load() for on in (False, True))
    for trajectories in (exact, noisy):
        np.testing.assert_array_equal(trajectories.clean[0][0], PREY_AND_PREDATORS)
        np.testing.assert_array_equal(trajectories.states[0][1:], exact.states[0][1:])
    np.testing.assert_array_equal(exact.states[0][0], PREY_AND_PREDATORS)
    assert (noisy.states[0][0] != PREY_AND_PREDATORS).all()


def test_noise_never_forgets_the_truth():
    """Through the split, the standardisation of pairs and the padding of whole trajectories."""
    exact, noisy = lotka_volterra(), lotka_volterra(noise_std=0.5)
    view = LaggedPairsView(noisy, batch_size=8, standardize=True)
    exact.setup()
    for name, part in noisy.splits.items():
        truth = exact.splits[name].states[0]
        np.testing.assert_array_equal(part.clean[0], truth)
        assert np.abs(part.states[0] - truth).max() > 0.5
        np.testing.assert_allclose(view.splits[name].clean[0], (truth - noisy.spec.mean) / noisy.spec.deviation)
        np.testing.assert_array_equal(PaddedTrajectories.of(part).clean[0], truth)


def test_a_longer_forecast_leaves_the_rows_to_learn_from_as_they_are():
    short = lotka_volterra(relative_noise=0.05, end_time=6.0, split={"train": 61}).load()
    long = lotka_volterra(relative_noise=0.05, end_time=24.0, split={"train": 61, "test": 180}).load()
    np.testing.assert_allclose(short.states[0], long.states[0][:61], atol=1e-9)


def test_noise_has_its_own_seed_and_its_own_generator():
    state = torch.random.get_rng_state()
    first, again, other = (
        noise_of(lotka_volterra(noise_std=[0.1, 0.4], noise_seed=seed).load())[0] for seed in (1, 1, 2)
    )
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    np.testing.assert_allclose(first.std(axis=0), [0.1, 0.4], rtol=0.25)


def test_noise_leaves_the_path_on_the_attractor_as_it_is():
    """Also where every trajectory starts at random."""
    options = {"burn_in": 5.0, "n_steps": 400, "n_trajectories": 2}
    exact, noisy = (SimulatedTrajectories(Lorenz63(), noise_std=std, **options).load() for std in (None, [0.1, 0.2, 1]))
    for number in range(2):
        np.testing.assert_array_equal(noisy.clean[number], exact.states[number])
    np.testing.assert_allclose(noise_of(noisy).std(axis=(0, 1)), [0.1, 0.2, 1], rtol=0.15)


def test_states_after_a_burn_in_lie_on_the_attractor():
    record = SimulatedTrajectories(Lorenz63(), burn_in=20.0, n_steps=400, time_step=0.05, n_trajectories=2)
    train = record.load()
    assert train.n_trajectories == 2
    assert np.abs(train.states[0][0] - train.states[1][0]).max() > 1e-3
    assert 15 < train.states[0][:, 2].mean() < 32
    assert train.clean is train.states


def test_a_trajectory_on_the_attractor_solves_the_equations_on_its_own_clock():
    trajectories = SimulatedTrajectories(
        Lorenz63(), burn_in=20.0, n_steps=40, time_step=0.01, n_trajectories=2, split_by="trajectory"
    ).load()
    assert (trajectories.lengths, trajectories.time_step) == ((40, 40), 0.01)
    for states in trajectories.states:
        expected = Lorenz63().reference(states[0], 0.01 * np.arange(40))
        np.testing.assert_allclose(states, expected, atol=1e-5)


def test_many_trajectories_start_around_the_given_state_and_the_first_from_it():
    few, many, other = (
        lotka_volterra(n_trajectories=n, data_seed=seed).initial_states for n, seed in ((3, 0), (400, 0), (400, 1))
    )
    np.testing.assert_array_equal(many[0], PREY_AND_PREDATORS)
    np.testing.assert_array_equal(many[:3], few)
    assert (many[1:] != other[1:]).all()
    np.testing.assert_allclose(many.mean(axis=0), PREY_AND_PREDATORS, rtol=0.02)
    np.testing.assert_allclose(many.std(axis=0), LotkaVolterra.initial_deviation, rtol=0.1)
    trajectories = lotka_volterra(n_trajectories=3, end_time=1.0).load()
    np.testing.assert_array_equal([states[0] for states in trajectories.clean], few)


def test_every_listed_state_starts_a_trajectory_of_its_own():
    states = [[0.5, 4.0], [1.0, 2.0], [2.0, 1.0]]
    trajectories = lotka_volterra(initial_states=states, relative_noise=0.1).load()
    np.testing.assert_array_equal([clean[0] for clean in trajectories.clean], states)
    for clean in trajectories.clean:
        np.testing.assert_allclose(LotkaVolterra().invariant(clean).std(), 0, atol=1e-9)


def test_times_may_be_listed_whole_numbers_at_any_distance():
    record = lotka_volterra(time_step=None, end_time=None, times=[0, 1, 4, 5, 9], split={"train": 3, "test": 2})
    record.setup()
    assert record.splits["train"].times_of(0).tolist() == [0.0, 1.0, 4.0]
    assert record.splits["test"].times_of(0).tolist() == [5.0, 9.0]
    assert record.times.dtype == np.float64
    assert not record.splits["train"].is_regular
    dense = lotka_volterra(time_step=1, end_time=9).load()
    np.testing.assert_allclose(record.load().clean[0], dense.clean[0][[0, 1, 4, 5, 9]], atol=1e-9)


def test_n_steps_end_time_and_times_mean_the_same_rows():
    clocks = (
        {"n_steps": 4, "end_time": None},
        {"end_time": 0.3},
        {"times": [0.0, 0.1, 0.2, 0.30000000000000004], "time_step": None, "end_time": None},
    )
    counted, ended, listed = (lotka_volterra(**clock).load() for clock in clocks)
    for trajectories in (counted, ended, listed):
        np.testing.assert_allclose(trajectories.times_of(0), [0, 0.1, 0.2, 0.3], atol=1e-12)
        np.testing.assert_array_equal(trajectories.states[0], counted.states[0])


@pytest.mark.parametrize(
    ("time_step", "end_time", "n_rows"), [(0.1, 12.0, 121), (0.1, 3.1, 32), (0.3, 9.1, 31), (1, 10, 11)]
)
def test_a_regular_clock_ends_where_it_is_told(time_step, end_time, n_rows):
    times = lotka_volterra(time_step=time_step, end_time=end_time).times
    np.testing.assert_allclose(times, time_step * np.arange(n_rows), rtol=1e-15)


@given(st.integers(1, 2000), st.integers(1, 999), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_a_multiple_of_the_step_is_observed_whatever_its_rounding(n_steps, numerator, digits):
    step = Fraction(numerator, 10**digits)
    record = lotka_volterra(time_step=float(step), end_time=float(n_steps * step))
    assert len(record.times) == n_steps + 1


def test_defaults_come_from_the_system():
    record = SimulatedTrajectories(LotkaVolterra(), end_time=1.0)
    record.setup()
    assert record.spec.time_step == LotkaVolterra.default_time_step
    np.testing.assert_array_equal(record.splits["train"].clean[0][0], LotkaVolterra().default_initial_state)
    assert record.spec.component_names == ("x1", "x2")


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
        ({"burn_in": -1.0, "initial_states": None}, "data.burn_in=-1.0"),
        ({"burn_in": 1.0}, "data.initial_states=.* excludes data.burn_in"),
        ({"times": [0, 1]}, "data.time_step=0.1 excludes data.times"),
        ({"times": [0, 1], "time_step": None}, "data.end_time=12.0 excludes data.times"),
        ({"times": [0, 1], "time_step": None, "end_time": None, "n_steps": 2}, "data.n_steps=2 excludes data.times"),
        ({"n_steps": 9}, "data.end_time=12.0 excludes data.n_steps"),
        ({"n_steps": 1, "end_time": None}, "data.n_steps=1"),
        ({"time_step": 0}, "data.time_step=0"),
        ({"time_step": -0.1}, "data.time_step=-0.1"),
        ({"end_time": None}, "data.end_time=None: give data.n_steps"),
        ({"end_time": float("nan")}, "data.end_time=nan"),
        ({"end_time": 0.05}, "data.end_time=0.05: only the time 0"),
        ({"initial_states": [1.0, 2.0, 3.0]}, r"data.initial_states=\[1.0, 2.0, 3.0\]: .* has 2 finite components"),
        ({"initial_states": [1.0, float("inf")]}, "data.initial_states=.*2 finite"),
        ({"initial_states": []}, "data.initial_states="),
        ({"initial_states": [[1.0, 2.0], [1.0]]}, "data.initial_states="),
        ({"initial_states": ["a", "b"]}, "data.initial_states="),
        ({"n_trajectories": 0}, "data.n_trajectories=0"),
        ({"n_trajectories": 3, "initial_states": [[1.0, 2.0]] * 2}, "already lists 2 states"),
        ({"component_names": ["a"]}, "data.component_names="),
        ({"component_names": ["a", "b", "c"]}, "data.component_names="),
        ({"component_names": "ab"}, "data.component_names=ab"),
    ],
)
def test_impossible_observations_are_named_before_anything_is_integrated(options, message):
    with pytest.raises(ConfigurationError, match=message):
        lotka_volterra(**options)


@pytest.mark.parametrize(
    "times", [[0], [], [0, 1, 1], [2, 1], [0, float("nan")], [0, float("inf")], ["a", "b"], [[0, 1]], [[0], [1, 2]]]
)
def test_listed_times_that_are_no_clock_are_named(times):
    with pytest.raises(ConfigurationError, match=r"data\.times="):
        lotka_volterra(times=times, time_step=None, end_time=None)


def test_more_rows_than_there_are_cannot_be_split_where_noise_depends_on_it():
    with pytest.raises(ConfigurationError, match="121 asked for, but there are 21"):
        lotka_volterra(end_time=2.0, noise_std=0.1).load()
