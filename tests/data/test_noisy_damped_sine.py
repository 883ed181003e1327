import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import NoisyDampedSine


def whole(**options):
    record = NoisyDampedSine(split={"train": 1.0}, **options)
    record.setup()
    return record.splits["train"]


def test_the_truth_is_the_damped_sine_at_the_times_of_record():
    seen = whole()
    times = np.linspace(0, 50, 500)
    np.testing.assert_array_equal(seen.times_of(0), times)
    np.testing.assert_allclose(seen.clean[0][:, 0], np.sin(2 * times) * np.exp(-0.1 * times), atol=1e-15)


def test_the_noise_is_damped_with_the_signal():
    seen = whole(n_times=20_000, noise_seed=3)
    noise = (seen.states[0] - seen.clean[0])[:, 0] * np.exp(0.1 * seen.times_of(0))
    for part in np.array_split(noise, 4):
        assert part.std() == pytest.approx(0.5, rel=0.05)
        assert abs(part.mean()) < 0.03


def test_the_noise_follows_its_seed_and_nothing_else():
    first, again, other = (whole(noise_seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.states[0], again.states[0])
    assert np.abs(first.states[0] - other.states[0]).max() > 0.1
    np.testing.assert_array_equal(first.clean[0], other.clean[0])


@pytest.mark.parametrize(
    ("option", "value"), [("n_times", 1), ("end_time", 0), ("noise_std", -1), ("noise_seed", 1.5), ("decay_rate", "a")]
)
def test_bad_values_are_named(option, value):
    with pytest.raises(ConfigurationError, match=rf"data\.{option}={value}"):
        NoisyDampedSine(**{option: value})
