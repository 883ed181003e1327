import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.scores import implied_timescales, implied_timescales_with_bands, timescale_error

TRANSITION = np.array([[0.95, 0.04, 0.01], [0.03, 0.9, 0.07], [0.01, 0.14, 0.85]])


def trajectories(count, length, seed=0):
    """Indicators along trajectories of the chain; a state is the number of thresholds a uniform number exceeds."""
    rng = np.random.default_rng(seed)
    thresholds = TRANSITION.cumsum(axis=1)[:, :-1]
    states = np.empty((count, length), dtype=int)
    states[:, 0] = rng.integers(0, 3, count)
    for t in range(1, length):
        states[:, t] = (rng.random((count, 1)) > thresholds[states[:, t - 1]]).sum(axis=1)
    return list(np.eye(3)[states])


def exact_timescales(time_step=1.0):
    eigenvalues = np.sort(np.abs(np.linalg.eigvals(TRANSITION)))[::-1]
    return -time_step / np.log(eigenvalues[1:])


def test_timescales_of_decaying_oscillating_and_lasting_processes():
    eigenvalues = np.array([1, np.exp(-0.5), np.exp(-0.1 + 2j), 0, 1.2])
    np.testing.assert_allclose(implied_timescales(eigenvalues, 0.5), [np.inf, 1, 5, 0, np.inf])
    with pytest.raises(ConfigurationError, match="lag_time=0"):
        implied_timescales(eigenvalues, 0)


@pytest.mark.parametrize("with_constant", [True, False])
def test_timescales_of_a_chain_do_not_depend_on_the_lag_and_lie_in_their_bands(with_constant):
    data = [features if with_constant else features[:, 1:] for features in trajectories(60, 800)]
    bands = implied_timescales_with_bands(data, [1, 2, 5], n_scales=2, time_step=0.2, n_bootstrap=50, confidence=0.99)
    exact = exact_timescales(0.2)
    np.testing.assert_allclose(bands.estimates, np.tile(exact, (3, 1)), rtol=0.12)
    assert np.all((bands.lower <= exact) & (exact <= bands.upper))
    assert np.all((bands.lower <= bands.estimates) & (bands.estimates <= bands.upper))


def test_bands_of_one_trajectory_cut_into_blocks_are_as_wide_as_those_of_many_trajectories():
    (single,), many = trajectories(1, 16_000), trajectories(20, 800)
    options = {"n_scales": 1, "n_bootstrap": 200}
    widths = [
        np.diff([bands.lower[0, 0], bands.upper[0, 0]]).item()
        for bands in (implied_timescales_with_bands(data, [1], **options) for data in ([single], many))
    ]
    assert 0.4 < widths[0] / widths[1] < 2.5


def test_more_data_give_narrower_bands_and_a_seed_the_same_ones():
    few, many = (implied_timescales_with_bands(trajectories(n, 300), [1], n_scales=1) for n in (10, 160))
    assert many.upper - many.lower < 0.5 * (few.upper - few.lower)
    again = implied_timescales_with_bands(trajectories(10, 300), [1], n_scales=1)
    np.testing.assert_array_equal(few.lower, again.lower)


def test_bad_options_and_short_trajectories_are_errors():
    data = trajectories(4, 20)
    for options in ({"lags": []}, {"lags": [0]}, {"lags": [1], "n_scales": 4}, {"lags": [1], "confidence": 95.0}):
        with pytest.raises(ConfigurationError):
            implied_timescales_with_bands(data, **options)
    with pytest.raises(ConfigurationError, match="n_bootstrap=1"):
        implied_timescales_with_bands(data, [1], n_bootstrap=1)
    with pytest.raises(DataError, match="lag=20"):
        implied_timescales_with_bands(data, [20])


def test_a_drift_between_present_and_future_is_centred_out_on_both_sides():
    rng, lag = np.random.default_rng(0), 2
    decays = np.array([0.9, 0.6])
    trajectories = []
    for start in (8.0, 6.0, 7.0):  # far from equilibrium, so that the future's mean is another one
        states = [np.full(2, start)]
        for _ in range(25):
            states.append(decays * states[-1] + 0.3 * rng.standard_normal(2))
        trajectories.append(np.array(states))
    now = np.concatenate([states[:-lag] for states in trajectories])
    later = np.concatenate([states[lag:] for states in trajectories])
    joint = np.cov(now.T, later.T, bias=True)
    eigenvalues = np.linalg.eigvals(np.linalg.solve(joint[:2, :2], joint[:2, 2:]))
    expected = np.sort(-lag * 0.1 / np.log(np.abs(eigenvalues)))[::-1]
    found = implied_timescales_with_bands(trajectories, [lag], n_scales=2, time_step=0.1, n_bootstrap=2)
    np.testing.assert_allclose(found.estimates[0], expected, rtol=1e-8)


def test_a_timescale_error_is_the_largest_part_by_which_decay_times_differ():
    exact = np.exp(-1 / np.array([np.inf, 10.0, 4.0]))
    assert timescale_error(exact, exact) == 0
    assert timescale_error(np.exp(-1 / np.array([3.0, np.inf, 8.0])), exact) == pytest.approx(1 / 4)  # .2 and .25
    assert timescale_error(np.exp(-1 / np.array([np.inf, 20.0, 4.0])), exact) == pytest.approx(1 / 2)
    assert timescale_error(np.array([1.0, 1.2, np.exp(-1 / 4)]), exact) == 1  # one that never decays
    assert timescale_error(np.array([1.0, np.exp(-1 / 10)]), exact) == 1  # one that is missing
    assert timescale_error(np.array([1.0]), np.array([1.0])) == 0
