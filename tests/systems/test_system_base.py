import numpy as np
import pytest

from sciml_bench import systems
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import (
    Burgers,
    DoublePendulum,
    Duffing,
    KortewegDeVries,
    LinearGaussian,
    Lorenz63,
    LotkaVolterra,
    MarkovChain,
    MarkovProcess,
    NavierStokesVorticity,
    NoisyLogisticMap,
    OrdinaryDifferentialEquation,
    OrnsteinUhlenbeck,
    Poisson,
    PrinzPotential,
    ReactionDiffusion,
    Robertson,
    SwitchingAutoregressive,
    TwoBody,
    VanDerPol,
)

PROCESSES = [
    NoisyLogisticMap(),
    OrnsteinUhlenbeck(),
    PrinzPotential(time_step=0.01, n_substeps=20),
    MarkovChain.random(5, seed=0),
    LinearGaussian([[0.8, 0.3], [-0.3, 0.6]], [[1.0, 0.2], [0.2, 0.5]]),
    SwitchingAutoregressive([[0.9, 0.1], [0.2, 0.8]], [[[0.9]], [[-0.5]]], [[0.0], [1.0]], [0.3, 0.6]),
]
EQUATIONS = [Lorenz63(), Duffing(), LotkaVolterra(), DoublePendulum(), VanDerPol(), Robertson()]
FIELDS = [KortewegDeVries(), Poisson(), ReactionDiffusion(), Burgers(), NavierStokesVorticity()]
SYSTEMS = [*PROCESSES, *EQUATIONS, *FIELDS, TwoBody()]
SPECTRAL_FACTS = ["eigenvalues", "singular_values"]


def name_of(system):
    return type(system).__name__


def test_the_package_exports_every_system():
    assert {name_of(system) for system in SYSTEMS} <= set(systems.__all__)
    assert all(hasattr(systems, name) for name in systems.__all__)


@pytest.mark.parametrize("process", PROCESSES, ids=name_of)
def test_samples_have_their_shape_and_are_repeated_by_their_seed(process: MarkovProcess):
    states = process.sample(50, seed=3, n_trajectories=4)
    assert states.shape == (4, 50, process.dim)
    assert states.dtype == np.float64
    assert np.isfinite(states).all()
    np.testing.assert_array_equal(states, process.sample(50, seed=3, n_trajectories=4))
    assert not np.array_equal(states, process.sample(50, seed=4, n_trajectories=4))
    assert not np.array_equal(states[0], states[1])


@pytest.mark.parametrize("process", PROCESSES, ids=name_of)
def test_the_loop_over_time_repeats_single_transitions_for_few_and_many_trajectories(process: MarkovProcess):
    rng = np.random.default_rng(0)
    for n_trajectories in (2, 40):
        x = process.initial(n_trajectories, rng)
        noise = process._draw_noise((30, n_trajectories), rng)
        states = np.empty((30, *x.shape))
        process._run(x, noise, states)
        for now in range(30):
            x = process._advance(x, noise[now])
            np.testing.assert_allclose(states[now], x, rtol=1e-9, atol=1e-12)
            x = states[now]


@pytest.mark.parametrize("process", PROCESSES, ids=name_of)
def test_samples_longer_than_a_block_of_noise_stay_stationary_and_fresh(process: MarkovProcess):
    states = process.sample(9000, seed=0)[0]
    assert np.isfinite(states).all()
    assert not np.array_equal(states[1:801], states[4097:4897])


@pytest.mark.parametrize("process", PROCESSES, ids=name_of)
@pytest.mark.parametrize("fact", SPECTRAL_FACTS)
def test_a_fact_is_exact_or_says_that_it_is_unknown(process: MarkovProcess, fact: str):
    if fact in process.known_facts:
        values = getattr(process, fact)(4)
        assert values.shape == (4,)
        assert values[0] == pytest.approx(1, abs=1e-12)
        assert np.all(np.diff(np.abs(values)) <= 1e-12)
    else:
        with pytest.raises(NotImplementedError, match=f"{fact} of {name_of(process)}.* is not known in closed form"):
            getattr(process, fact)(4)


@pytest.mark.parametrize("system", SYSTEMS, ids=name_of)
def test_every_fact_that_is_announced_exists(system):
    assert all(hasattr(system, fact) for fact in system.known_facts)


@pytest.mark.parametrize("system", SYSTEMS, ids=name_of)
def test_systems_are_values_that_can_be_hashed_and_not_changed(system):
    assert hash(system) == hash(system)
    with pytest.raises(AttributeError):
        system.dim = 7


@pytest.mark.parametrize("equation", EQUATIONS, ids=name_of)
def test_unknown_facts_of_equations_say_so(equation: OrdinaryDifferentialEquation):
    with pytest.raises(NotImplementedError, match=r"closed_form of .* is not known"):
        equation.closed_form(equation.default_initial_state, np.array([0.0, 1.0]))


def test_maximum_vamp_2_is_the_sum_of_squared_singular_values():
    decay = np.exp(-0.5)
    assert OrnsteinUhlenbeck().maximum_vamp_2(3, lag=2) == pytest.approx(1 + decay**4 + decay**8)


@pytest.mark.parametrize("bad", [0, -1.0, float("nan"), float("inf"), True, "fast", None])
def test_a_parameter_that_is_no_positive_number_is_named_with_its_value(bad, monkeypatch):
    process = OrnsteinUhlenbeck()
    object.__setattr__(process, "relaxation_rate", bad)  # past the type checks that only the tests run
    with pytest.raises(ConfigurationError, match=r"OrnsteinUhlenbeck\.relaxation_rate = .*: give a"):
        process.__post_init__()


@pytest.mark.parametrize("arguments", [{"n_steps": 0}, {"n_steps": 5, "n_trajectories": 0}])
def test_counts_below_one_are_refused(arguments):
    with pytest.raises(ConfigurationError, match="give an integer of at least 1"):
        OrnsteinUhlenbeck().sample(seed=0, **arguments)
    with pytest.raises(ConfigurationError, match="give an integer of at least 1"):
        OrnsteinUhlenbeck().eigenvalues(2, lag=0)
