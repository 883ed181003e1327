import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.simulated import MarkovTrajectories, OrdinaryDifferentialEquationTrajectories
from sciml_bench.systems import Lorenz63, NoisyLogisticMap, OrnsteinUhlenbeck


def test_a_markov_process_becomes_data_with_its_clock_and_period():
    data = MarkovTrajectories(NoisyLogisticMap(), n_steps=500, n_trajectories=3, batch_size=16)
    data.setup()
    assert data.spec.period == 1.0
    assert data.spec.lengths == (300, 300, 300)
    assert data.spec.time_unit == data.system.time_unit
    assert data.system == NoisyLogisticMap()


def test_the_data_seed_and_not_the_shuffling_seed_makes_the_data():
    def states(**seeds):
        return MarkovTrajectories(OrnsteinUhlenbeck(), n_steps=50, batch_size=8, **seeds).load().states[0]

    np.testing.assert_array_equal(states(data_seed=1, seed=0), states(data_seed=1, seed=9))
    assert (states(data_seed=1) != states(data_seed=2)).all()


def test_pairs_of_an_ornstein_uhlenbeck_process_decay_at_its_rate():
    data = MarkovTrajectories(OrnsteinUhlenbeck(relaxation_rate=1.0, time_step=0.3), n_steps=60_000, lag=2)
    data.setup()
    now, later = next(data.pairs("train").stream(100_000))
    assert float((now * later).mean() / (now * now).mean()) == pytest.approx(np.exp(-0.6), abs=0.02)
    assert data.spec.lag_time == pytest.approx(0.6)


def test_an_equation_is_sampled_on_its_own_clock():
    data = OrdinaryDifferentialEquationTrajectories(
        Lorenz63(), n_steps=40, time_step=0.01, n_trajectories=2, batch_size=4
    )
    trajectories = data.load()
    assert trajectories.lengths == (40, 40)
    assert trajectories.time_step == 0.01
    for states in trajectories.states:
        expected = Lorenz63().reference(states[0], 0.01 * np.arange(40))
        np.testing.assert_allclose(states, expected, atol=1e-5)


def test_noise_leaves_the_path_underneath_unchanged():
    def states(**noise):
        return (
            OrdinaryDifferentialEquationTrajectories(Lorenz63(), n_steps=2000, batch_size=4, **noise).load().states[0]
        )

    clean = states()
    noise = states(noise_std=[0.1, 0.2, 0.4], noise_seed=3) - clean
    np.testing.assert_allclose(noise.std(axis=0), [0.1, 0.2, 0.4], rtol=0.1)
    other = states(noise_std=[0.1, 0.2, 0.4], noise_seed=4) - clean
    assert abs(np.corrcoef(noise[:, 0], other[:, 0])[0, 1]) < 0.1


@pytest.mark.parametrize(
    "options", [{"n_steps": 1}, {"n_steps": 2.5}, {"n_trajectories": 0}, {"data_seed": -1}, {"n_steps": "many"}]
)
def test_impossible_simulations_are_named(options):
    with pytest.raises(ConfigurationError, match=f"data.{next(iter(options))}="):
        MarkovTrajectories(NoisyLogisticMap(), **{"n_steps": 100, **options})


@pytest.mark.parametrize("options", [{"time_step": 0}, {"noise_std": -1.0}, {"noise_seed": -1}, {"burn_in": -1}])
def test_impossible_observations_are_named(options):
    with pytest.raises(ConfigurationError, match=f"data.{next(iter(options))}="):
        OrdinaryDifferentialEquationTrajectories(Lorenz63(), 100, **options)
