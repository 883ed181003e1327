import numpy as np
import pytest
import torch
from scipy.stats import kstest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import LazyStates, read_block
from sciml_bench.data.standardization import Standardization
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms import chosen_components, delay_embedded, differenced, noisy, resampled

RNG = np.random.default_rng(0)


def clean(*lengths, dim=2):
    states = tuple(RNG.normal(size=(n, dim)) for n in lengths)
    return Trajectories(states, clean=states, component_names=tuple("abcd"[:dim]))


def on_disk(tmp_path, values):
    np.save(tmp_path / "states.npy", values)
    return np.load(tmp_path / "states.npy", mmap_mode="r")


def whole(states):
    return read_block(states, 0, states.shape[0])


def noise_of(seen):
    return [states - truth for states, truth in zip(seen.states, seen.clean, strict=True)]


def test_noise_keeps_the_truth_and_has_the_deviation_that_was_asked_for():
    exact = clean(20_000)
    seen = noisy(exact, [0.5, 2.0], seed=3)
    assert seen.clean is exact.states
    (noise,) = noise_of(seen)
    np.testing.assert_allclose(noise.std(axis=0), [0.5, 2.0], rtol=0.03)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.05)
    assert kstest(noise[:, 0] / 0.5, "norm").pvalue > 1e-3


def test_noise_is_independent_between_trajectories_components_and_parts():
    first, then = noise_of(noisy(clean(20_000, 20_000), 1.0, seed=3, parts=[10_000, 10_000]))
    columns = np.concatenate([first[:10_000], first[10_000:], then[:10_000]], axis=1)
    np.testing.assert_allclose(np.corrcoef(columns.T), np.eye(6), atol=0.05)


