import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import LazyStates, read_block
from sciml_bench.data.standardization import Standardization
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms import chosen_components, delay_embedded, noisy, standardized

RNG = np.random.default_rng(0)


def clean(*lengths, dim=2):
    states = tuple(RNG.normal(size=(n, dim)) for n in lengths)
    return Trajectories(states, clean=states, component_names=tuple("abcd"[:dim]))


def on_disk(tmp_path, values):
    np.save(tmp_path / "states.npy", values)
    return np.load(tmp_path / "states.npy", mmap_mode="r")


def whole(states):
    return read_block(states, 0, states.shape[0])


def test_noise_keeps_the_truth_and_has_the_deviation_that_was_asked_for():
    exact = clean(4000)
    seen = noisy(exact, [0.5, 2.0], seed=3)
    assert seen.clean is exact.states
    np.testing.assert_allclose((seen.states[0] - seen.clean[0]).std(axis=0), [0.5, 2.0], rtol=0.05)


def test_a_longer_forecast_leaves_the_noise_of_the_training_rows_as_it_is():
    long = clean(30, 30)
    short = long.select(time=slice(0, 20))
    for part in (noisy(long, 1.0, parts=[15]), noisy(short, 1.0, parts=[15, 5])):
        np.testing.assert_array_equal(part.states[1][:15], noisy(long, 1.0, parts=[15, 15]).states[1][:15])


def test_relative_noise_follows_the_mean_of_the_first_part_of_every_trajectory():
    states = tuple(np.full((3000, 1), value) + 1e-9 * RNG.normal(size=(3000, 1)) for value in (1.0, -10.0))
    seen = noisy(Trajectories(states), relative_noise=0.1, parts=[1000])
    deviations = [(part - truth).std() for part, truth in zip(seen.states, seen.clean, strict=True)]
    np.testing.assert_allclose(deviations, [0.1, 1.0], rtol=0.05)


def test_the_first_row_may_be_exact_and_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    seen = noisy(clean(9, 5), 1.0, on_first_row=False)
    assert all((part[0] == truth[0]).all() for part, truth in zip(seen.states, seen.clean, strict=True))
    assert torch.equal(before, torch.get_rng_state())


def test_noise_is_added_once_and_to_vectors():
    with pytest.raises(DataError, match="noisy already"):
        noisy(noisy(clean(9), 1.0), 1.0)
    with pytest.raises(DataError, match="vector states"):
        noisy(Trajectories((RNG.normal(size=(9, 2, 2)),)), 1.0)


def test_components_are_chosen_by_name_or_number_with_their_truth():
    seen = noisy(clean(9, dim=3), 1.0)
    chosen = chosen_components(seen, ["c", 0])
    assert chosen.component_names == ("c", "a")
    np.testing.assert_array_equal(chosen.states[0], seen.states[0][:, [2, 0]])
    np.testing.assert_array_equal(chosen.clean[0], seen.clean[0][:, [2, 0]])
    for wrong in (["d"], [3], ["a", 0], []):
        with pytest.raises(ConfigurationError, match="choose among a, b, c"):
            chosen_components(seen, wrong)


def test_delays_append_earlier_states_and_keep_the_clock():
    exact = clean(10, dim=1)
    embedded = delay_embedded(exact, n_delays=2, delay=3)
    series = exact.states[0][:, 0]
    np.testing.assert_array_equal(embedded.states[0], np.stack([series[6:], series[3:-3], series[:-6]], axis=1))
    np.testing.assert_array_equal(embedded.times_of(0), np.arange(6, 10))
    assert embedded.component_names == ("a", "a (3 before)", "a (6 before)")
    assert embedded.clean is embedded.states
    with pytest.raises(DataError, match="has 10 rows"):
        delay_embedded(exact, n_delays=10)


def test_states_on_disk_stay_there_through_several_transforms(tmp_path):
    values = RNG.normal(size=(200, 3))
    trajectories = Trajectories((on_disk(tmp_path, values),))
    scale = Standardization.fit(trajectories)
    lazy = delay_embedded(chosen_components(standardized(trajectories, scale), [0, 2]), 1)
    assert isinstance(lazy.states[0], LazyStates)
    expected = ((values - scale.mean) / scale.deviation)[:, [0, 2]]
    np.testing.assert_allclose(whole(lazy.states[0]), np.concatenate([expected[1:], expected[:-1]], axis=1))
    np.testing.assert_array_equal(read_block(lazy.states[0], 5, 7), whole(lazy.states[0])[5:7])
    first, then = lazy.select(time=slice(0, 50)), lazy.select(time=slice(50, 80))
    joined = first.joined_in_time(then)
    assert joined.on_disk
    np.testing.assert_array_equal(whole(joined.states[0]), whole(lazy.states[0])[:80])