def test_noise_depends_on_its_seed_alone():
    exact = clean(50)
    first, again, other = (noisy(exact, 1.0, seed=seed).states[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_states_without_a_known_truth_are_their_own_before_the_noise():
    given = Trajectories((RNG.normal(size=(9, 2)),))
    assert noisy(given, 1.0).clean is given.states


@pytest.mark.parametrize("noise", [-1.0, [1.0, 2.0, 3.0], [1.0, -1.0], float("nan")])
def test_impossible_noise_is_refused(noise):
    with pytest.raises(ConfigurationError, match=r"data\.noise_std="):
        noisy(clean(9), noise)
    with pytest.raises(ConfigurationError, match=r"data\.relative_noise="):
        noisy(clean(9), relative_noise=noise)


def test_what_follows_noise_forgets_neither_it_nor_the_truth():
    """Every transform does to the truth what it does to the states, so that forecasts are scored against it."""
    exact = clean(40, dim=3)
    seen = noisy(exact, 1.0)
    scale = Standardization.fit(seen)
    for transform in (
        scale.apply,
        lambda part: chosen_components(part, [2, 0]),
        lambda part: delay_embedded(part, 2),
    ):
        after = transform(seen)
        np.testing.assert_array_equal(after.states[0], transform(Trajectories(seen.states)).states[0])
        np.testing.assert_array_equal(after.clean[0], transform(Trajectories(exact.states)).states[0])


def test_a_longer_forecast_leaves_the_noise_of_the_training_rows_as_it_is():
    long = clean(30, 30)
    short = long.select(time=slice(0, 20))
    for part in (noisy(long, 1.0, parts=[15]), noisy(short, 1.0, parts=[15, 5])):
        np.testing.assert_array_equal(part.states[1][:15], noisy(long, 1.0, parts=[15, 15]).states[1][:15])


def test_relative_noise_follows_the_mean_of_the_first_part_of_every_trajectory():
    later = np.repeat([1.0, 50.0], [1000, 2000])[:, None]  # what comes after the first part does not count
    states = tuple(value * later + 1e-9 * RNG.normal(size=(3000, 1)) for value in (1.0, -10.0))
    seen = noisy(Trajectories(states), relative_noise=0.1, parts=[1000])
    np.testing.assert_allclose([noise.std() for noise in noise_of(seen)], [0.1, 1.0], rtol=0.05)


def test_the_first_row_may_be_exact_and_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    seen = noisy(clean(9, 5), 1.0, on_first_row=False)
    for noise in noise_of(seen):
        assert (noise[0] == 0).all()
        assert (noise[1:] != 0).all()
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
    for wrong in (["d"], [3], ["a", 0], [], [True], [-1]):
        with pytest.raises(ConfigurationError, match="choose among a, b, c"):
            chosen_components(seen, wrong)


def test_delays_append_earlier_states_and_keep_the_clock():
    exact = clean(10, dim=1)
    embedded = delay_embedded(exact, n_delays=2, delay=3)
    series = exact.states[0][:, 0]
    np.testing.assert_array_equal(embedded.states[0], np.stack([series[6:], series[3:-3], series[:-6]], axis=1))
    np.testing.assert_array_equal(embedded.times_of(0), np.arange(6, 10))
    assert embedded.component_names == ("a", "a[-3]", "a[-6]")
    assert embedded.clean is embedded.states
    with pytest.raises(DataError, match="has 10 rows"):
        delay_embedded(exact, n_delays=10)


def test_states_on_disk_stay_there_through_several_transforms(tmp_path):
    values = RNG.normal(size=(200, 3))
    trajectories = Trajectories((on_disk(tmp_path, values),))
    scale = Standardization.fit(trajectories)
    lazy = delay_embedded(chosen_components(scale.apply(trajectories), [0, 2]), 1)
    assert isinstance(lazy.states[0], LazyStates)
    expected = ((values - scale.mean) / scale.deviation)[:, [0, 2]]
    np.testing.assert_allclose(whole(lazy.states[0]), np.concatenate([expected[1:], expected[:-1]], axis=1))
    np.testing.assert_array_equal(read_block(lazy.states[0], 5, 7), whole(lazy.states[0])[5:7])
    first, then = lazy.select(time=slice(0, 50)), lazy.select(time=slice(50, 80))
    joined = first.joined_in_time(then)
    assert joined.on_disk
    np.testing.assert_array_equal(whole(joined.states[0]), whole(lazy.states[0])[:80])


def test_rows_with_a_past_never_reach_across_a_gap():
    times = np.delete(np.arange(30.0), [9, 20, 21])
    series = times[:, None] ** 2
    gappy = Trajectories((series,), times=(times,), labels=(times.astype(int),))
    for made, reach in ((delay_embedded(gappy, 3), 3), (differenced(gappy), 1)):
        (kept,) = made.times
        whole = [t for t in times if all(t - k in times for k in range(1, reach + 1))]
        np.testing.assert_array_equal(kept, whole)
        np.testing.assert_array_equal(made.labels[0], kept)
    delayed = delay_embedded(gappy, 3)
    np.testing.assert_array_equal(delayed.states[0], (delayed.times[0][:, None] - np.arange(4)) ** 2)
    np.testing.assert_array_equal(differenced(gappy).states[0][:, 0], 2 * differenced(gappy).times[0] - 1)
    with pytest.raises(DataError, match=r"rows at irregular times; resample them with data\.resample"):
        delay_embedded(Trajectories((series,), times=(times**1.5,)), 1)


def test_unsigned_numbers_have_negative_differences_too():
    counts = Trajectories((np.array([[5], [3], [9]], dtype=np.uint8),))
    assert differenced(counts).states[0][:, 0].tolist() == [-2.0, 6.0]


def test_resampling_follows_straight_lines_keeps_rows_as_they_are_and_makes_none_within_a_gap():
    times = np.delete(np.arange(12.0), [5, 6])
    states = np.stack([times**2, np.sin(times)], axis=1)
    record = Trajectories((states,), times=(times,), labels=(times.astype(int),))
    fine = resampled(record, 0.5)
    (clock,) = fine.times
    assert fine.time_step == 0.5
    np.testing.assert_array_equal(clock, [t for t in np.arange(0, 11.5, 0.5) if t <= 4 or t >= 7])
    np.testing.assert_allclose(fine.states[0][:, 0], np.interp(clock, times, times**2))
    on_rows = np.isin(clock, times)
    np.testing.assert_array_equal(fine.states[0][on_rows], states)
    np.testing.assert_array_equal(fine.labels[0], np.floor(clock))
    np.testing.assert_array_equal(resampled(record, 3.0).times[0], [0, 3, 6, 9])  # a step that spans the gap
    with pytest.raises(DataError, match=r"data\.resample=12: trajectory 0 spans 11 step, less than a step"):
        resampled(record, 12.0)
    with pytest.raises(ConfigurationError, match=r"data\.resample=1e-12: 1\.1e\+13 rows .* do not fit in memory"):
        resampled(record, 1e-12)


def test_what_is_no_vector_is_chosen_from_by_the_names_of_its_numbers():
    bodies = Trajectories(
        (RNG.normal(size=(9, 2, 2)),), component_names=("x", "y"), facts={"body_names": ("earth", "moon")}
    )
    chosen = chosen_components(bodies, ["moon_x"])
    np.testing.assert_array_equal(chosen.states[0][:, 0], bodies.states[0][:, 1, 0])
    assert delay_embedded(bodies, 1).component_names[4:] == ("earth_x[-1]", "earth_y[-1]", "moon_x[-1]", "moon_y[-1]")
